//! The kinds of faults and their parameters.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::validate::{NamedEnum, named_enum};

named_enum! {
    /// The kinds of faults that a rule can have.
    pub enum FaultKind {
        /// Returns a status and the API's error body without handling the request.
        Status = "status",
        /// The same after the request was handled.
        StatusAfter = "status_after",
        /// Returns 502 with the page of a gateway without handling the request.
        Html502 = "html_502",
        /// The same after the request was handled.
        Html502After = "html_502_after",
        /// Returns 200 with the page of a proxy without handling the request.
        Html200 = "html_200",
        /// The same after the request was handled.
        Html200After = "html_200_after",
        /// Closes the connection without handling the request.
        DropBefore = "drop_before",
        /// The same after the request was handled.
        DropAfter = "drop_after",
        /// Returns the first half of the response's body as a complete body.
        TruncatedJson = "truncated_json",
        /// Sends the first half of the response's body, then breaks the connection.
        CutOff = "cut_off",
        /// Returns JSON of another shape.
        WrongShape = "wrong_shape",
        /// Returns 200 without a body.
        Empty200 = "empty_200",
        /// Delays the true response.
        Delay = "delay",
        /// Handles the request later.
        LateCommit = "late_commit",
        /// Sends the true response byte by byte.
        Trickle = "trickle",
        /// Returns 200 with a body that is too large to read.
        Oversized = "oversized",
        /// Returns 307 to another address without handling the request.
        Redirect = "redirect",
    }
}

impl FaultKind {
    /// Every kind.
    pub const ALL: &'static [Self] = <Self as NamedEnum>::ALL;

    /// Returns the name of the kind in rules and in the request log.
    pub fn name(self) -> &'static str {
        NamedEnum::name(self)
    }

    /// Returns faults of this kind as in `fault` of a rule, for tests with all kinds. Their parameters cover
    /// the decisions of clients: the classes of statuses, `Retry-After`, and values below and above a timeout
    /// of 30 seconds.
    pub fn examples(self) -> Vec<Value> {
        let kind = self.name();
        match self {
            Self::Status => {
                let statuses = [400, 401, 403, 404, 408, 409, 425, 429, 500, 502, 503, 504];
                let plain = statuses.map(|status| json!({ "kind": kind, "status": status }));
                let with_header =
                    |name: &str, seconds: u32| json!({ "kind": kind, "status": 429, (name): seconds });
                let waits = [
                    with_header("retry_after", 2),
                    with_header("retry_after", 600),
                    with_header("retry_after_date", 2),
                ];
                plain.into_iter().chain(waits).collect()
            }
            Self::StatusAfter => [408, 500, 503, 504]
                .map(|status| json!({ "kind": kind, "status": status }))
                .into(),
            Self::Delay => [100, 45_000].map(|ms| json!({ "kind": kind, "ms": ms })).into(),
            Self::LateCommit => [
                json!({ "kind": kind, "ms": 3000 }),
                json!({ "kind": kind, "ms": 45_000 }),
                json!({ "kind": kind, "ms": 3000, "status": 504 }),
                json!({ "kind": kind, "ms": 45_000, "status": 504 }),
            ]
            .into(),
            Self::Trickle => [1, 1000].map(|ms| json!({ "kind": kind, "ms": ms })).into(),
            Self::Html502
            | Self::Html502After
            | Self::Html200
            | Self::Html200After
            | Self::DropBefore
            | Self::DropAfter
            | Self::TruncatedJson
            | Self::CutOff
            | Self::WrongShape
            | Self::Empty200
            | Self::Oversized
            | Self::Redirect => vec![json!({ "kind": kind })],
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: FaultKind,
    pub(crate) effect: Effect,
}

/// The effect of a fault on a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    Status {
        status: StatusCode,
        retry_after: Option<RetryAfter>,
        when: When,
    },
    Page(Page, When),
    Drop(When),
    TruncatedJson,
    CutOff,
    WrongShape,
    Empty200,
    Delay(Duration),
    LateCommit {
        wait: Duration,
        /// The status that the client gets at once. Without it, the client gets the true response as soon as
        /// it exists.
        status: Option<StatusCode>,
    },
    /// The wait between two bytes.
    Trickle(Duration),
    Oversized,
    Redirect(HeaderValue),
}

/// Whether the service handles a request whose true response the client does not get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// The service does not handle the request.
    Before,
    /// The service handles the request, and its response is lost.
    After,
}

/// A page of a system between the client and the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// A gateway's page, with status 502.
    BadGateway,
    /// A proxy's sign-in page, with status 200.
    SignIn,
}

impl Page {
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::BadGateway => StatusCode::BAD_GATEWAY,
            Self::SignIn => StatusCode::OK,
        }
    }

    pub(crate) fn html(self) -> &'static str {
        match self {
            Self::BadGateway => concat!(
                "<!DOCTYPE html>\n<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n",
                "<h1>502 Bad Gateway</h1>\n<p>The server received an invalid response from the upstream server.</p>\n",
                "</body>\n</html>\n",
            ),
            Self::SignIn => concat!(
                "<!DOCTYPE html>\n<html>\n<head><title>Sign in</title></head>\n<body>\n",
                "<h1>Sign in to this network</h1>\n</body>\n</html>\n",
            ),
        }
    }
}

/// The form of a `Retry-After` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RetryAfter {
    Seconds(u64),
    /// As a date this many seconds ahead of the emulator's clock.
    DateIn(u64),
}
