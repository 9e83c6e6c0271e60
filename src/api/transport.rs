//! The seam between the client's logic and the network: one request in, one answer or failure out.

use std::{error::Error as StdError, fmt, time::Duration};

use async_trait::async_trait;
use reqwest::{
    Method,
    header::{DATE, HeaderMap},
};
use url::Url;

/// Any error, kept as a source.
pub(super) type BoxError = Box<dyn StdError + Send + Sync>;

/// Carries one attempt. The authorization is the transport's own affair, so that no logic ever holds it.
#[async_trait]
pub(super) trait Transport: Send + Sync {
    /// Sends the request once and reads the answer up to the limits of size.
    async fn send(&self, request: &Request) -> Result<Response, Failure>;
}

/// One HTTP request, without its headers: they are the same for all.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    /// A JSON document.
    pub(super) body: Option<String>,
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) end: BodyEnd,
}

/// How the body of a [`Response`] ended.
#[derive(Debug)]
pub(super) enum BodyEnd {
    /// All of it is there.
    Complete,
    /// It was larger than this many bytes, and cut there.
    Capped(usize),
    /// The connection broke before its end.
    Lost(BoxError),
}

/// Why there is no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// No connection could be made, so that nothing was sent.
    Unreachable(BoxError),
    /// The server's certificate is not trusted. Nothing was sent, and trying again will not help.
    Untrusted(BoxError),
    /// The connection broke after the request may have been sent.
    Dropped(BoxError),
    /// The answer did not come within this time.
    TimedOut(Duration),
    /// The client was interrupted before this attempt was sent.
    Interrupted,
}

impl Response {
    /// Whether the API says that it did what was asked.
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The answer's `Date` header.
    pub(super) fn date(&self) -> Option<std::time::SystemTime> {
        httpdate::parse_http_date(self.headers.get(DATE)?.to_str().ok()?).ok()
    }
}

/// For the log; [`Error`](super::Error) has the words for people.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Unreachable(source) => write!(f, "no connection: {}", root_cause(&**source)),
            Failure::Untrusted(source) => write!(f, "untrusted certificate: {}", root_cause(&**source)),
            Failure::Dropped(source) => write!(f, "connection broke: {}", root_cause(&**source)),
            Failure::TimedOut(limit) => write!(f, "no answer within {limit:?}"),
            Failure::Interrupted => f.write_str("interrupted"),
        }
    }
}

/// The innermost error of a chain: the outer ones of an HTTP library only say that a request failed.
pub(super) fn root_cause<'a>(mut error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    while let Some(source) = error.source() {
        error = source;
    }
    error
}
