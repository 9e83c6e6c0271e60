//! A limit on the rate of API requests.

use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A number of API requests in a number of seconds, counted over all callers.
///
/// Time is divided into windows of that length: a window opens with the first request after the previous one
/// has ended. Its requests may arrive all at once. Further requests are refused until the window ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    requests: NonZeroU32,
    seconds: NonZeroU32,
}

/// The text is not a rate limit.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected requests and seconds, such as 10/1: two whole numbers, from 1 on")]
pub struct RateLimitError;

impl RateLimit {
    /// Creates a limit of `requests` in each window of `seconds`.
    pub fn new(requests: NonZeroU32, seconds: NonZeroU32) -> Self {
        Self { requests, seconds }
    }
}

impl FromStr for RateLimit {
    type Err = RateLimitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (requests, seconds) = text.split_once('/').ok_or(RateLimitError)?;
        let number = |text: &str| text.parse().map_err(|_| RateLimitError);
        Ok(Self::new(number(requests)?, number(seconds)?))
    }
}

/// Counts requests against a limit.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    limit: RateLimit,
    window: Mutex<Option<Window>>,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    end: Instant,
    used: u32,
}

impl RateLimiter {
    pub(crate) fn new(limit: RateLimit) -> Self {
        Self {
            limit,
            window: Mutex::new(None),
        }
    }

    /// Counts a request. For a request over the limit the error is the whole seconds, at least 1, after which
    /// the next one can succeed.
    pub(crate) fn admit(&self) -> Result<(), u64> {
        let now = Instant::now();
        let mut current = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let length = Duration::from_secs(u64::from(self.limit.seconds.get()));
        let mut window = current.filter(|window| now < window.end).unwrap_or(Window {
            end: now + length,
            used: 0,
        });
        if window.used >= self.limit.requests.get() {
            let left = window.end - now;
            return Err(left.as_secs() + u64::from(left.subsec_nanos() > 0));
        }
        window.used += 1;
        *current = Some(window);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn admit_limits_requests_per_window_and_returns_the_wait() {
        let limiter = RateLimiter::new("2/10".parse().unwrap());
        // The window opens with the first request, not with the start.
        tokio::time::advance(Duration::from_secs(7)).await;
        assert_eq!(limiter.admit(), Ok(()));
        tokio::time::advance(Duration::from_millis(3500)).await;
        assert_eq!(limiter.admit(), Ok(()));
        assert_eq!(limiter.admit(), Err(7));
        tokio::time::advance(Duration::from_millis(6499)).await;
        assert_eq!(limiter.admit(), Err(1));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(
            [limiter.admit(), limiter.admit(), limiter.admit()],
            [Ok(()), Ok(()), Err(10)]
        );
    }

    #[test]
    fn parse_requires_two_positive_numbers() {
        assert_eq!(
            "10/1".parse(),
            Ok(RateLimit::new(NonZeroU32::new(10).unwrap(), NonZeroU32::MIN))
        );
        for text in [
            "", "10", "10/", "/1", "0/1", "1/0", "-1/1", "1.5/1", "1/1/1", "ten/1",
        ] {
            assert_eq!(text.parse::<RateLimit>(), Err(RateLimitError), "{text}");
        }
    }
}
