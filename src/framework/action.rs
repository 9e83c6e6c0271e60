//! An action: an operation that runs once on request and is in no state.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::diagnostics::Diagnostics;
use super::erased::typed;
use super::schema::Schema;
use super::value::{Model, Value};

/// A type of action.
#[async_trait]
pub trait Action: Send + Sync + 'static {
    /// The typed form of the schema.
    type Config: Model;

    /// The type name as a configuration spells it.
    fn type_name(&self) -> &'static str;

    /// The schema, without computed attributes. It is requested once per connection.
    fn schema(&self) -> Schema;

    /// Rules that span several attributes. Values may be unknown; an unknown value breaks no rule.
    fn validate(&self, _config: &Self::Config) -> Diagnostics {
        Diagnostics::new()
    }

    /// Runs the action and reports its progress. Returns warnings.
    async fn invoke(&self, config: Self::Config, progress: &Progress) -> Result<Diagnostics, Diagnostics>;
}

/// Reports the progress of an action.
#[derive(Debug, Clone)]
pub struct Progress {
    listener: mpsc::Sender<String>,
    quiet: Quiet,
}

/// Whether an action may still report its progress. It may not after the user has interrupted the run:
/// Terraform 1.14 and 1.15 crash on progress that comes later.
#[derive(Debug, Clone, Default)]
pub(super) struct Quiet(Arc<AtomicBool>);

impl Quiet {
    /// From here on no progress is reported.
    pub(super) fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(super) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Progress {
    /// Reports to this receiver until `quiet` begins.
    pub(super) fn new(listener: mpsc::Sender<String>, quiet: Quiet) -> Self {
        Progress { listener, quiet }
    }

    /// Reports progress to the user. Nothing is reported after an interrupt, and the action goes on if the
    /// receiver is gone.
    pub async fn report(&self, message: impl Into<String>) {
        if !self.quiet.has_begun() {
            let _ = self.listener.send(message.into()).await;
        }
    }
}

/// An action with a configuration of untyped values, as the protocol service uses it.
pub type AnyAction = dyn Action<Config = Value>;

/// Converts a typed action to one of untyped values.
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
