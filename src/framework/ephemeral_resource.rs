//! An ephemeral resource: something that exists while Terraform runs, and is in no state and no plan.

use async_trait::async_trait;

use super::diagnostics::Diagnostics;
use super::erased::typed;
use super::private::Private;
use super::schema::Schema;
use super::value::{IntoValue, Model, Value};

/// A kind of thing that is opened for a run and closed when nothing needs it any more.
///
/// The plan opens one and the apply opens another. None of them is renewed: nothing that this provider
/// opens can be prolonged.
#[async_trait]
pub trait EphemeralResource: Send + Sync + 'static {
    /// The typed form of the schema.
    type State: Model;

    /// As a configuration writes it.
    fn type_name(&self) -> &'static str;

    /// Its attributes. Asked once per connection.
    fn schema(&self) -> Schema;

    /// Rules that span several attributes. Values may be unknown, which breaks no rule.
    fn validate(&self, _config: &Self::State) -> Diagnostics {
        Diagnostics::new()
    }

    /// Makes it. What the user wrote has to come back unchanged. After an error there is no close: what was
    /// made until then has to be undone here.
    async fn open(&self, config: Self::State) -> Result<Opened<Self::State>, Diagnostics>;

    /// Removes it; one that is gone already is a success. Answers warnings.
    async fn close(&self, _private: Private) -> Result<Diagnostics, Diagnostics> {
        Ok(Diagnostics::new())
    }
}

/// What was opened.
#[derive(Debug, Clone)]
pub struct Opened<S> {
    /// What Terraform works with until it is closed.
    pub result: S,
    /// What closing needs to know. It is in no state, and still nothing secret belongs in it.
    pub private: Private,
    /// What the reader should know.
    pub warnings: Diagnostics,
}

/// An ephemeral resource of plain values, as the protocol service drives it.
pub type AnyEphemeralResource = dyn EphemeralResource<State = Value>;

/// Lets the protocol service drive a typed ephemeral resource.
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

    async fn open(&self, config: Value) -> Result<Opened<Value>, Diagnostics> {
        let opened = self.0.open(typed(&config)?).await?;
        Ok(Opened {
            result: opened.result.into_value(),
            private: opened.private,
            warnings: opened.warnings,
        })
    }

    async fn close(&self, private: Private) -> Result<Diagnostics, Diagnostics> {
        self.0.close(private).await
    }
}
