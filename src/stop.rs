//! The signal that stops a call of the provider.

use std::sync::{Arc, OnceLock};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The stop signal of one call. It is fired at most once; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<Fired>);

#[derive(Debug, Default)]
struct Fired {
    token: CancellationToken,
    at: OnceLock<Instant>,
}

impl Stop {
    /// Stops the call, which then sends no new requests.
    pub fn fire(&self) {
        self.0.at.get_or_init(Instant::now);
        self.0.token.cancel();
    }

    /// Whether the signal was fired.
    pub fn is_fired(&self) -> bool {
        self.0.token.is_cancelled()
    }

    /// Waits for the signal and returns the time at which it was fired.
    pub async fn fired(&self) -> Instant {
        self.0.token.cancelled().await;
        // The time is set before the token is cancelled.
        *self.0.at.get_or_init(Instant::now)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn fired_returns_the_time_of_the_first_fire() {
        let stop = Stop::default();
        assert!(!stop.is_fired());
        stop.clone().fire();
        let at = Instant::now();
        tokio::time::advance(Duration::from_secs(1)).await;
        stop.fire();
        assert_eq!(stop.fired().await, at);
        assert!(stop.is_fired());
    }
}
