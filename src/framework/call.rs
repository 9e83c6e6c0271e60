//! The RPC that a task belongs to.

use std::future::Future;

use crate::stop::Stop;

tokio::task_local! {
    static STOP: Stop;
}

/// The stop signal of the RPC that the current task belongs to. Outside of an RPC it never fires.
pub fn current_stop() -> Stop {
    STOP.try_with(Clone::clone).unwrap_or_default()
}

/// Runs a future as part of the RPC that this signal stops.
pub async fn stopped_by<F: Future>(stop: Stop, work: F) -> F::Output {
    STOP.scope(stop, work).await
}
