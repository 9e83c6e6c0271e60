//! The emulator's own clock: the system's, moved by an offset, so that tokens can expire without waiting.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

/// 9000-01-01T00:00:00Z. An HTTP date ends with the year 9999; this leaves room for any token's life.
const LATEST_SECOND: i64 = 221_845_392_000;

/// A move of the clock to before 1970 or after the year 8999, which an HTTP `Date` header cannot say.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the clock can only be moved within the years 1970 to 8999")]
pub struct ClockError;

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

    /// How far this clock is ahead of the system's.
    pub(crate) fn offset_seconds(&self) -> i64 {
        self.offset_seconds.load(Ordering::SeqCst)
    }

    /// Moves the clock; a negative number of seconds moves it back.
    pub(crate) fn advance(&self, seconds: i64) -> Result<Timestamp, ClockError> {
        let system = Timestamp::now().as_second();
        self.offset_seconds
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |offset| {
                let moved = offset.checked_add(seconds)?;
                let second = system.checked_add(moved)?;
                (0..=LATEST_SECOND).contains(&second).then_some(moved)
            })
            .map_err(|_| ClockError)?;
        Ok(self.now())
    }

    /// The value of a `Date` header.
    pub(crate) fn http_date(&self) -> String {
        let seconds = u64::try_from(self.now().as_second()).unwrap_or_default();
        httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_in_both_directions() {
        let clock = Clock::default();
        let before = clock.now();
        let later = clock.advance(86_400).unwrap();
        assert!(later.as_second() >= before.as_second() + 86_400);
        let back = clock.advance(-2 * 86_400).unwrap();
        assert!(back < before);
        assert_eq!(clock.offset_seconds(), -86_400);
    }

    #[test]
    fn refuses_what_a_date_header_cannot_say_and_stays_where_it_was() {
        let clock = Clock::default();
        for seconds in [i64::MAX, i64::MIN, -LATEST_SECOND, LATEST_SECOND] {
            assert_eq!(clock.advance(seconds), Err(ClockError));
        }
        assert_eq!(clock.offset_seconds(), 0);
    }

    #[test]
    fn http_date_follows_the_offset() {
        let clock = Clock::default();
        clock
            .advance(LATEST_SECOND - Timestamp::now().as_second() - 3600)
            .unwrap();
        assert!(clock.http_date().contains(" Dec 8999 "), "{}", clock.http_date());
    }
}
