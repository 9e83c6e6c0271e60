//! The time limit of one operation.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long all requests of one operation may take together, waits included.
pub(super) const OPERATION_LIMIT: Duration = Duration::from_secs(600);

/// The clock of one operation. It runs while a call of the operation is under way, from the first request on: the
/// time that the operation waits for its first slot is not counted, nor is the time that its caller spends between
/// two pages.
#[derive(Debug, Default)]
pub(super) struct Clock(Mutex<Times>);

#[derive(Debug, Default)]
struct Times {
    /// The time of the calls before this one.
    spent: Duration,
    /// When this call began to count.
    since: Option<Instant>,
    /// When the last request of the operation was sent.
    requested: Option<Instant>,
}

impl Clock {
    /// Begins a call. Its time counts at once, unless it is the first.
    pub(super) fn call(&self) {
        self.with(|times| {
            if times.requested.is_some() {
                times.since = Some(Instant::now());
            }
        });
    }

    /// A request is about to be sent.
    pub(super) fn request(&self) {
        self.with(|times| {
            let now = Instant::now();
            times.requested = Some(now);
            times.since.get_or_insert(now);
        });
    }

    /// When the last request was sent, if there was one.
    pub(super) fn requested(&self) -> Option<Instant> {
        self.with(|times| times.requested)
    }

    /// The call is over.
    pub(super) fn pause(&self) {
        self.with(|times| {
            if let Some(since) = times.since.take() {
                times.spent += since.elapsed();
            }
        });
    }

    /// The time that is left.
    pub(super) fn left(&self) -> Duration {
        self.with(|times| {
            let running = times.since.map(|since| since.elapsed()).unwrap_or_default();
            OPERATION_LIMIT.saturating_sub(times.spent + running)
        })
    }

    /// Returns when no time is left. Before the first request that is never.
    pub(super) async fn over(&self) {
        if self.requested().is_some() {
            tokio::time::sleep(self.left()).await;
        } else {
            std::future::pending::<()>().await;
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Times) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
