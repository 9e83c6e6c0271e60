//! A data source: what it looks like and how it is read.

use async_trait::async_trait;

use super::diagnostics::Diagnostics;
use super::erased::typed;
use super::schema::Schema;
use super::value::{IntoValue, Model, Value};

/// A kind of thing that a configuration looks up.
///
/// `State` is the typed form of its schema: what the user wrote, and after the read what was found. Core
/// reads it once nothing in the configuration is unknown any more.
#[async_trait]
pub trait DataSource: Send + Sync + 'static {
    /// The typed form of the schema.
    type State: Model;

    /// As a configuration writes it, for instance `motherduck_users`.
    fn type_name(&self) -> &'static str;

    /// Its attributes. Asked once per connection.
    fn schema(&self) -> Schema;

    /// Rules that span several attributes. Values may be unknown, which breaks no rule.
    fn validate(&self, _config: &Self::State) -> Diagnostics {
        Diagnostics::new()
    }

    /// Looks it up. What is not there is an error.
    async fn read(&self, config: Self::State) -> Result<Self::State, Diagnostics>;
}

/// A data source of plain values, as the protocol service drives it.
pub type AnyDataSource = dyn DataSource<State = Value>;

/// Lets the protocol service drive a typed data source.
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
