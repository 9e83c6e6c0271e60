//! An action: something done once, on request, that leaves no trace in a state.

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::diagnostics::Diagnostics;
use super::erased::typed;
use super::schema::Schema;
use super::value::{Model, Value};
use crate::stop::Stop;

/// A kind of thing that a configuration can have done.
#[async_trait]
pub trait Action: Send + Sync + 'static {
    /// The typed form of the schema.
    type Config: Model;

    /// As a configuration writes it.
    fn type_name(&self) -> &'static str;

    /// Its attributes, none of them computed. Asked once per connection.
    fn schema(&self) -> Schema;

    /// Rules that span several attributes. Values may be unknown, which breaks no rule.
    fn validate(&self, _config: &Self::Config) -> Diagnostics {
        Diagnostics::new()
    }

    /// Does it, and tells of its progress. Answers warnings.
    async fn invoke(&self, config: Self::Config, progress: &Progress) -> Result<Diagnostics, Diagnostics>;
}

/// Where an action tells how far it is.
#[derive(Debug, Clone)]
pub struct Progress {
    listener: mpsc::Sender<String>,
    stop: Stop,
}

impl Progress {
    /// Tells it to this listener, until the stop.
    pub(super) fn new(listener: mpsc::Sender<String>, stop: Stop) -> Self {
        Progress { listener, stop }
    }

    /// Tells the reader what was done. After a stop nothing is told any more. That nobody listens is no reason to
    /// stop half-way.
    pub async fn report(&self, message: impl Into<String>) {
        if !self.stop.is_fired() {
            let _ = self.listener.send(message.into()).await;
        }
    }
}

/// An action with a configuration of plain values, as the protocol service drives it.
pub type AnyAction = dyn Action<Config = Value>;

/// Lets the protocol service drive a typed action.
pub fn erase_action<A: Action>(action: A) -> Box<AnyAction> {
    Box::new(Erased(action))
}

struct Erased<A>(A);

#[async_trait]
impl<A: Action> Action for Erased<A> {
    type Config = Value;

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

    async fn invoke(&self, config: Value, progress: &Progress) -> Result<Diagnostics, Diagnostics> {
        self.0.invoke(typed(&config)?, progress).await
    }
}
