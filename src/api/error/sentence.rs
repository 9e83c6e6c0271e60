//! The sentence an [`Error`] prints.

use std::fmt;

use super::{Error, Exchange, Kind};

/// One sentence without a full stop.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exchange {
            method,
            path,
            url,
            address,
            attempts,
            ..
        } = &self.exchange;
        let detail = &self.detail;
        let status = self.status().unwrap_or_default();
        match self.kind {
            Kind::Invalid => write!(
                f,
                "{method} {path} was not sent: {detail} cannot be part of a URL"
            ),
            Kind::Unreachable => {
                write!(
                    f,
                    "no connection to {address} could be made for {method} {url} in {}: {detail}",
                    times(*attempts)
                )
            }
            Kind::Untrusted => {
                write!(
                    f,
                    "the TLS certificate of {address} is not trusted, so {method} {url} was not sent: {detail}"
                )
            }
            Kind::Dropped => {
                write!(
                    f,
                    "the connection to {address} broke before {method} {url} was answered ({}): {detail}",
                    times(*attempts)
                )
            }
            Kind::TimedOut => {
                write!(
                    f,
                    "{method} {url} was not answered within {detail} ({})",
                    times(*attempts)
                )
            }
            Kind::Status => self.fmt_status(f),
            Kind::Redirected => {
                write!(
                    f,
                    "{method} {url} was answered with a redirect ({status}) {detail}; \
                     redirects are not followed, so the base URL must name the API itself"
                )
            }
            Kind::Malformed => write!(
                f,
                "{method} {url} was answered with status {status}, but {detail}"
            ),
            Kind::Interrupted if *attempts == 0 => {
                write!(f, "{method} {path} was interrupted before it was sent")
            }
            Kind::Interrupted => {
                let attempts = times(*attempts);
                write!(
                    f,
                    "{method} {path} was interrupted while waiting to repeat it after {attempts}"
                )?;
                match detail.as_str() {
                    "" => Ok(()),
                    ending => write!(f, ", which ended with {ending}"),
                }
            }
        }
    }
}

impl Error {
    fn fmt_status(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Exchange {
            method,
            path,
            url,
            attempts,
            ..
        } = &self.exchange;
        // Where the API has no such path, the base URL is the first suspect.
        let target = if self.is_unrouted() { url } else { path };
        write!(
            f,
            "{method} {target} was answered with status {}",
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
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
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
