//! The kinds of faults and their parameters.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode};

use crate::validate::Choice;

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Status,
    StatusAfter,
    Html502,
    Html502After,
    Html200,
    Html200After,
    DropBefore,
    DropAfter,
    TruncatedJson,
    CutOff,
    WrongShape,
    Empty200,
    Delay,
    LateCommit,
    Trickle,
    Oversized,
    Redirect,
}

impl Choice for Kind {
    const ALL: &'static [Self] = &[
        Self::Status,
        Self::StatusAfter,
        Self::Html502,
        Self::Html502After,
        Self::Html200,
        Self::Html200After,
        Self::DropBefore,
        Self::DropAfter,
        Self::TruncatedJson,
        Self::CutOff,
        Self::WrongShape,
        Self::Empty200,
        Self::Delay,
        Self::LateCommit,
        Self::Trickle,
        Self::Oversized,
        Self::Redirect,
    ];

    /// The name of the kind, as rules and the request log use it.
    fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::StatusAfter => "status_after",
            Self::Html502 => "html_502",
            Self::Html502After => "html_502_after",
            Self::Html200 => "html_200",
            Self::Html200After => "html_200_after",
            Self::DropBefore => "drop_before",
            Self::DropAfter => "drop_after",
            Self::TruncatedJson => "truncated_json",
            Self::CutOff => "cut_off",
            Self::WrongShape => "wrong_shape",
            Self::Empty200 => "empty_200",
            Self::Delay => "delay",
            Self::LateCommit => "late_commit",
            Self::Trickle => "trickle",
            Self::Oversized => "oversized",
            Self::Redirect => "redirect",
        }
    }
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
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
        /// The status that the client gets at once. Without it, the client gets the true response once it
        /// exists.
        status: Option<StatusCode>,
    },
    /// The wait between two bytes.
    Trickle(Duration),
    Oversized,
    Redirect(HeaderValue),
}

impl Fault {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Status { when, .. } => when.choose(Kind::Status, Kind::StatusAfter),
            Self::Page(Page::BadGateway, when) => when.choose(Kind::Html502, Kind::Html502After),
            Self::Page(Page::SignIn, when) => when.choose(Kind::Html200, Kind::Html200After),
            Self::Drop(when) => when.choose(Kind::DropBefore, Kind::DropAfter),
            Self::TruncatedJson => Kind::TruncatedJson,
            Self::CutOff => Kind::CutOff,
            Self::WrongShape => Kind::WrongShape,
            Self::Empty200 => Kind::Empty200,
            Self::Delay(_) => Kind::Delay,
            Self::LateCommit { .. } => Kind::LateCommit,
            Self::Trickle(_) => Kind::Trickle,
            Self::Oversized => Kind::Oversized,
            Self::Redirect(_) => Kind::Redirect,
        }
    }
}

/// Whether the service handles a request whose true response the client does not get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// The fault comes first: the service does not handle the request.
    Before,
    /// The service handles the request, and its response is lost.
    After,
}

impl When {
    fn choose<T>(self, before: T, after: T) -> T {
        match self {
            Self::Before => before,
            Self::After => after,
        }
    }
}

/// A page sent by a system between the client and the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// A gateway's page, with status 502.
    BadGateway,
    /// A proxy's sign-in page, with status 200.
    SignIn,
}

impl Page {
    pub(super) fn status(self) -> StatusCode {
        match self {
            Self::BadGateway => StatusCode::BAD_GATEWAY,
            Self::SignIn => StatusCode::OK,
        }
    }

    pub(super) fn html(self) -> &'static str {
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
pub(super) enum RetryAfter {
    Seconds(u64),
    /// As a date this many seconds ahead of the emulator's clock.
    DateIn(u64),
}
