//! Waiting for another process.

use std::thread;
use std::time::{Duration, Instant};

/// The longest wait. It is far longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Looks again and again until there is a value.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "{what} did not happen in time");
        thread::sleep(Duration::from_millis(5));
    }
}
