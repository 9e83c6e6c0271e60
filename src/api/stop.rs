//! How long one call may send requests.

use std::time::Duration;

use tokio::time::sleep_until;

use crate::stop::Stop;

/// How long requests that settle or undo a write may go on after a stop, all of them together.
const SETTLING_LIMIT: Duration = Duration::from_secs(30);

/// How long one call may send requests; without a limit by default.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    stop: Stop,
    /// The time that is left after a stop.
    grace: Duration,
}

impl Scope {
    /// A call that sends nothing after its stop. A request that was sent is awaited, since only its response
    /// shows its effect.
    pub fn until(stop: Stop) -> Self {
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

    /// Whether the call was stopped.
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.is_fired()
    }

    /// Returns when no more requests may be sent.
    pub async fn ended(&self) {
        let at = self.stop.fired().await;
        sleep_until(at + self.grace).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_calls_at_once_and_settling_after_the_limit() {
        let stop = Stop::default();
        let call = Scope::until(stop.clone());
        let settling = call.settling();
        assert!(!call.is_stopped());
        let before = Instant::now();
        stop.fire();
        call.ended().await;
        assert_eq!(before.elapsed(), Duration::ZERO);
        settling.ended().await;
        assert!(before.elapsed() >= SETTLING_LIMIT);
        assert!(call.is_stopped() && settling.is_stopped());
    }
}
