//! Repeats requests: the policy, the loop, and the decision by kind of failure and by method.
//!
//! A repetition must never have a second effect. A GET changes nothing. A PUT and a DELETE have the same
//! effect however often they are processed. A second POST creates a second token or reports a false
//! duplicate. Therefore a POST is repeated only if it was certainly not processed.

use std::fmt;
use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use reqwest::Method;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::operation_clock::OperationClock;
use super::request_window::RequestWindow;
use super::transport::{BodyEnd, Response, SendError};

/// The wait before the first repetition; each further one is twice as long.
const FIRST_DELAY: Duration = Duration::from_millis(250);

/// The longest wait before the random part is added, which is at most as long again.
const MAX_DELAY: Duration = Duration::from_secs(15);

/// The longest accepted `Retry-After`. A longer one ends the call.
pub(super) const MAX_RETRY_AFTER: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;

/// The number of repetitions and the waits. Tests set the clock and the random seed.
#[derive(Debug, Clone)]
pub(super) struct RetryPolicy {
    /// The number of attempts after the first.
    pub(super) max_retries: u32,
    /// The seed of the waits' random part; `None` for a random one.
    pub(super) seed: Option<u64>,
    /// The local clock, for a response with a date in `Retry-After` but no `Date`.
    pub(super) now: fn() -> SystemTime,
}

impl RetryPolicy {
    /// Returns the policy of a running program.
    pub(super) fn new(max_retries: u32) -> Self {
        RetryPolicy {
            max_retries,
            seed: None,
            now: SystemTime::now,
        }
    }

    /// Returns the waits of one request, one for each possible repetition.
    fn delays(&self) -> ExponentialBackoff {
        self.build(ExponentialBuilder::new().with_max_times(self.max_retries as usize))
    }

    /// Returns the endless pauses of all requests after a 429 without `Retry-After`.
    pub(super) fn pauses(&self) -> ExponentialBackoff {
        self.build(ExponentialBuilder::new().without_max_times())
    }

    fn build(&self, builder: ExponentialBuilder) -> ExponentialBackoff {
        let builder = builder
            .with_min_delay(FIRST_DELAY)
            .with_factor(2.0)
            .with_max_delay(MAX_DELAY)
            .with_jitter();
        match self.seed {
            Some(seed) => builder.with_jitter_seed(seed).build(),
            None => builder.build(),
        }
    }
}

/// The end of a request after all its attempts.
#[derive(Debug)]
pub(super) struct FinishedCall {
    /// The result of the last attempt.
    pub(super) result: Result<Response, SendError>,
    /// The number of attempts.
    pub(super) attempts: u32,
    /// Whether an attempt before the last may have been processed, and no later response shows whether it
    /// was.
    pub(super) earlier_lost: bool,
    /// How the attempt before `result` ended, if there was one.
    pub(super) last_attempt: Option<AttemptEnd>,
    /// The `Retry-After` of the last response, if it is longer than [`MAX_RETRY_AFTER`].
    pub(super) retry_after: Option<Duration>,
}

/// Makes attempts until one is final, the policy is exhausted, or the operation's time or `window` ends.
pub(super) async fn run<F, Fut>(
    policy: &RetryPolicy,
    method: &Method,
    window: &RequestWindow,
    clock: &OperationClock,
    mut attempt: F,
) -> FinishedCall
where
    F: FnMut(u32) -> Fut,
    Fut: Future<Output = Result<Response, SendError>>,
{
    let mut delays = policy.delays();
    let mut attempts = 0;
    let mut earlier_lost = false;
    let (mut last_attempt, mut too_long) = (None, None);
    let result = loop {
        let result = attempt(attempts + 1).await;
        if let Err(SendError::Interrupted | SendError::Overdue { sent: false } | SendError::Paused { .. }) =
            result
        {
            break result;
        }
        attempts += 1;
        let retry_after = requested_delay(&result, policy.now);
        too_long = retry_after.filter(|retry_after| *retry_after > MAX_RETRY_AFTER);
        let (true, None, Some(delay)) = (may_repeat(method, &result), too_long, delays.next()) else {
            break result;
        };
        earlier_lost |= is_lost(&result);
        last_attempt = Some(AttemptEnd::new(&result));
        // The next attempt waits for the rate limiter of all requests.
        if matches!(&result, Ok(response) if response.status == 429) {
            continue;
        }
        // The wait is at least `Retry-After` and at least the growing wait of the policy.
        let delay = retry_after.map_or(delay, |retry_after| retry_after.max(delay));
        // A wait beyond the operation's time limit is not begun.
        if delay >= clock.remaining() {
            break Err(SendError::Overdue { sent: false });
        }
        tokio::select! {
            biased;
            () = window.ended() => break Err(SendError::Interrupted),
            () = tokio::time::sleep(delay) => {}
        }
    };
    FinishedCall {
        result,
        attempts,
        earlier_lost,
        last_attempt,
        retry_after: too_long,
    }
}

/// A summary of how an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AttemptEnd {
    Status(u16),
    NoResponse,
    /// The connection broke.
    Dropped,
    /// HTTP/2 refused the stream.
    Refused,
    /// There was no connection.
    Unreachable,
}

impl AttemptEnd {
    fn new(result: &Result<Response, SendError>) -> Self {
        match result {
            Ok(response) => AttemptEnd::Status(response.status),
            Err(SendError::TimedOut(_) | SendError::Overdue { .. }) => AttemptEnd::NoResponse,
            Err(SendError::Dropped(_)) => AttemptEnd::Dropped,
            Err(SendError::Refused(_)) => AttemptEnd::Refused,
            Err(
                SendError::Unreachable(_)
                | SendError::Untrusted(_)
                | SendError::Interrupted
                | SendError::Paused { .. },
            ) => AttemptEnd::Unreachable,
        }
    }
}

/// Writes the end of a sentence.
impl fmt::Display for AttemptEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AttemptEnd::Status(status) => write!(f, "status {status}"),
            AttemptEnd::NoResponse => f.write_str("no response in time"),
            AttemptEnd::Dropped => f.write_str("a broken connection"),
            AttemptEnd::Refused => f.write_str("a refused stream"),
            AttemptEnd::Unreachable => f.write_str("no connection"),
        }
    }
}

/// Whether the status is that of a temporary failure, of the service itself or of a gateway in front of it.
fn is_transient(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502..=504 | 520..=530)
}

/// Whether a request with this result is worth repeating and safe to repeat.
fn may_repeat(method: &Method, result: &Result<Response, SendError>) -> bool {
    let idempotent = *method != Method::POST;
    match result {
        // The request was not processed.
        Err(SendError::Unreachable(_) | SendError::Refused(_)) => true,
        Err(
            SendError::Untrusted(_)
            | SendError::Overdue { .. }
            | SendError::Interrupted
            | SendError::Paused { .. },
        ) => false,
        Err(SendError::Dropped(_) | SendError::TimedOut(_)) => idempotent,
        // A 429 counts as refused before processing, for a POST too.
        Ok(response) if response.status == 429 => true,
        Ok(response) if is_transient(response.status) => idempotent,
        // A DELETE needs no body, but the body must not be a page of a gateway.
        Ok(response) if response.is_success() && *method == Method::DELETE => response.is_page(),
        Ok(response) => idempotent && matches!(response.end, BodyEnd::Lost(_)),
    }
}

/// Whether the request may have been processed without a reliable response.
pub(super) fn is_lost(result: &Result<Response, SendError>) -> bool {
    match result {
        Err(SendError::Dropped(_) | SendError::TimedOut(_)) => true,
        Err(SendError::Overdue { sent }) => *sent,
        Err(
            SendError::Unreachable(_)
            | SendError::Untrusted(_)
            | SendError::Refused(_)
            | SendError::Interrupted
            | SendError::Paused { .. },
        ) => false,
        Ok(response) if response.is_success() => {
            response.is_page() || !matches!(response.end, BodyEnd::Complete)
        }
        Ok(response) => is_lost_status(response.status),
    }
}

/// Whether a request with this error status may have been processed.
pub(super) fn is_lost_status(status: u16) -> bool {
    matches!(status, 408 | 425 | 500..)
}

/// Returns the `Retry-After` of a response after which a repetition may help. A date is compared with the
/// response's own, so that a wrong local clock does not matter.
pub(super) fn requested_delay(
    result: &Result<Response, SendError>,
    now: fn() -> SystemTime,
) -> Option<Duration> {
    let response = result
        .as_ref()
        .ok()
        .filter(|response| is_transient(response.status))?;
    retry_after(&response.headers, response.date().unwrap_or_else(now))
}

/// Parses `Retry-After` in either of its forms.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let retry_after = if digits {
        // Only a number that is too large fails to parse.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        httpdate::parse_http_date(text)
            .ok()?
            .duration_since(now)
            .unwrap_or_default()
    };
    Some(retry_after)
}
