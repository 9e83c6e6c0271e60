//! An action: something done once, on request, that leaves no trace in a state.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::diagnostics::Diagnostics;
use super::erased::typed;
use super::schema::Schema;
use super::value::{Model, Value};

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
    quiet: Quiet,
}

/// Whether an action may still tell of its progress. It may not once the user has interrupted the run: Terraform
/// 1.14 and 1.15 crash on what comes after that.
#[derive(Debug, Clone, Default)]
pub(super) struct Quiet(Arc<AtomicBool>);

impl Quiet {
    /// From here on no progress is told.
    pub(super) fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(super) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Progress {
    /// Tells it to this listener, until the action has to be quiet.
    pub(super) fn new(listener: mpsc::Sender<String>, quiet: Quiet) -> Self {
        Progress { listener, quiet }
    }

    /// Tells the reader what was done. After an interruption nothing is told any more. That nobody listens is no
    /// reason to stop half-way.
    pub async fn report(&self, message: impl Into<String>) {
        if !self.quiet.has_begun() {
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
