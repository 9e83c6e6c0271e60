//! The error of API calls: what failed, and predicates for callers.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Method, header::LOCATION};
use tokio::time::Instant;

use super::{
    Issue,
    client::Shared,
    mask::Masker,
    operation::undecodable,
    problem::Problem,
    retry::{self, Finished},
    transport::{BodyEnd, Cause, Response, SendError},
};

mod sentence;
#[cfg(test)]
mod tests;

/// Why an API call failed. Its texts contain no secret and no HTML, and are cut to a few kilobytes.
#[derive(Debug, Clone)]
pub struct Error {
    kind: Kind,
    exchange: Exchange,
    problem: Problem,
    /// The end of the sentence, if the kind needs more than the other fields.
    detail: String,
    outcome_unknown: bool,
    created_id: Option<String>,
    /// The response is a success whose body is a page.
    is_page: bool,
    /// The wait that the response asks for, if it is too long.
    asked: Option<Duration>,
    /// A description of the token, if the response refuses it.
    token: Option<String>,
}

/// The kinds of [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The request could not be expressed as a URL and was not sent.
    Invalid,
    /// No connection could be made.
    Unreachable,
    /// The server's certificate is not trusted, so no connection was made.
    Untrusted,
    /// The server reported that it did not process the request, or the connection closed before the request
    /// was sent.
    Refused,
    /// The connection broke before the whole response was there.
    Dropped,
    /// No whole response came within the time for one attempt.
    TimedOut,
    /// The time for the whole operation was over.
    Overdue,
    /// The API, or a gateway before it, responded with an error status.
    Status,
    /// The response was a redirect, which is not followed.
    Redirected,
    /// The API accepted the request, but its response is not what it documents.
    Malformed,
    /// The client was interrupted while waiting.
    Interrupted,
    /// The request was not sent: an earlier response asks to wait longer than a request waits.
    Paused,
}

/// The request and how far it came. Errors and replies both have this.
#[derive(Debug, Clone)]
pub(super) struct Exchange {
    pub(super) method: Method,
    /// Encoded, without the base URL's prefix.
    pub(super) path: String,
    /// Without the query.
    pub(super) url: String,
    pub(super) address: String,
    /// The proxy in between, by its address.
    pub(super) proxy: Option<String>,
    pub(super) attempts: u32,
    /// When the last attempt was sent.
    pub(super) sent_at: Option<Instant>,
    pub(super) status: Option<u16>,
    pub(super) date: Option<Timestamp>,
    /// An attempt before the last may have been processed.
    pub(super) earlier_lost: bool,
}

impl Exchange {
    /// A request that has not been sent yet.
    pub(super) fn new(method: Method, path: String, client: &Shared) -> Self {
        let url = client.base_url.join(&path, &[]).into();
        Exchange {
            method,
            path,
            url,
            address: client.base_url.address(),
            proxy: client.proxy.clone(),
            attempts: 0,
            sent_at: None,
            status: None,
            date: None,
            earlier_lost: false,
        }
    }
}

impl Error {
    fn new(kind: Kind, exchange: Exchange) -> Self {
        Error {
            outcome_unknown: exchange.earlier_lost && exchange.method != Method::GET,
            kind,
            exchange,
            problem: Problem::default(),
            detail: String::new(),
            created_id: None,
            is_page: false,
            asked: None,
            token: None,
        }
    }

    /// A segment that no URL can carry.
    pub(super) fn invalid(exchange: Exchange, segment: &str) -> Self {
        let detail = match segment {
            "" => "an empty name".to_owned(),
            dots => format!("the name \"{dots}\""),
        };
        Error {
            detail,
            ..Error::new(Kind::Invalid, exchange)
        }
    }

    /// The end of a request without a response, or with one that is no success.
    pub(super) fn from_finished(exchange: Exchange, finished: Finished, masker: &Masker) -> Self {
        let lost = retry::is_lost(&finished.result) && exchange.method != Method::GET;
        let error = match finished.result {
            Err(failure) => Error::from_failure(exchange, failure, masker),
            Ok(response) => Error::from_response(exchange, &response, masker),
        };
        Error {
            outcome_unknown: error.outcome_unknown || lost,
            detail: match finished.waiting_after {
                Some(ending) if error.kind != Kind::Paused => ending,
                _ => error.detail,
            },
            asked: finished.asked.or(error.asked),
            ..error
        }
    }

    fn from_failure(exchange: Exchange, failure: SendError, masker: &Masker) -> Self {
        let caused = |kind, cause: Cause| (kind, masker.foreign(&cause.words));
        let mut asked = None;
        let (kind, detail) = match failure {
            SendError::Unreachable(cause) => caused(Kind::Unreachable, cause),
            SendError::Untrusted(cause) => caused(Kind::Untrusted, cause),
            SendError::Refused(cause) => caused(Kind::Refused, cause),
            SendError::Dropped(cause) => caused(Kind::Dropped, cause),
            SendError::TimedOut(limit) => (Kind::TimedOut, seconds(limit)),
            SendError::Overdue { sent: true } => (Kind::Overdue, "no response in time".to_owned()),
            SendError::Overdue { sent: false } => (Kind::Overdue, String::new()),
            SendError::Interrupted => (Kind::Interrupted, String::new()),
            SendError::Paused { asked: wait, left } => {
                asked = Some(wait);
                let left = left.as_secs() + u64::from(left.subsec_nanos() > 0);
                (Kind::Paused, left.to_string())
            }
        };
        Error {
            detail,
            asked,
            ..Error::new(kind, exchange)
        }
    }

    fn from_response(exchange: Exchange, response: &Response, masker: &Masker) -> Self {
        if (300..400).contains(&response.status) {
            let detail = redirect_target(response, &exchange.url, masker);
            return Error {
                detail,
                ..Error::new(Kind::Redirected, exchange)
            };
        }
        let problem = match &response.end {
            BodyEnd::Encoded(name) => Problem::unreadable(masker.foreign(&undecodable(name))),
            _ => Problem::read(&response.body, masker),
        };
        Error {
            problem,
            ..Error::new(Kind::Status, exchange)
        }
    }

    /// An accepted request whose response cannot be used.
    pub(super) fn malformed(exchange: Exchange, detail: String) -> Self {
        let outcome_unknown = exchange.method != Method::GET;
        Error {
            detail,
            outcome_unknown,
            ..Error::new(Kind::Malformed, exchange)
        }
    }

    /// The same error, about a request that created an object with this id.
    pub(super) fn having_created(self, id: String) -> Self {
        Error {
            created_id: Some(id),
            ..self
        }
    }

    /// The same error, for a success whose body is a page.
    pub(super) fn with_page(self) -> Self {
        Error {
            is_page: true,
            ..self
        }
    }

    /// An accepted request whose response broke off.
    pub(super) fn dropped(exchange: Exchange, cause: Cause) -> Self {
        let outcome_unknown = exchange.method != Method::GET;
        Error {
            outcome_unknown,
            ..Error::from_failure(exchange, SendError::Dropped(cause), &Masker::default())
        }
    }

    /// The same error, with a description of the token that the response refuses.
    pub(super) fn about_token(self, description: String) -> Self {
        Error {
            token: Some(description),
            ..self
        }
    }

    /// The same error for a call that knows more secrets.
    pub(super) fn masked(&self, masker: &Masker) -> Self {
        Error {
            problem: self.problem.masked(masker),
            detail: masker.mask_known(&self.detail).into_owned(),
            ..self.clone()
        }
    }

    /// Whether an attempt before the last may have been processed, and no response said so.
    pub(super) fn earlier_lost(&self) -> bool {
        self.exchange.earlier_lost
    }

    /// The kind of failure.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The request's method.
    pub fn method(&self) -> &str {
        self.exchange.method.as_str()
    }

    /// The request's path, percent-encoded, from `/v1` on.
    pub fn path(&self) -> &str {
        &self.exchange.path
    }

    /// The address that was asked, without the query.
    pub fn url(&self) -> &str {
        &self.exchange.url
    }

    /// How many attempts were made; none where the request was not sent.
    pub fn attempts(&self) -> u32 {
        self.exchange.attempts
    }

    /// When the last attempt was sent, if one was.
    pub fn sent_at(&self) -> Option<Instant> {
        self.exchange.sent_at
    }

    /// Whether the API itself responded, as far as the response shows: its errors have a code, and its successes
    /// are no pages. Something in front of the API may have given the request up.
    pub fn is_from_api(&self) -> bool {
        match self.status() {
            None => false,
            Some(status) if status >= 500 => self.code().is_some(),
            Some(_) => !self.is_page,
        }
    }

    /// The response's HTTP status, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.exchange.status
    }

    /// The response's `Date` header.
    pub fn date(&self) -> Option<Timestamp> {
        self.exchange.date
    }

    /// The id of an object that was created although the call failed: the response had the id and was
    /// otherwise unusable.
    pub fn created_id(&self) -> Option<&str> {
        self.created_id.as_deref()
    }

    /// The API's own code, such as `BAD_REQUEST`; an open set.
    pub fn code(&self) -> Option<&str> {
        self.problem.code.as_deref()
    }

    /// The message of the response, of the API or of a gateway.
    pub fn message(&self) -> Option<&str> {
        self.problem.message.as_deref()
    }

    /// The API's issues about fields of the request.
    pub fn issues(&self) -> &[Issue] {
        &self.problem.issues
    }

    /// Whether the object does not exist: a 404 with the API's code `NOT_FOUND`, and nothing else.
    pub fn is_gone(&self) -> bool {
        self.status() == Some(404) && self.code() == Some("NOT_FOUND")
    }

    /// A 404 without that code: the path or method is not served here. It says nothing about the object.
    pub fn is_unrouted(&self) -> bool {
        self.status() == Some(404) && !self.is_gone()
    }

    /// Whether the object may exist already. The API documents no status for this: 400 and 409 both occur,
    /// and the first may also mean an invalid request.
    pub fn is_conflict(&self) -> bool {
        matches!(self.status(), Some(400 | 409))
    }

    /// The token is not valid.
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(401)
    }

    /// The token's owner lacks the permission.
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(403)
    }

    /// No connection could be made at the last attempt, an untrusted certificate included.
    pub fn is_unreachable(&self) -> bool {
        matches!(self.kind, Kind::Unreachable | Kind::Untrusted)
    }

    /// No connection was made because the server's certificate is not trusted.
    pub fn is_untrusted(&self) -> bool {
        self.kind == Kind::Untrusted
    }

    /// A stop ended the call while it waited.
    pub fn is_interrupted(&self) -> bool {
        self.kind == Kind::Interrupted
    }

    /// The source of the token and facts about it, if the response refuses it. No part of the token is shown.
    pub fn token_description(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// The wait that the response asks for before a repetition, where it is longer than the client waits.
    pub fn asked_wait(&self) -> Option<Duration> {
        self.asked
    }

    /// The proxy that the request went through, without its credentials.
    pub fn proxy(&self) -> Option<&str> {
        self.exchange.proxy.as_deref()
    }

    /// Whether a request that changes something was sent and its effect is unknown. Look before sending it
    /// again. One lost attempt is enough, even if a later one was refused: a token that deletes its own user
    /// is refused the second time because the first request succeeded.
    pub fn outcome_unknown(&self) -> bool {
        self.outcome_unknown
    }
}

impl std::error::Error for Error {}

fn seconds(limit: Duration) -> String {
    match limit.as_secs_f64() {
        1.0 => "1 second".to_owned(),
        other => format!("{other} seconds"),
    }
}

/// The host of a redirect; the rest of a location may contain secrets.
fn redirect_target(response: &Response, url: &str, masker: &Masker) -> String {
    let target = response
        .headers
        .get(LOCATION)
        .and_then(|location| location.to_str().ok())
        .and_then(|location| url::Url::parse(url).ok()?.join(location).ok())
        .and_then(|target| {
            let host = target.host_str()?;
            let port = target.port().map(|port| format!(":{port}")).unwrap_or_default();
            Some(masker.foreign(&format!("to {}://{host}{port}", target.scheme())))
        });
    target.unwrap_or_else(|| "without a usable location".to_owned())
}
