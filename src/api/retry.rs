//! Repeats requests: the policy, the loop, and the decision by kind of failure and by method.
//!
//! A repetition must never do something twice. A GET changes nothing; a PUT and a DELETE have the same effect
//! however often they are processed; a second POST creates a second token or reports a false duplicate. So a
//! POST is repeated only if it was certainly not processed.

use std::fmt;
use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use reqwest::Method;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::stop::Scope;
use super::time::Clock;
use super::transport::{BodyEnd, Response, SendError};

/// The wait before the first repetition; each further one is twice as long.
const FIRST_DELAY: Duration = Duration::from_millis(250);

/// The longest wait before the random part, which adds up to as much again.
const LONGEST_DELAY: Duration = Duration::from_secs(15);

/// The longest wait a server may ask for with `Retry-After`. A longer one ends the call.
pub(super) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;

/// How often to repeat and how long to wait. Tests set the clock and the random seed.
#[derive(Debug, Clone)]
pub(super) struct Policy {
    /// Attempts after the first.
    pub(super) max_retries: u32,
    /// The seed of the waits' random part; `None` draws one.
    pub(super) seed: Option<u64>,
    /// The local clock, for a response with a date in `Retry-After` but no `Date`.
    pub(super) now: fn() -> SystemTime,
}

impl Policy {
    /// The policy of a running program.
    pub(super) fn new(max_retries: u32) -> Self {
        Policy {
            max_retries,
            seed: None,
            now: SystemTime::now,
        }
    }

    /// The waits of one request, as many as there may be repetitions.
    fn delays(&self) -> ExponentialBackoff {
        self.build(ExponentialBuilder::new().with_max_times(self.max_retries as usize))
    }

    /// The pauses of all requests after 429 without `Retry-After`, without end.
    pub(super) fn pauses(&self) -> ExponentialBackoff {
        self.build(ExponentialBuilder::new().without_max_times())
    }

    fn build(&self, builder: ExponentialBuilder) -> ExponentialBackoff {
        let builder = builder
            .with_min_delay(FIRST_DELAY)
            .with_factor(2.0)
            .with_max_delay(LONGEST_DELAY)
            .with_jitter();
        match self.seed {
            Some(seed) => builder.with_jitter_seed(seed).build(),
            None => builder.build(),
        }
    }
}

/// How a request ended after all its attempts.
#[derive(Debug)]
pub(super) struct Finished {
    /// The last attempt's result.
    pub(super) result: Result<Response, SendError>,
    /// Attempts that were made.
    pub(super) attempts: u32,
    /// An attempt before the last may have been processed, and no response said so.
    pub(super) earlier_lost: bool,
    /// What the last attempt ended with, where an interruption or the end of the operation's time has taken the
    /// place of its result.
    pub(super) waiting_after: Option<Ending>,
    /// The wait that the last response asks for, where it is longer than [`LONGEST_RETRY_AFTER`].
    pub(super) asked: Option<Duration>,
}

impl Finished {
    fn new(result: Result<Response, SendError>, attempts: u32, earlier_lost: bool) -> Self {
        Finished {
            result,
            attempts,
            earlier_lost,
            waiting_after: None,
            asked: None,
        }
    }
}

/// Makes attempts until one is final, the policy is exhausted, or the operation's time or `scope` ends.
pub(super) async fn run<F, Fut>(
    policy: &Policy,
    method: &Method,
    scope: &Scope,
    clock: &Clock,
    mut attempt: F,
) -> Finished
where
    F: FnMut(u32) -> Fut,
    Fut: Future<Output = Result<Response, SendError>>,
{
    let mut delays = policy.delays();
    let mut earlier_lost = false;
    let mut attempts = 0;
    let mut ending = None;
    loop {
        let result = attempt(attempts + 1).await;
        if let Err(SendError::Interrupted | SendError::Overdue { sent: false } | SendError::Paused { .. }) =
            result
        {
            return Finished {
                waiting_after: ending,
                ..Finished::new(result, attempts, earlier_lost)
            };
        }
        attempts += 1;
        let asked = asked_delay(&result, policy.now);
        let too_long = asked.filter(|asked| *asked > LONGEST_RETRY_AFTER);
        let delay = delays.next();
        let (true, None, Some(delay)) = (may_repeat(method, &result), too_long, delay) else {
            return Finished {
                asked: too_long,
                ..Finished::new(result, attempts, earlier_lost)
            };
        };
        earlier_lost |= is_lost(&result);
        ending = Some(Ending::of(&result));
        // The next attempt waits for the pace of all requests.
        if matches!(&result, Ok(response) if response.status == 429) {
            continue;
        }
        // Never sooner than the server asks, and never sooner than the growing wait of the policy.
        let delay = asked.map_or(delay, |asked| asked.max(delay));
        let stopped = |failure| Finished {
            waiting_after: Some(Ending::of(&result)),
            ..Finished::new(Err(failure), attempts, earlier_lost)
        };
        // A wait that would outlast the operation's time is not begun.
        if delay >= clock.left() {
            return stopped(SendError::Overdue { sent: false });
        }
        tokio::select! {
            biased;
            () = scope.ended() => return stopped(SendError::Interrupted),
            () = tokio::time::sleep(delay) => {}
        }
    }
}

/// How an attempt ended, in short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// With a response of this status.
    Status(u16),
    /// Without a response in time.
    NoResponse,
    /// With a broken connection.
    Dropped,
    /// With a stream that HTTP/2 refused.
    Refused,
    /// Without a connection.
    Unreachable,
}

impl Ending {
    fn of(result: &Result<Response, SendError>) -> Self {
        match result {
            Ok(response) => Ending::Status(response.status),
            Err(SendError::TimedOut(_) | SendError::Overdue { .. }) => Ending::NoResponse,
            Err(SendError::Dropped(_)) => Ending::Dropped,
            Err(SendError::Refused(_)) => Ending::Refused,
            Err(
                SendError::Unreachable(_)
                | SendError::Untrusted(_)
                | SendError::Interrupted
                | SendError::Paused { .. },
            ) => Ending::Unreachable,
        }
    }
}

/// The end of a sentence.
impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Status(status) => write!(f, "status {status}"),
            Ending::NoResponse => f.write_str("no response in time"),
            Ending::Dropped => f.write_str("a broken connection"),
            Ending::Refused => f.write_str("a refused stream"),
            Ending::Unreachable => f.write_str("no connection"),
        }
    }
}

/// The statuses of a passing failure: of the service itself, or of a gateway in front of it.
fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502..=504 | 520..=530)
}

/// Whether a request with this result is worth repeating and safe to repeat.
fn may_repeat(method: &Method, result: &Result<Response, SendError>) -> bool {
    let idempotent = *method != Method::POST;
    match result {
        // Nothing was processed.
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
        Ok(response) if is_passing(response.status) => idempotent,
        // A DELETE needs nothing of a success's body, but the body must not be a page of a gateway.
        Ok(response) if response.is_success() && *method == Method::DELETE => response.is_page(),
        Ok(response) => idempotent && matches!(response.end, BodyEnd::Lost(_)),
    }
}

/// Whether the request may have been processed although no trustworthy response came back.
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

/// The wait that the response asks for, where it is of a kind that a repetition may help. A date is measured from
/// the response's own, so that a local clock that is wrong does not matter.
pub(super) fn asked_delay(result: &Result<Response, SendError>, now: fn() -> SystemTime) -> Option<Duration> {
    let response = result
        .as_ref()
        .ok()
        .filter(|response| is_passing(response.status))?;
    retry_after(&response.headers, response.date().unwrap_or_else(now))
}

/// Reads `Retry-After` in either of its forms.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let asked = if digits {
        // Only a number too large to hold fails to parse.
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        httpdate::parse_http_date(text)
            .ok()?
            .duration_since(now)
            .unwrap_or_default()
    };
    Some(asked)
}
