//! The time in which a call of the provider may send requests.

use std::time::Duration;

use tokio::time::sleep_until;

use crate::stop::Stop;

/// How long requests that settle or undo a write may continue after a stop, in total.
const SETTLING_LIMIT: Duration = Duration::from_secs(30);

/// The time in which a call may send requests; unlimited by default.
#[derive(Debug, Clone, Default)]
pub struct RequestWindow {
    stop: Stop,
    /// The additional time after a stop.
    grace: Duration,
}

impl RequestWindow {
    /// Returns the window of a call that sends nothing after its stop. The response to a request in flight is
    /// awaited, because only it shows the effect.
    pub fn until(stop: Stop) -> Self {
        RequestWindow {
            stop,
            grace: Duration::ZERO,
        }
    }

    /// Returns the window of the same call for requests that settle or undo a write that was sent: they may
    /// continue for [`SETTLING_LIMIT`] after the stop.
    pub(super) fn settling(&self) -> Self {
        RequestWindow {
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
    async fn stop_ends_calls_at_once_and_settling_after_its_limit() {
        let stop = Stop::default();
        let call = RequestWindow::until(stop.clone());
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
