//! When a request is sent again: the policy, the loop, and the decision by kind of failure and by method.
//!
//! Repeating must never do a second time what may have been done once. A GET changes nothing; a PUT and a
//! DELETE end the same however often they arrive; a POST mints a second token or reports a false duplicate.
//! So a POST is repeated only where it was certainly not processed.

use std::time::{Duration, SystemTime};

use backon::{BackoffBuilder as _, ExponentialBackoff, ExponentialBuilder};
use reqwest::{
    Method,
    header::{HeaderMap, RETRY_AFTER},
};

use super::{
    stop::Scope,
    transport::{BodyEnd, Failure, Response},
};

/// The wait before the first repetition; each further one is twice as long.
const FIRST_DELAY: Duration = Duration::from_millis(250);

/// Where the waits stop growing. Chance then adds up to as much again.
const LONGEST_DELAY: Duration = Duration::from_secs(15);

/// The longest wait a server may ask for with `Retry-After`.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests;

/// How often and how patiently to repeat. Clock and chance are handed in for the sake of tests.
#[derive(Debug, Clone)]
pub(super) struct Policy {
    /// Attempts after the first.
    pub(super) max_retries: u32,
    /// The seed of the waits' random part; `None` draws one.
    pub(super) seed: Option<u64>,
    /// The local clock, for an answer with a date in `Retry-After` but no `Date`.
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
        let builder = ExponentialBuilder::new()
            .with_min_delay(FIRST_DELAY)
            .with_factor(2.0)
            .with_max_delay(LONGEST_DELAY)
            .with_max_times(self.max_retries as usize)
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
    pub(super) result: Result<Response, Failure>,
    /// Attempts that were made.
    pub(super) attempts: u32,
    /// An attempt before the last may have been processed without our knowing.
    pub(super) earlier_lost: bool,
    /// What the last attempt ended with, where an interruption has taken the place of its result.
    pub(super) waiting_after: Option<String>,
}

impl Finished {
    fn new(result: Result<Response, Failure>, attempts: u32, earlier_lost: bool) -> Self {
        Finished {
            result,
            attempts,
            earlier_lost,
            waiting_after: None,
        }
    }
}

/// Makes attempts until one is final, the policy is exhausted, or `scope` ends during a wait.
pub(super) async fn run<F, Fut>(policy: &Policy, method: &Method, scope: &Scope, mut attempt: F) -> Finished
where
    F: FnMut(u32) -> Fut,
    Fut: Future<Output = Result<Response, Failure>>,
{
    let mut delays = policy.delays();
    let mut earlier_lost = false;
    let mut attempts = 0;
    loop {
        let result = attempt(attempts + 1).await;
        if matches!(result, Err(Failure::Interrupted)) {
            return Finished::new(result, attempts, earlier_lost);
        }
        attempts += 1;
        if !may_repeat(method, &result) {
            return Finished::new(result, attempts, earlier_lost);
        }
        let Some(delay) = delays.next() else {
            return Finished::new(result, attempts, earlier_lost);
        };
        earlier_lost |= is_lost(&result);
        // Never sooner than the server asks, and never sooner than our own growing patience.
        let delay = asked_delay(&result, policy.now).map_or(delay, |asked| asked.max(delay));
        tokio::select! {
            biased;
            () = scope.ended() => {
                let interrupted = Finished::new(Err(Failure::Interrupted), attempts, earlier_lost);
                return Finished { waiting_after: Some(ending(&result)), ..interrupted };
            }
            () = tokio::time::sleep(delay) => {}
        }
    }
}

/// What an attempt ended with, in words of our own.
fn ending(result: &Result<Response, Failure>) -> String {
    match result {
        Ok(response) => format!("status {}", response.status),
        Err(Failure::TimedOut(_)) => "no answer in time".to_owned(),
        Err(Failure::Dropped(_)) => "a broken connection".to_owned(),
        Err(Failure::Unreachable(_) | Failure::Untrusted(_) | Failure::Interrupted) => {
            "no connection".to_owned()
        }
    }
}

/// Whether a request with this result is worth repeating and safe to repeat.
fn may_repeat(method: &Method, result: &Result<Response, Failure>) -> bool {
    let idempotent = *method != Method::POST;
    match result {
        // Nothing was sent.
        Err(Failure::Unreachable(_)) => true,
        Err(Failure::Untrusted(_) | Failure::Interrupted) => false,
        Err(Failure::Dropped(_) | Failure::TimedOut(_)) => idempotent,
        Ok(response) => match response.status {
            // Taken as refused before processing, for a POST too.
            429 => true,
            // The service's own failure, or that of what stands before it. Asking once more for the same end is
            // harmless and often enough.
            500 | 502..=504 => idempotent,
            // The status of a DELETE says all there is to know; other answers are worth nothing in part.
            _ if matches!(response.end, BodyEnd::Lost(_)) => {
                idempotent && !(*method == Method::DELETE && response.is_success())
            }
            _ => false,
        },
    }
}

/// Whether the request may have been processed although no trustworthy answer came back.
pub(super) fn is_lost(result: &Result<Response, Failure>) -> bool {
    match result {
        Err(Failure::Dropped(_) | Failure::TimedOut(_)) => true,
        Err(Failure::Unreachable(_) | Failure::Untrusted(_) | Failure::Interrupted) => false,
        Ok(response) => {
            response.status >= 500 || (response.is_success() && matches!(response.end, BodyEnd::Lost(_)))
        }
    }
}

/// The wait that the answer asks for. A date is measured from the answer's own, so that a local clock that is
/// wrong does not matter.
fn asked_delay(result: &Result<Response, Failure>, now: fn() -> SystemTime) -> Option<Duration> {
    let response = result.as_ref().ok()?;
    retry_after(&response.headers, response.date().unwrap_or_else(now))
}

/// Reads `Retry-After` in either of its forms, up to [`LONGEST_RETRY_AFTER`].
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
    Some(asked.min(LONGEST_RETRY_AFTER))
}
