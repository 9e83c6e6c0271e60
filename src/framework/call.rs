//! The RPC that a task belongs to.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use crate::stop::Stop;

tokio::task_local! {
    static CALL: Current;
}

/// A call, as the code sees it that works on it.
#[derive(Debug, Clone, Default)]
pub(super) struct Current {
    stop: Stop,
    /// What the call creates, in words for the log.
    creates: Arc<Mutex<Option<String>>>,
}

impl Current {
    /// Runs a future as part of the call.
    pub(super) async fn run<F: Future>(self, work: F) -> F::Output {
        CALL.scope(self, work).await
    }

    /// The signal that stops the call.
    pub(super) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// What the call creates, if it creates anything.
    pub(super) fn creates(&self) -> Option<String> {
        self.creates
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// The stop signal of the RPC that the current task belongs to. Outside of an RPC it never fires.
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

/// Records what the current call is about to create. It is logged if the process has to end before the call does,
/// so it must hold no secret. The latest record counts.
pub fn note_creation(what: String) {
    // Outside of a call nothing reads it.
    let _ = CALL.try_with(|call| {
        *call.creates.lock().unwrap_or_else(PoisonError::into_inner) = Some(what);
    });
}
