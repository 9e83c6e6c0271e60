//! Formats an [`Error`] as a sentence.

use std::fmt;
use std::time::Duration;

use super::{Error, Exchange, Kind};
use crate::api::operation_clock::OPERATION_LIMIT;
use crate::api::problem::Problem;
use crate::api::retry::{AttemptEnd, MAX_RETRY_AFTER};

/// Writes one sentence without a full stop.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exchange {
            method,
            path,
            url,
            address,
            attempts,
            proxy,
            ..
        } = &self.exchange;
        let status = self.status().unwrap_or_default();
        let times = times(*attempts);
        match &self.kind {
            Kind::Invalid { segment } => {
                write!(f, "{method} {path} was not sent: ")?;
                match segment.as_str() {
                    "" => f.write_str("an empty name")?,
                    dots => write!(f, "the name \"{dots}\"")?,
                }
                f.write_str(" cannot be part of a URL")
            }
            Kind::Unreachable { cause } => write!(
                f,
                "no connection to {address} could be made for {method} {url} in {times}: {cause}"
            ),
            Kind::Untrusted { cause } => write!(
                f,
                "the TLS certificate of {address} is not trusted, so {method} {url} was not sent: {cause}"
            ),
            Kind::Refused { cause } => {
                write!(f, "{address} did not process {method} {url} in {times}: {cause}")
            }
            Kind::Dropped { cause } => write!(
                f,
                "the connection to {address} broke before the response to {method} {url} was complete \
                 ({times}): {cause}"
            ),
            Kind::TimedOut { limit } => {
                write!(
                    f,
                    "{method} {url} had no response within {} ({times})",
                    seconds(*limit)
                )
            }
            Kind::Overdue { last, .. } => self.fmt_overdue(*last, f),
            Kind::Status {
                problem, retry_after, ..
            } => self.fmt_status(problem, *retry_after, f),
            Kind::Redirected { target } => {
                write!(f, "{method} {url} returned a redirect ({status}) ")?;
                match target {
                    Some(target) => write!(f, "to {target}")?,
                    None => f.write_str("without a usable location")?,
                }
                f.write_str("; redirects are not followed, so the base URL must name the API itself")
            }
            Kind::Malformed { fault, .. } => {
                write!(f, "{method} {url} returned status {status}, but {fault}")
            }
            Kind::Paused { retry_after, left } => write!(
                f,
                "{method} {path} was not sent{}: an earlier response with status 429 asks to wait {} seconds \
                 (Retry-After), of which {} are left, and the provider waits at most {}",
                if *attempts == 0 { "" } else { " again" },
                retry_after.as_secs(),
                left.as_secs() + u64::from(left.subsec_nanos() > 0),
                MAX_RETRY_AFTER.as_secs()
            ),
            Kind::Interrupted { .. } if *attempts == 0 => {
                write!(f, "{method} {path} was interrupted before it was sent")
            }
            Kind::Interrupted { last } => {
                write!(
                    f,
                    "{method} {path} was interrupted while waiting to repeat it after {times}"
                )?;
                fmt_last(*last, f)
            }
        }?;
        match proxy {
            Some(proxy) if self.may_be_of_the_proxy() => write!(f, ", through the proxy {proxy}"),
            _ => Ok(()),
        }
    }
}

impl Error {
    /// Whether a proxy may have caused the failure, which is excluded for the API's own errors: they have a
    /// code.
    fn may_be_of_the_proxy(&self) -> bool {
        match &self.kind {
            Kind::Invalid { .. } | Kind::Interrupted { .. } | Kind::Paused { .. } => false,
            Kind::Status { problem, .. } => problem.code.is_none(),
            _ => true,
        }
    }

    fn fmt_overdue(&self, last: Option<AttemptEnd>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} was given up", self.method(), self.url())?;
        match self.attempts() {
            0 => f.write_str(" before it was sent")?,
            attempts => write!(f, " after {}", times(attempts))?,
        }
        fmt_last(last, f)?;
        let minutes = OPERATION_LIMIT.as_secs() / 60;
        write!(
            f,
            ": one operation may take {minutes} minutes, with all its attempts and pages"
        )
    }

    fn fmt_status(
        &self,
        problem: &Problem,
        retry_after: Option<Duration>,
        f: &mut fmt::Formatter<'_>,
    ) -> fmt::Result {
        let (method, status) = (self.method(), self.status().unwrap_or_default());
        // If the API has no such path, the base URL may be wrong.
        let target = if self.is_unrouted() {
            self.url()
        } else {
            self.path()
        };
        write!(f, "{method} {target} returned status {status}")?;
        if let Some(code) = &problem.code {
            write!(f, " {code}")?;
        }
        if self.attempts() > 1 {
            write!(f, " ({})", times(self.attempts()))?;
        }
        let message = problem.message.as_ref().filter(|message| !message.is_empty());
        let mut separator = ": ";
        if let Some(message) = message {
            write!(f, "{separator}{message}")?;
            separator = "; ";
        }
        for issue in &problem.issues {
            // A single validation failure repeats the message, but only the issue names the field.
            match (issue.path.is_empty(), message == Some(&issue.message)) {
                (true, true) => continue,
                (true, false) => write!(f, "{separator}{}", issue.message)?,
                (false, true) => write!(f, " (at {})", issue.path.join("."))?,
                (false, false) => write!(f, "{separator}{}: {}", issue.path.join("."), issue.message)?,
            }
            separator = "; ";
        }
        if problem.omitted > 0 {
            write!(f, "; and {} more", problem.omitted)?;
        }
        match retry_after {
            Some(retry_after) => write!(
                f,
                "; it asks to wait {} seconds before a repetition (Retry-After), and the provider waits at most {}",
                retry_after.as_secs(),
                MAX_RETRY_AFTER.as_secs()
            ),
            None => Ok(()),
        }
    }
}

fn times(attempts: u32) -> String {
    if attempts == 1 {
        "1 attempt".to_owned()
    } else {
        format!("{attempts} attempts")
    }
}

/// Writes how the last attempt ended, as the end of a sentence about attempts.
fn fmt_last(last: Option<AttemptEnd>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match last {
        Some(last) => write!(f, ", which ended with {last}"),
        None => Ok(()),
    }
}

fn seconds(limit: Duration) -> String {
    match limit.as_secs_f64() {
        1.0 => "1 second".to_owned(),
        other => format!("{other} seconds"),
    }
}
