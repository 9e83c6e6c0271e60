//! The RPCs under way, and their stop.

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

/// The calls of one instance that are under way.
#[derive(Default)]
pub(super) struct Calls(Mutex<Running>);

#[derive(Default)]
struct Running {
    begun: u64,
    signals: HashMap<u64, Signals>,
}

/// The signals of a call, and what it creates.
#[derive(Clone, Default)]
struct Signals {
    current: Current,
    quiet: Quiet,
}

impl Calls {
    /// Begins a call.
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

    /// Stops the calls that are under way. Calls that begin later are not affected.
    pub(super) fn stop(&self) {
        for signals in self.lock().signals.values() {
            signals.quiet.begin();
            signals.current.stop().fire();
        }
    }

    /// Logs what the calls that are under way create: the process ends before they do.
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

    /// Silences the progress of the calls that are under way.
    pub(super) fn silence(&self) {
        for signals in self.lock().signals.values() {
            signals.quiet.begin();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that is under way until it is dropped.
pub(super) struct Call {
    number: u64,
    signals: Signals,
    calls: Arc<Calls>,
}

impl Call {
    /// Runs a future as part of the call, which ends with it.
    pub(super) async fn run<F: Future>(self, work: F) -> F::Output {
        self.signals.current.clone().run(work).await
    }

    /// Whether the call may report its progress.
    pub(super) fn quiet(&self) -> Quiet {
        self.signals.quiet.clone()
    }

    /// A guard for the caller to hold: the call is stopped when the caller leaves.
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
    /// Runs a call that writes nothing, in a task of its own. It is stopped when its caller leaves.
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
            // The future of a call is large: in a box it is not copied into each of those around it.
            let call = Box::pin(call(self, request));
            running.run(respond(R::NAME, &type_name, call)).await
        });
        task.await
            .map(Response::new)
            .map_err(|error| Status::internal(format!("{} ended early: {error}", R::NAME)))
    }
}
