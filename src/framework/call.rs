//! The call of the protocol that a task works on.

use std::future::Future;

use crate::stop::Stop;

tokio::task_local! {
    static STOP: Stop;
}

/// The stop signal of the call that the current task works on. Outside of a call it is one that never fires.
pub fn current_stop() -> Stop {
    STOP.try_with(Clone::clone).unwrap_or_default()
}

/// Runs a future as part of the call that this signal stops.
pub async fn stopped_by<F: Future>(stop: Stop, work: F) -> F::Output {
    STOP.scope(stop, work).await
}
