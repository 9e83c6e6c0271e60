//! Waits for other processes.

use std::thread;
use std::time::{Duration, Instant};

/// The deadline of every wait. It is far longer than any step takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Calls `look` until it returns a value.
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
