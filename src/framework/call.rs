//! The RPC to which a task belongs.

use std::future::Future;
use std::sync::{Arc, Mutex};

use tokio_util::sync::CancellationToken;

use crate::lock::lock;
use crate::stop::Stop;

tokio::task_local! {
    static CALL: Arc<RpcCall>;
}

/// A call in flight.
#[derive(Debug, Default)]
pub(super) struct RpcCall {
    /// The signal that stops the call.
    pub(super) stop: Stop,
    /// Cancelled when the user interrupts the run.
    pub(super) interrupted: CancellationToken,
    /// A description of the object that the call creates, for the log.
    creates: Mutex<Option<String>>,
}

impl RpcCall {
    /// Runs a future as part of the call.
    pub(super) async fn run<F: Future>(self: Arc<Self>, work: F) -> F::Output {
        CALL.scope(self, work).await
    }

    /// Returns a guard that stops the call when the caller drops it.
    pub(super) fn stop_when_dropped(&self) -> StopOnDrop {
        StopOnDrop(self.stop.clone())
    }

    /// Returns the description of the object that the call creates, if it creates one.
    pub(super) fn creates(&self) -> Option<String> {
        lock(&self.creates).clone()
    }
}

/// Stops a call when it is dropped.
pub(super) struct StopOnDrop(Stop);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.fire();
    }
}

/// Returns the stop signal of the RPC to which the current task belongs. Outside of an RPC it never fires.
pub fn current_stop() -> Stop {
    CALL.try_with(|call| call.stop.clone()).unwrap_or_default()
}

/// Runs a future as part of an RPC that this signal stops.
pub async fn stopped_by<F: Future>(stop: Stop, work: F) -> F::Output {
    let call = RpcCall {
        stop,
        ..RpcCall::default()
    };
    Arc::new(call).run(work).await
}

/// Records the object that the current call is about to create. If the process has to end before the call, it
/// logs the latest record, so the record must not contain a secret.
pub fn note_creation(what: String) {
    // Outside of a call there is no place for the record.
    let _ = CALL.try_with(|call| {
        *lock(&call.creates) = Some(what);
    });
}
