//! The error of API calls: what failed, and predicates for callers.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use reqwest::header::LOCATION;
use tokio::time::Instant;

use super::mask::Masker;
use super::problem::Problem;
use super::retry::{self, AttemptEnd, FinishedCall};
use super::transport::{BodyEnd, Cause, Response, SendError};
use super::{Issue, Reply};

mod sentence;
#[cfg(test)]
mod tests;

/// Why an API call failed. Its texts contain no secret and no HTML, and are limited to a few kilobytes.
#[derive(Debug, Clone)]
pub struct Error {
    exchange: Exchange,
    kind: Kind,
}

/// The kinds of [`Error`] with their data. Texts of other programs have been made safe to print.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// The request was not sent, because a URL cannot contain this segment.
    Invalid { segment: String },
    /// No connection could be made.
    Unreachable { cause: String },
    /// The server's certificate is not trusted, so no connection was made.
    Untrusted { cause: String },
    /// The server reported that it did not process the request, or the connection closed before the request
    /// was sent.
    Refused { cause: String },
    /// The connection broke before the whole response was received.
    Dropped { cause: String },
    /// The response was not complete within the time limit of an attempt.
    TimedOut { limit: Duration },
    /// The time limit of the operation was reached.
    Overdue {
        /// Whether the last attempt had been sent by then.
        sent: bool,
        /// How the last attempt ended, if there was one.
        last: Option<AttemptEnd>,
    },
    /// The API, or a gateway in front of it, returned an error status.
    Status {
        problem: Problem,
        /// The `Retry-After` of the response, if it is longer than the client waits.
        retry_after: Option<Duration>,
    },
    /// The response was a redirect to this scheme and host. Redirects are not followed.
    Redirected { target: Option<String> },
    /// The API accepted the request, but the response differs from the API's documentation.
    Malformed {
        /// The end of a sentence about the response.
        fault: String,
        /// The body is a page, although the call needs nothing of it.
        is_page: bool,
    },
    /// The client was interrupted while waiting.
    Interrupted {
        /// How the last attempt ended, if there was one.
        last: Option<AttemptEnd>,
    },
    /// The request was not sent, because an earlier `Retry-After` is longer than a request waits.
    Paused { retry_after: Duration, left: Duration },
}

/// The request, its progress, and facts about the last response.
#[derive(Debug, Clone, Default)]
pub(super) struct Exchange {
    pub(super) method: Method,
    /// The encoded path, without the base URL's prefix.
    pub(super) path: String,
    /// The address, without the query.
    pub(super) url: String,
    pub(super) address: String,
    /// The address of the proxy.
    pub(super) proxy: Option<String>,
    pub(super) attempts: u32,
    /// When the last attempt was sent.
    pub(super) sent_at: Option<Instant>,
    pub(super) status: Option<u16>,
    pub(super) date: Option<Timestamp>,
    /// Whether an attempt before the last may have been processed.
    pub(super) earlier_lost: bool,
    /// A description of the access token, if the response refuses it.
    pub(super) refused_token: Option<String>,
    /// The id of the created object, if the response contains it.
    pub(super) created_id: Option<String>,
}

impl Exchange {
    /// Returns the reply with a body from the response.
    pub(super) fn reply<T>(&self, body: T) -> Reply<T> {
        Reply {
            body,
            date: self.date,
            url: self.url.clone(),
        }
    }
}

impl Error {
    pub(super) fn new(exchange: Exchange, kind: Kind) -> Self {
        Error { exchange, kind }
    }

    /// Creates the error of a request without a response or with an error response.
    pub(super) fn from_finished(exchange: Exchange, finished: FinishedCall, masker: &Masker) -> Self {
        let cause = |cause: Cause| masker.sanitize(&cause.words);
        let last = finished.last_attempt;
        let kind = match finished.result {
            Ok(response) if (300..400).contains(&response.status) => Kind::Redirected {
                target: redirect_target(&response, &exchange.url, masker),
            },
            Ok(response) => Kind::Status {
                problem: match &response.end {
                    BodyEnd::UnsupportedEncoding(name) => {
                        Problem::unreadable(masker.sanitize(&undecodable(name)))
                    }
                    _ => Problem::read(&response.body, masker),
                },
                retry_after: finished.retry_after,
            },
            Err(SendError::Unreachable(why)) => Kind::Unreachable { cause: cause(why) },
            Err(SendError::Untrusted(why)) => Kind::Untrusted { cause: cause(why) },
            Err(SendError::Refused(why)) => Kind::Refused { cause: cause(why) },
            Err(SendError::Dropped(why)) => Kind::Dropped { cause: cause(why) },
            Err(SendError::TimedOut(limit)) => Kind::TimedOut { limit },
            Err(SendError::Overdue { sent: true }) => Kind::Overdue {
                sent: true,
                last: Some(AttemptEnd::NoResponse),
            },
            Err(SendError::Overdue { sent: false }) => Kind::Overdue { sent: false, last },
            Err(SendError::Interrupted) => Kind::Interrupted { last },
            Err(SendError::Paused { retry_after, left }) => Kind::Paused { retry_after, left },
        };
        Error { exchange, kind }
    }

    /// Returns the error with the secrets of this masker replaced.
    pub(super) fn masked(&self, masker: &Masker) -> Self {
        let mut error = self.clone();
        match &mut error.kind {
            Kind::Unreachable { cause: text }
            | Kind::Untrusted { cause: text }
            | Kind::Refused { cause: text }
            | Kind::Dropped { cause: text }
            | Kind::Redirected { target: Some(text) }
            | Kind::Malformed { fault: text, .. } => *text = masker.mask_known(text).into_owned(),
            Kind::Status { problem, .. } => *problem = problem.masked(masker),
            Kind::Invalid { .. }
            | Kind::TimedOut { .. }
            | Kind::Overdue { .. }
            | Kind::Redirected { target: None }
            | Kind::Interrupted { .. }
            | Kind::Paused { .. } => {}
        }
        error
    }

    fn problem(&self) -> Option<&Problem> {
        match &self.kind {
            Kind::Status { problem, .. } => Some(problem),
            _ => None,
        }
    }

    pub(super) fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Returns the method of the request.
    pub fn method(&self) -> &str {
        self.exchange.method.as_str()
    }

    /// Returns the path of the request, percent-encoded, beginning with `/v1`.
    pub fn path(&self) -> &str {
        &self.exchange.path
    }

    /// Returns the address of the request, without the query.
    pub fn url(&self) -> &str {
        &self.exchange.url
    }

    /// Returns the number of attempts; 0 if the request was not sent.
    pub fn attempts(&self) -> u32 {
        self.exchange.attempts
    }

    /// Returns when the last attempt was sent, if one was.
    pub fn sent_at(&self) -> Option<Instant> {
        self.exchange.sent_at
    }

    /// Whether the response is the API's own, as far as it shows: the API's errors have a code, and its
    /// successes are not pages. Other responses are those of a gateway, which may have stopped waiting for
    /// the API.
    pub fn is_from_api(&self) -> bool {
        match self.status() {
            None => false,
            Some(status) if status >= 500 => self.code().is_some(),
            Some(_) => !matches!(self.kind, Kind::Malformed { is_page: true, .. }),
        }
    }

    /// Returns the HTTP status of the response, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.exchange.status
    }

    /// Returns the `Date` header of the response.
    pub fn date(&self) -> Option<Timestamp> {
        self.exchange.date
    }

    /// Returns the id of an object that was created although the call failed: the response contained the id
    /// and was otherwise unusable.
    pub fn created_id(&self) -> Option<&str> {
        self.exchange.created_id.as_deref()
    }

    /// Returns the API's error code, such as `BAD_REQUEST`; new codes may be added.
    pub fn code(&self) -> Option<&str> {
        self.problem()?.code.as_deref()
    }

    /// Returns the message of the response, of the API or of a gateway.
    pub fn message(&self) -> Option<&str> {
        self.problem()?.message.as_deref()
    }

    /// Returns the API's issues about fields of the request.
    pub fn issues(&self) -> &[Issue] {
        self.problem().map_or(&[], |problem| &problem.issues)
    }

    /// Whether the object does not exist: a 404 with the API's code `NOT_FOUND`, and no other response.
    pub fn is_gone(&self) -> bool {
        self.status() == Some(404) && self.code() == Some("NOT_FOUND")
    }

    /// Whether the API does not serve the path or method: a 404 without that code. It does not show whether
    /// the object exists.
    pub fn is_unrouted(&self) -> bool {
        self.status() == Some(404) && !self.is_gone()
    }

    /// Whether the object may already exist. The API documents no status for this: 400 and 409 both occur,
    /// and the first may also mean an invalid request.
    pub fn is_conflict(&self) -> bool {
        matches!(self.status(), Some(400 | 409))
    }

    /// Whether the token is not valid.
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(401)
    }

    /// Whether the token's owner lacks the permission.
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(403)
    }

    /// Whether the last attempt could not connect, including the case of an untrusted certificate.
    pub fn is_unreachable(&self) -> bool {
        matches!(self.kind, Kind::Unreachable { .. } | Kind::Untrusted { .. })
    }

    /// Whether the connection failed because the server's certificate is not trusted.
    pub fn is_untrusted(&self) -> bool {
        matches!(self.kind, Kind::Untrusted { .. })
    }

    /// Whether a stop ended the call while it waited.
    pub fn is_interrupted(&self) -> bool {
        matches!(self.kind, Kind::Interrupted { .. })
    }

    /// Returns the source of the token and facts about it, if the response refuses it. No part of the token
    /// is included.
    pub fn token_description(&self) -> Option<&str> {
        self.exchange.refused_token.as_deref()
    }

    /// Returns the `Retry-After` of the response if it is longer than the client waits.
    pub fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            Kind::Status { retry_after, .. } => retry_after,
            Kind::Paused { retry_after, .. } => Some(retry_after),
            _ => None,
        }
    }

    /// Returns the proxy of the request, without its credentials.
    pub fn proxy(&self) -> Option<&str> {
        self.exchange.proxy.as_deref()
    }

    /// Whether a request that changes something was sent and its effect is unknown. Callers must check the
    /// effect before sending it again. One attempt with an unknown effect is enough, even if a later one was
    /// refused: a token that deletes its own user is refused the second time because the first request
    /// succeeded.
    pub fn outcome_unknown(&self) -> bool {
        let is_lost = match self.kind {
            Kind::Dropped { .. } | Kind::TimedOut { .. } | Kind::Malformed { .. } => true,
            Kind::Overdue { sent, .. } => sent,
            Kind::Status { .. } => self.status().is_some_and(retry::is_lost_status),
            Kind::Invalid { .. }
            | Kind::Unreachable { .. }
            | Kind::Untrusted { .. }
            | Kind::Refused { .. }
            | Kind::Redirected { .. }
            | Kind::Interrupted { .. }
            | Kind::Paused { .. } => false,
        };
        self.exchange.method != Method::GET && (is_lost || self.exchange.earlier_lost)
    }
}

impl std::error::Error for Error {}

/// Returns the scheme and host of a redirect. The rest of a location may contain secrets.
fn redirect_target(response: &Response, url: &str, masker: &Masker) -> Option<String> {
    let location = response.headers.get(LOCATION)?.to_str().ok()?;
    let target = url::Url::parse(url).ok()?.join(location).ok()?;
    let host = target.host_str()?;
    let port = target.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(masker.sanitize(&format!("{}://{host}{port}", target.scheme())))
}

/// Returns the end of a sentence about a body with this content encoding.
pub(super) fn undecodable(encoding: &str) -> String {
    format!("its body has the content encoding \"{encoding}\", which the provider cannot decode")
}
