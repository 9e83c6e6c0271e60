//! The RPC that a task belongs to.

use std::future::Future;
use std::sync::{Arc, Mutex};

use crate::lock::lock;
use crate::stop::Stop;

tokio::task_local! {
    static CALL: Current;
}

/// The context of a call.
#[derive(Debug, Clone, Default)]
pub(super) struct Current {
    stop: Stop,
    /// A description of the object that the call creates, for the log.
    creates: Arc<Mutex<Option<String>>>,
}

impl Current {
    /// Runs a future as part of the call.
    pub(super) async fn run<F: Future>(self, work: F) -> F::Output {
        CALL.scope(self, work).await
    }

    /// Returns the signal that stops the call.
    pub(super) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Returns the description of the object that the call creates, if it creates one.
    pub(super) fn creates(&self) -> Option<String> {
        lock(&self.creates).clone()
    }
}

/// Returns the stop signal of the RPC to which the current task belongs. Outside of an RPC it never fires.
pub fn current_stop() -> Stop {
    CALL.try_with(|call| call.stop.clone()).unwrap_or_default()
}

/// Runs a future as part of an RPC that this signal stops.
pub async fn stopped_by<F: Future>(stop: Stop, work: F) -> F::Output {
    let call = Current {
        stop,
        ..Current::default()
    };
    call.run(work).await
}

/// Records the object that the current call is about to create. If the process has to end before the call, it
/// logs the latest record, so the record must not contain a secret.
pub fn note_creation(what: String) {
    // Outside of a call there is no place for the record.
    let _ = CALL.try_with(|call| {
        *lock(&call.creates) = Some(what);
    });
}
