//! The RPCs in flight, and how they are stopped.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tonic::{Response, Status};

use super::super::action::Quiet;
use super::super::call::Current;
use super::super::diagnostics::Diagnostics;
use super::catch::{WithDiagnostics, respond};
use super::instance::Instance;
use super::rpc::Rpc;
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
        let mut running = self.lock();
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
        for signals in self.lock().signals.values() {
            signals.quiet.begin();
            signals.current.stop().fire();
        }
    }

    /// Logs the objects that the calls in flight create, because the process ends before the calls do.
    pub(super) fn log_creations(&self) {
        for signals in self.lock().signals.values() {
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
        for signals in self.lock().signals.values() {
            signals.quiet.begin();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.calls.lock().signals.remove(&self.number);
    }
}

/// Stops a call when it is dropped.
pub(super) struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.fire();
    }
}

impl Instance {
    /// Runs a call that writes nothing, in its own task. The call is stopped when its caller cancels it.
    pub(super) async fn serve<R, A, C>(
        self: Arc<Self>,
        request: R,
        call: impl FnOnce(Arc<Self>, R) -> C + Send + 'static,
    ) -> Result<Response<A>, Status>
    where
        R: Rpc,
        A: WithDiagnostics + Send + 'static,
        C: Future<Output = Result<A, Diagnostics>> + Send,
    {
        let running = self.calls.begin();
        let _stop = running.stop_when_dropped();
        let type_name = request.type_name().to_owned();
        let task = tokio::spawn(async move {
            // The future of a call is large. Boxing avoids copies of it in each of the outer futures.
            let call = Box::pin(call(self, request));
            running.run(respond(R::NAME, &type_name, call)).await
        });
        task.await
            .map(Response::new)
            .map_err(|error| Status::internal(format!("{} ended early: {error}", R::NAME)))
    }
}
