//! The clock and the time limit of an operation.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use crate::lock::lock;

/// The time limit of all requests of one operation, including waits.
pub(super) const OPERATION_LIMIT: Duration = Duration::from_secs(600);

/// The clock of an operation. It runs while a call of the operation is in flight, from the first request on.
/// It excludes the time that the operation waits for its first permit and the time that its caller spends
/// between two pages.
#[derive(Debug, Default)]
pub(super) struct OperationClock(Mutex<Times>);

#[derive(Debug, Default)]
struct Times {
    /// The time of earlier calls.
    spent: Duration,
    /// When the clock of the current call started.
    since: Option<Instant>,
    /// When the last request of the operation was sent.
    requested: Option<Instant>,
}

impl OperationClock {
    /// Begins a call. The clock starts at once, except for the first call.
    pub(super) fn begin_call(&self) {
        self.with(|times| {
            if times.requested.is_some() {
                times.since = Some(Instant::now());
            }
        });
    }

    /// Records that a request is about to be sent.
    pub(super) fn record_request(&self) {
        self.with(|times| {
            let now = Instant::now();
            times.requested = Some(now);
            times.since.get_or_insert(now);
        });
    }

    /// Returns when the last request was sent, if there was one.
    pub(super) fn requested(&self) -> Option<Instant> {
        self.with(|times| times.requested)
    }

    pub(super) fn end_call(&self) {
        self.with(|times| {
            if let Some(since) = times.since.take() {
                times.spent += since.elapsed();
            }
        });
    }

    pub(super) fn remaining(&self) -> Duration {
        self.with(|times| {
            let running = times.since.map(|since| since.elapsed()).unwrap_or_default();
            OPERATION_LIMIT.saturating_sub(times.spent + running)
        })
    }

    /// Returns when no time remains. Before the first request it never returns.
    pub(super) async fn expired(&self) {
        if self.requested().is_some() {
            tokio::time::sleep(self.remaining()).await;
        } else {
            std::future::pending::<()>().await;
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Times) -> T) -> T {
        work(&mut lock(&self.0))
    }
}
