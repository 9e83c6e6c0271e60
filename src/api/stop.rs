//! Stopping: what ends the requests of one call early.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// How long requests that settle or undo a write may go on after a stop, all of them together.
const SETTLING_LIMIT: Duration = Duration::from_secs(30);

/// Stops calls. A stop reaches the calls under way; calls that begin later get a signal of their own.
#[derive(Debug, Default)]
pub struct StopSignal(Mutex<Stop>);

impl StopSignal {
    /// The scope of a call that begins now.
    pub fn scope(&self) -> Scope {
        let stop = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Scope::new(stop)
    }

    /// Stops every call that has begun: it sends no more requests. A request that was sent is awaited, since
    /// only its response shows what it did. Calls that begin later are not affected.
    pub fn fire(&self) {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *current).fire();
    }
}

/// The signal that the calls of one period have in common.
#[derive(Debug, Clone, Default)]
struct Stop(Arc<Fired>);

#[derive(Debug, Default)]
struct Fired {
    token: CancellationToken,
    at: OnceLock<Instant>,
}

impl Stop {
    fn fire(&self) {
        self.0.at.get_or_init(Instant::now);
        self.0.token.cancel();
    }
}

/// How long one call may send requests; by default without an end.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    stop: Stop,
    /// The time that is left after a stop.
    grace: Duration,
}

impl Scope {
    /// A call that sends nothing more after the stop.
    fn new(stop: Stop) -> Self {
        Scope {
            stop,
            grace: Duration::ZERO,
        }
    }

    /// The same call, for requests that settle or undo a write that was sent: they may go on for
    /// [`SETTLING_LIMIT`] after the stop.
    pub(super) fn settling(&self) -> Self {
        Scope {
            stop: self.stop.clone(),
            grace: SETTLING_LIMIT,
        }
    }

    /// Whether the stop has come.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.0.token.is_cancelled()
    }

    /// Returns when no more requests may be sent.
    pub async fn ended(&self) {
        self.stop.0.token.cancelled().await;
        if let Some(at) = self.stop.0.at.get() {
            sleep_until(*at + self.grace).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_calls_at_once_and_settling_after_the_limit() {
        let signal = StopSignal::default();
        let call = signal.scope();
        let settling = call.settling();
        assert!(!call.is_stopped());
        let before = Instant::now();
        signal.fire();
        call.ended().await;
        assert_eq!(before.elapsed(), Duration::ZERO);
        settling.ended().await;
        assert!(before.elapsed() >= SETTLING_LIMIT);
        assert!(call.is_stopped() && settling.is_stopped());
        assert!(!signal.scope().is_stopped());
    }
}
