//! Waits for other processes.

use std::thread;
use std::time::{Duration, Instant};

/// The time limit of every wait, which is far longer than any step takes.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Calls `poll` until it returns a value.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut poll: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        if let Some(value) = poll() {
            return value;
        }
        assert!(Instant::now() < deadline, "{what} did not happen in time");
        thread::sleep(Duration::from_millis(5));
    }
}
