//! The interface between the client's logic and the network: it sends one request and returns one response or
//! failure.
//!
//! The program uses the HTTP transport, which [`Client::new`](super::Client::new) creates. Tests of the whole
//! provider use another transport, because the clock can only be paused without sockets.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use reqwest::Method;
use reqwest::header::{DATE, HeaderMap};
use url::Url;

use super::text;

/// Sends single attempts. Only the transport has the access token.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends the request once and reads the response up to the size limits.
    async fn send(&self, request: &Request) -> Result<Response, SendError>;
}

/// An HTTP request without its headers, which are the same for all.
#[derive(Debug)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The whole address, with the query.
    pub url: Url,
    /// A JSON document.
    pub body: Option<String>,
}

/// A response, whatever its status.
#[derive(Debug)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The response's headers.
    pub headers: HeaderMap,
    /// The decoded body as far as it was received.
    pub body: Vec<u8>,
    /// Whether the body is complete.
    pub end: BodyEnd,
}

/// How the body of a [`Response`] ended.
#[derive(Debug)]
pub enum BodyEnd {
    /// The whole body was received.
    Complete,
    /// The decoded body is larger than this many bytes and was cut there.
    TooLarge(usize),
    /// The connection broke before the end of the body, or its compressed form is damaged.
    Lost(Cause),
    /// The body has a content encoding that the client did not request and cannot decode.
    UnsupportedEncoding(String),
}

/// Why there is no response.
#[derive(Debug)]
pub enum SendError {
    /// No connection could be made, so nothing was sent.
    Unreachable(Cause),
    /// The server's certificate is not trusted. Nothing was sent, and a repetition would end the same.
    Untrusted(Cause),
    /// The request was not processed: the server reported so, or the connection closed before it was written.
    Refused(Cause),
    /// The connection broke after the request may have been sent.
    Dropped(Cause),
    /// The response was not received within this time.
    TimedOut(Duration),
    /// The time limit of the operation was reached.
    Overdue {
        /// Whether the attempt had been sent by then.
        sent: bool,
    },
    /// The client was interrupted before this attempt was sent.
    Interrupted,
    /// An earlier `Retry-After` is longer than a request waits.
    Paused {
        /// The time of `Retry-After`.
        retry_after: Duration,
        /// The remaining time.
        left: Duration,
    },
}

/// What ended an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// The end of a sentence for the user.
    pub words: String,
    /// The HTTP library's own text, which is only logged.
    pub library: Option<String>,
}

impl Cause {
    /// Creates a cause without a library's text.
    pub fn new(words: impl Into<String>) -> Self {
        Cause {
            words: words.into(),
            library: None,
        }
    }
}

impl Response {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// Whether the body is a page of HTML or XML, which this API never sends.
    pub(super) fn is_page(&self) -> bool {
        text::is_page(&self.body)
    }

    /// Returns the `Date` header of the response.
    pub(super) fn date(&self) -> Option<std::time::SystemTime> {
        httpdate::parse_http_date(self.headers.get(DATE)?.to_str().ok()?).ok()
    }
}

/// Formats the error for the log; [`Error`](super::Error) has the texts for users.
impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::Unreachable(cause) => write!(f, "no connection: {cause}"),
            SendError::Untrusted(cause) => write!(f, "untrusted certificate: {cause}"),
            SendError::Refused(cause) => write!(f, "not processed: {cause}"),
            SendError::Dropped(cause) => write!(f, "connection broke: {cause}"),
            SendError::TimedOut(limit) => write!(f, "no response within {limit:?}"),
            SendError::Overdue { .. } => f.write_str("the operation's time is over"),
            SendError::Interrupted => f.write_str("interrupted"),
            SendError::Paused { left, .. } => write!(f, "requests are paused for {left:?}"),
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)?;
        match &self.library {
            Some(library) => write!(f, " ({library})"),
            None => Ok(()),
        }
    }
}
