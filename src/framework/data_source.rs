//! A data source: its schema and how it is read.

use async_trait::async_trait;

use super::diagnostics::Diagnostics;
use super::erased::typed;
use super::schema::Schema;
use super::value::{IntoValue, Model, Value};

/// A type of data source.
///
/// `State` is the model of its schema: the configuration before the read, the result after it. Core reads a
/// data source once everything in its configuration is known.
#[async_trait]
pub trait DataSource: Send + Sync + 'static {
    /// The typed form of the schema.
    type State: Model;

    /// The type name as a configuration spells it, for instance `motherduck_users`.
    fn type_name(&self) -> &'static str;

    /// The schema. It is requested once per connection.
    fn schema(&self) -> Schema;

    /// Rules that span several attributes. Values may be unknown; an unknown value breaks no rule.
    fn validate(&self, _config: &Self::State) -> Diagnostics {
        Diagnostics::new()
    }

    /// Reads the data source. An object that does not exist is an error.
    async fn read(&self, config: Self::State) -> Result<Self::State, Diagnostics>;
}

/// A data source of untyped values, as the protocol service uses it.
pub type AnyDataSource = dyn DataSource<State = Value>;

/// Converts a typed data source to one of untyped values.
pub fn erase_data_source<D: DataSource>(data_source: D) -> Box<AnyDataSource> {
    Box::new(Erased(data_source))
}

struct Erased<D>(D);

#[async_trait]
impl<D: DataSource> DataSource for Erased<D> {
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

    async fn read(&self, config: Value) -> Result<Value, Diagnostics> {
        self.0.read(typed(&config)?).await.map(IntoValue::into_value)
    }
}
