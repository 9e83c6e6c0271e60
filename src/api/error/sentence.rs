//! The sentence of an [`Error`].

use std::fmt;

use super::{Error, Exchange, Kind};
use crate::api::{retry::LONGEST_RETRY_AFTER, time::OPERATION_LIMIT};

/// One sentence without a full stop.
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
        let detail = &self.detail;
        let status = self.status().unwrap_or_default();
        let times = times(*attempts);
        match self.kind {
            Kind::Invalid => write!(
                f,
                "{method} {path} was not sent: {detail} cannot be part of a URL"
            ),
            Kind::Unreachable => write!(
                f,
                "no connection to {address} could be made for {method} {url} in {times}: {detail}"
            ),
            Kind::Untrusted => write!(
                f,
                "the TLS certificate of {address} is not trusted, so {method} {url} was not sent: {detail}"
            ),
            Kind::Refused => write!(f, "{address} did not process {method} {url} in {times}: {detail}"),
            Kind::Dropped => write!(
                f,
                "the connection to {address} broke before the response to {method} {url} was complete \
                 ({times}): {detail}"
            ),
            Kind::TimedOut => write!(f, "{method} {url} had no response within {detail} ({times})"),
            Kind::Overdue => self.fmt_overdue(f),
            Kind::Status => self.fmt_status(f),
            Kind::Redirected => write!(
                f,
                "{method} {url} returned a redirect ({status}) {detail}; redirects are not followed, so the base \
                 URL must name the API itself"
            ),
            Kind::Malformed => write!(f, "{method} {url} returned status {status}, but {detail}"),
            Kind::Paused => write!(
                f,
                "{method} {path} was not sent{}: an earlier response with status 429 asks to wait {} seconds \
                 (Retry-After), of which {detail} are left, and the provider waits at most {}",
                if *attempts == 0 { "" } else { " again" },
                self.asked.unwrap_or_default().as_secs(),
                LONGEST_RETRY_AFTER.as_secs()
            ),
            Kind::Interrupted if *attempts == 0 => {
                write!(f, "{method} {path} was interrupted before it was sent")
            }
            Kind::Interrupted => {
                write!(
                    f,
                    "{method} {path} was interrupted while waiting to repeat it after {times}"
                )?;
                match detail.as_str() {
                    "" => Ok(()),
                    ending => write!(f, ", which ended with {ending}"),
                }
            }
        }?;
        match proxy {
            Some(proxy) if self.may_be_of_the_proxy() => write!(f, ", through the proxy {proxy}"),
            _ => Ok(()),
        }
    }
}

impl Error {
    /// Whether a proxy may have caused the failure: the API's own errors have a code.
    fn may_be_of_the_proxy(&self) -> bool {
        match self.kind {
            Kind::Invalid | Kind::Interrupted | Kind::Paused => false,
            Kind::Status => self.code().is_none(),
            _ => true,
        }
    }

    fn fmt_overdue(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exchange {
            method,
            url,
            attempts,
            ..
        } = &self.exchange;
        write!(f, "{method} {url} was given up")?;
        match *attempts {
            0 => f.write_str(" before it was sent")?,
            attempts => write!(f, " after {}", times(attempts))?,
        }
        if !self.detail.is_empty() {
            write!(f, ", which ended with {}", self.detail)?;
        }
        let minutes = OPERATION_LIMIT.as_secs() / 60;
        write!(
            f,
            ": one operation may take {minutes} minutes, with all its attempts and pages"
        )
    }

    fn fmt_status(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exchange {
            method,
            path,
            url,
            attempts,
            ..
        } = &self.exchange;
        // If the API has no such path, the base URL may be wrong.
        let target = if self.is_unrouted() { url } else { path };
        write!(
            f,
            "{method} {target} returned status {}",
            self.status().unwrap_or_default()
        )?;
        if let Some(code) = self.code() {
            write!(f, " {code}")?;
        }
        if *attempts > 1 {
            write!(f, " ({})", times(*attempts))?;
        }
        let message = self.message().filter(|message| !message.is_empty());
        let mut separator = ": ";
        if let Some(message) = message {
            write!(f, "{separator}{message}")?;
            separator = "; ";
        }
        for issue in self.issues() {
            // A single validation failure repeats the message, but only the issue names the field.
            match (issue.path.is_empty(), message == Some(&issue.message)) {
                (true, true) => continue,
                (true, false) => write!(f, "{separator}{}", issue.message)?,
                (false, true) => write!(f, " (at {})", issue.path.join("."))?,
                (false, false) => write!(f, "{separator}{}: {}", issue.path.join("."), issue.message)?,
            }
            separator = "; ";
        }
        match self.problem.omitted {
            0 => {}
            more => write!(f, "; and {more} more")?,
        }
        match self.asked {
            Some(asked) => write!(
                f,
                "; it asks to wait {} seconds before a repetition (Retry-After), and the provider waits at most {}",
                asked.as_secs(),
                LONGEST_RETRY_AFTER.as_secs()
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
