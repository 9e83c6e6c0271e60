//! The emulator's clock: the system's clock plus an offset, so that tokens can expire without waiting.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use crate::error::{ApiError, StorageError};

/// 9000-01-01T00:00:00Z. An HTTP date ends with the year 9999; the difference is longer than the lifetime of
/// any token.
const LATEST_SECOND: i64 = 221_845_392_000;

/// Why the clock was not moved.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// The new time would be before 1970 or after the year 8999, which an HTTP `Date` header cannot express.
    #[error("the clock can only be moved within the years 1970 to 8999")]
    OutOfRange,
    /// The offset could not be stored.
    #[error(transparent)]
    StorageError(#[from] StorageError),
}

impl From<ClockError> for ApiError {
    fn from(error: ClockError) -> Self {
        match error {
            ClockError::OutOfRange => Self::Rule(error.to_string()),
            ClockError::StorageError(why) => Self::StorageError(why),
        }
    }
}

/// Time in whole seconds, as the API reports it.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    offset_seconds: AtomicI64,
}

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        let second = Timestamp::now().as_second().saturating_add(self.offset_seconds());
        Timestamp::from_second(second.clamp(0, LATEST_SECOND)).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Creates a clock that is ahead of the system's by this many seconds.
    pub(crate) fn ahead_by(offset_seconds: i64) -> Self {
        Self {
            offset_seconds: AtomicI64::new(offset_seconds),
        }
    }

    /// Returns how far this clock is ahead of the system's.
    pub(crate) fn offset_seconds(&self) -> i64 {
        self.offset_seconds.load(Ordering::SeqCst)
    }

    pub(crate) fn set_offset_seconds(&self, offset: i64) {
        self.offset_seconds.store(offset, Ordering::SeqCst);
    }

    /// Returns the offset after an advance by this many seconds, which may be negative.
    pub(crate) fn moved(&self, seconds: i64) -> Result<i64, ClockError> {
        let system = Timestamp::now().as_second();
        let moved = self.offset_seconds().checked_add(seconds);
        moved
            .filter(|moved| {
                let second = system.checked_add(*moved);
                second.is_some_and(|second| (0..=LATEST_SECOND).contains(&second))
            })
            .ok_or(ClockError::OutOfRange)
    }

    /// Returns the time in this many seconds, as the value of an HTTP header.
    pub(crate) fn http_date_in(&self, seconds: u64) -> String {
        let now = u64::try_from(self.now().as_second()).unwrap_or_default();
        httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(now.saturating_add(seconds)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_moves_in_both_directions() {
        let clock = Clock::default();
        let before = clock.now();
        clock.set_offset_seconds(clock.moved(86_400).unwrap());
        assert!(clock.now().as_second() >= before.as_second() + 86_400);
        clock.set_offset_seconds(clock.moved(-2 * 86_400).unwrap());
        assert!(clock.now() < before);
        assert_eq!(clock.offset_seconds(), -86_400);
    }

    #[test]
    fn moved_to_a_time_outside_the_date_format_is_an_error() {
        let clock = Clock::default();
        for seconds in [i64::MAX, i64::MIN, -LATEST_SECOND, LATEST_SECOND] {
            assert_eq!(clock.moved(seconds), Err(ClockError::OutOfRange));
        }
    }

    #[test]
    fn http_date_follows_the_offset() {
        let clock = Clock::default();
        clock.set_offset_seconds(LATEST_SECOND - Timestamp::now().as_second() - 3600);
        let date = clock.http_date_in(0);
        assert!(date.contains(" Dec 8999 "), "{date}");
    }
}
