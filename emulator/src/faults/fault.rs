//! The kinds of trouble, and what a rule says of the one it makes.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode};

use crate::validate::Choice;

/// What kinds of trouble there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Status,
    Html502,
    DropBefore,
    DropAfter,
    TruncatedJson,
    WrongShape,
    Empty200,
    Delay,
    Trickle,
    Oversized,
    Redirect,
}

impl Choice for Kind {
    const ALL: &'static [Self] = &[
        Self::Status,
        Self::Html502,
        Self::DropBefore,
        Self::DropAfter,
        Self::TruncatedJson,
        Self::WrongShape,
        Self::Empty200,
        Self::Delay,
        Self::Trickle,
        Self::Oversized,
        Self::Redirect,
    ];

    /// As rules and the request log say it.
    fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Html502 => "html_502",
            Self::DropBefore => "drop_before",
            Self::DropAfter => "drop_after",
            Self::TruncatedJson => "truncated_json",
            Self::WrongShape => "wrong_shape",
            Self::Empty200 => "empty_200",
            Self::Delay => "delay",
            Self::Trickle => "trickle",
            Self::Oversized => "oversized",
            Self::Redirect => "redirect",
        }
    }
}

/// What befalls a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Status {
        status: StatusCode,
        retry_after: Option<RetryAfter>,
    },
    Html502,
    DropBefore,
    DropAfter,
    TruncatedJson,
    WrongShape,
    Empty200,
    Delay(Duration),
    /// The wait between two bytes.
    Trickle(Duration),
    Oversized,
    Redirect(HeaderValue),
}

impl Fault {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Status { .. } => Kind::Status,
            Self::Html502 => Kind::Html502,
            Self::DropBefore => Kind::DropBefore,
            Self::DropAfter => Kind::DropAfter,
            Self::TruncatedJson => Kind::TruncatedJson,
            Self::WrongShape => Kind::WrongShape,
            Self::Empty200 => Kind::Empty200,
            Self::Delay(_) => Kind::Delay,
            Self::Trickle(_) => Kind::Trickle,
            Self::Oversized => Kind::Oversized,
            Self::Redirect(_) => Kind::Redirect,
        }
    }
}

/// How a client is told when to come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RetryAfter {
    Seconds(u64),
    /// As a date this many seconds ahead of the emulator's clock.
    DateIn(u64),
}
