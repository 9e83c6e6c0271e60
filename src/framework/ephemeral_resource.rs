//! An ephemeral resource: an object that exists during a run and is in no state or plan.

use async_trait::async_trait;

use super::diagnostics::Diagnostics;
use super::erased::typed;
use super::private::Private;
use super::schema::Schema;
use super::value::{IntoValue, Model, Value};

/// A type of ephemeral resource, which is opened for a run and then closed.
///
/// The plan opens one object and the apply another. None is renewed, since this provider's objects cannot be
/// prolonged.
#[async_trait]
pub trait EphemeralResource: Send + Sync + 'static {
    /// The typed form of the schema.
    type State: Model;

    /// The type name as a configuration spells it.
    fn type_name(&self) -> &'static str;

    /// The schema. It is requested once per connection.
    fn schema(&self) -> Schema;

    /// Rules that span several attributes. Values may be unknown; an unknown value breaks no rule.
    fn validate(&self, _config: &Self::State) -> Diagnostics {
        Diagnostics::new()
    }

    /// Creates the object. Configured values must be returned unchanged. After an error there is no close, so
    /// that an open that fails has to undo what it did.
    async fn open(&self, config: Self::State) -> Result<OpenResponse<Self::State>, Diagnostics>;

    /// Removes the object; an object that was already deleted is a success. Returns warnings.
    async fn close(&self, _private: Private) -> Result<Diagnostics, Diagnostics> {
        Ok(Diagnostics::new())
    }
}

/// The response to an open.
#[derive(Debug, Clone)]
pub struct OpenResponse<S> {
    /// The object as Terraform uses it until it is closed.
    pub result: S,
    /// What the close needs. It is in no state, and must still not contain secrets.
    pub private: Private,
    /// Warnings for the user.
    pub warnings: Diagnostics,
}

/// An ephemeral resource of untyped values, as the protocol service uses it.
pub type AnyEphemeralResource = dyn EphemeralResource<State = Value>;

/// Converts a typed ephemeral resource to one of untyped values.
pub fn erase_ephemeral_resource<E: EphemeralResource>(ephemeral: E) -> Box<AnyEphemeralResource> {
    Box::new(Erased(ephemeral))
}

struct Erased<E>(E);

#[async_trait]
impl<E: EphemeralResource> EphemeralResource for Erased<E> {
    type State = Value;

    fn type_name(&self) -> &'static str {
        self.0.type_name()
    }

    fn schema(&self) -> Schema {
        self.0.schema()
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        match typed(config) {
            Ok(config) => self.0.validate(&config),
            Err(diagnostics) => diagnostics,
        }
    }

    async fn open(&self, config: Value) -> Result<OpenResponse<Value>, Diagnostics> {
        let opened = self.0.open(typed(&config)?).await?;
        Ok(OpenResponse {
            result: opened.result.into_value(),
            private: opened.private,
            warnings: opened.warnings,
        })
    }

    async fn close(&self, private: Private) -> Result<Diagnostics, Diagnostics> {
        self.0.close(private).await
    }
}
