//! Errors of the API and their responses.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::behaviour::DuplicateStatus;
use crate::validate::Issue;

/// Why a request fails. The cases contain the facts; [`ApiError::into_response`] chooses status and wording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ApiError {
    MalformedJson,
    TooLarge,
    /// Fields are missing or out of range, with one issue for each.
    Invalid(Vec<Issue>),
    /// The request is well formed, but breaks a rule of the organization.
    Rule(String),
    Duplicate(DuplicateStatus),
    /// The token is missing or not valid.
    InvalidCredentials,
    /// The token is valid, but does not permit the operation, for this reason.
    Forbidden(&'static str),
    /// The request is refused for another reason, such as a rate limit.
    Unavailable(StatusCode, &'static str),
    /// The object named in the path or body does not exist.
    NotFound(&'static str),
    /// The change could not be stored.
    StorageError(StorageError),
}

/// Why a change is not stored. All later changes fail too.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StorageError {
    /// The state file could not be written.
    #[error(
        "the state file cannot be written: {0}; every change with a response is in it; restart the emulator to continue"
    )]
    Failed(String),
    /// The state file was closed with the emulator.
    #[error("the emulator was stopped")]
    Stopped,
}

impl From<Vec<Issue>> for ApiError {
    fn from(issues: Vec<Issue>) -> Self {
        Self::Invalid(issues)
    }
}

impl From<StorageError> for ApiError {
    fn from(why: StorageError) -> Self {
        Self::StorageError(why)
    }
}

#[derive(Serialize)]
struct ErrorBody {
    message: String,
    code: &'static str,
    data: ErrorData,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    issues: Vec<Issue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ErrorData {
    code: &'static str,
    http_status: u16,
    path: &'static str,
}

impl ApiError {
    /// Returns the response. `handler` is the API's internal name of the operation, such as
    /// `users.createToken`.
    pub(crate) fn into_response(self, handler: &'static str) -> Response {
        let (status, message) = match &self {
            Self::MalformedJson => (StatusCode::BAD_REQUEST, "Failed to parse request body"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Request body too large"),
            Self::Invalid(issues) => {
                let first = issues.first().map(|issue| issue.message.as_str());
                (StatusCode::BAD_REQUEST, first.unwrap_or("Invalid input"))
            }
            Self::Rule(message) => (StatusCode::BAD_REQUEST, message.as_str()),
            Self::Duplicate(DuplicateStatus::BadRequest) => {
                (StatusCode::BAD_REQUEST, "unique constraint violated")
            }
            Self::Duplicate(DuplicateStatus::Conflict) => (StatusCode::CONFLICT, "already exists"),
            Self::InvalidCredentials => (StatusCode::UNAUTHORIZED, "Invalid Credentials"),
            Self::Forbidden(_) => (StatusCode::FORBIDDEN, "Unauthorized"),
            Self::Unavailable(status, message) => (*status, *message),
            Self::NotFound(message) => (StatusCode::NOT_FOUND, *message),
            Self::StorageError(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Internal Error"),
        };
        let message = message.to_owned();
        let code = match &self {
            Self::MalformedJson => "PARSE_ERROR",
            _ => code_of(status),
        };
        let issues = match self {
            Self::Invalid(issues) => issues,
            Self::Forbidden(reason) => vec![Issue::reason(reason)],
            Self::StorageError(why) => vec![Issue::reason(&why.to_string())],
            _ => Vec::new(),
        };
        let data = ErrorData {
            code,
            http_status: status.as_u16(),
            path: handler,
        };
        (
            status,
            Json(ErrorBody {
                message,
                code,
                data,
                issues,
            }),
        )
            .into_response()
    }
}

/// Returns the API's code for a status.
fn code_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "UNAUTHORIZED",
        403 => "FORBIDDEN",
        404 => "NOT_FOUND",
        405 => "METHOD_NOT_SUPPORTED",
        408 => "TIMEOUT",
        409 => "CONFLICT",
        413 => "PAYLOAD_TOO_LARGE",
        422 => "UNPROCESSABLE_CONTENT",
        429 => "TOO_MANY_REQUESTS",
        ..500 => "BAD_REQUEST",
        _ => "INTERNAL_SERVER_ERROR",
    }
}

/// Returns the response to a path or method without a route: plain text, without a code.
pub(crate) async fn unrouted() -> Response {
    plain(StatusCode::NOT_FOUND, "Not Found")
}

pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
