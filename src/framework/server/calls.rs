//! The RPCs in flight, and how they are stopped.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex};

use tonic::Status;
use tonic::codegen::BoxFuture;

use super::super::action::Quiet;
use super::super::call::Current;
use super::super::diagnostics::Diagnostics;
use super::catch::run;
use super::message::AnyMessage;
use crate::lock::lock;
use crate::stop::Stop;

/// The calls in flight of one instance.
#[derive(Default)]
pub(super) struct Calls(Mutex<Running>);

#[derive(Default)]
struct Running {
    begun: u64,
    signals: HashMap<u64, Signals>,
}

/// The signals of a call, and the description of what it creates.
#[derive(Clone, Default)]
struct Signals {
    current: Current,
    quiet: Quiet,
}

impl Calls {
    /// Registers a call.
    pub(super) fn begin(self: &Arc<Self>) -> Call {
        let signals = Signals::default();
        let mut running = lock(&self.0);
        running.begun += 1;
        let number = running.begun;
        running.signals.insert(number, signals.clone());
        drop(running);
        Call {
            number,
            signals,
            calls: Arc::clone(self),
        }
    }

    /// Stops the calls in flight. Calls that begin later are not affected.
    pub(super) fn stop(&self) {
        for signals in lock(&self.0).signals.values() {
            signals.quiet.begin();
            signals.current.stop().fire();
        }
    }

    /// Logs the objects that the calls in flight create, because the process ends before the calls do.
    pub(super) fn log_creations(&self) {
        for signals in lock(&self.0).signals.values() {
            if let Some(object) = signals.current.creates() {
                tracing::error!(
                    object,
                    "the process ends while this is created: it may exist and be in no state"
                );
            }
        }
    }

    /// Ends the progress events of the calls in flight.
    pub(super) fn silence(&self) {
        for signals in lock(&self.0).signals.values() {
            signals.quiet.begin();
        }
    }
}

/// A call in flight. Dropping it ends the call.
pub(super) struct Call {
    number: u64,
    signals: Signals,
    calls: Arc<Calls>,
}

impl Call {
    /// Runs a future as part of the call. The call ends with the future.
    pub(super) async fn run<F: Future>(self, work: F) -> F::Output {
        self.signals.current.clone().run(work).await
    }

    /// Returns whether the call may still report progress.
    pub(super) fn quiet(&self) -> Quiet {
        self.signals.quiet.clone()
    }

    /// Returns a guard that stops the call when the caller drops it.
    pub(super) fn stop_when_dropped(&self) -> StopOnDrop {
        StopOnDrop(self.signals.current.stop().clone())
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        lock(&self.calls.0).signals.remove(&self.number);
    }
}

/// Stops a call when it is dropped.
pub(super) struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.fire();
    }
}

/// A call without the types of its messages.
pub(super) struct Task {
    pub(super) name: &'static str,
    pub(super) type_name: String,
    /// Creates a response with only these diagnostics.
    pub(super) of_diagnostics: fn(Diagnostics) -> AnyMessage,
}

impl Task {
    pub(super) async fn run(
        self,
        running: Call,
        work: BoxFuture<AnyMessage, Diagnostics>,
    ) -> Result<AnyMessage, Status> {
        let name = self.name;
        let _stop = running.stop_when_dropped();
        let task = tokio::spawn(async move {
            let outcome = running.run(run(name, &self.type_name, work)).await;
            outcome.unwrap_or_else(self.of_diagnostics)
        });
        task.await
            .map_err(|error| Status::internal(format!("{name} ended early: {error}")))
    }
}
