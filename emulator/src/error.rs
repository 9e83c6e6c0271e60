//! Why a request is refused, and how the API says so.

use axum::Json;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::behaviour::DuplicateStatus;
use crate::clock::ClockError;
use crate::store::NotKept;
use crate::validate::Issue;

/// A request that is not served. The cases carry what the rules know; status and wording are decided here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The body is not JSON.
    MalformedJson,
    /// The body is beyond the server's limit.
    TooLarge,
    /// Fields are missing or out of their limits, one issue each.
    Invalid(Vec<Issue>),
    /// Well formed, but against a rule of the organization.
    Rule(String),
    /// The name is taken.
    Duplicate(DuplicateStatus),
    /// No token, or one that is not, or no longer, valid.
    InvalidCredentials,
    /// The token is valid and may not do this, with the reason.
    Forbidden(&'static str),
    /// Refused for a reason that is not in the request, such as too many of them.
    Unavailable(StatusCode, &'static str),
    /// The thing named in the path or body does not exist.
    NotFound(&'static str),
    /// What is asked for would not last.
    NotKept(NotKept),
}

impl From<Vec<Issue>> for Refusal {
    fn from(issues: Vec<Issue>) -> Self {
        Self::Invalid(issues)
    }
}

impl From<NotKept> for Refusal {
    fn from(why: NotKept) -> Self {
        Self::NotKept(why)
    }
}

impl From<ClockError> for Refusal {
    fn from(error: ClockError) -> Self {
        match error {
            ClockError::OutOfRange => Self::Rule(error.to_string()),
            ClockError::NotKept(why) => Self::NotKept(why),
        }
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

impl Refusal {
    /// The answer. `handler` is the API's inner name of the operation, such as `users.createToken`.
    pub(crate) fn into_response(self, handler: &'static str) -> Response {
        let (status, code, message, issues) = match self {
            Self::MalformedJson => (
                StatusCode::BAD_REQUEST,
                "PARSE_ERROR",
                "Failed to parse request body".to_owned(),
                Vec::new(),
            ),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "PAYLOAD_TOO_LARGE",
                "Request body too large".to_owned(),
                Vec::new(),
            ),
            Self::Invalid(issues) => {
                let message = issues
                    .first()
                    .map_or_else(|| "Invalid input".to_owned(), |issue| issue.message.clone());
                (StatusCode::BAD_REQUEST, "BAD_REQUEST", message, issues)
            }
            Self::Rule(message) => (StatusCode::BAD_REQUEST, "BAD_REQUEST", message, Vec::new()),
            Self::Duplicate(DuplicateStatus::BadRequest) => (
                StatusCode::BAD_REQUEST,
                "BAD_REQUEST",
                "unique constraint violated".to_owned(),
                Vec::new(),
            ),
            Self::Duplicate(DuplicateStatus::Conflict) => (
                StatusCode::CONFLICT,
                "CONFLICT",
                "already exists".to_owned(),
                Vec::new(),
            ),
            Self::InvalidCredentials => (
                StatusCode::UNAUTHORIZED,
                "UNAUTHORIZED",
                "Invalid Credentials".to_owned(),
                Vec::new(),
            ),
            Self::Forbidden(reason) => (
                StatusCode::FORBIDDEN,
                "FORBIDDEN",
                "Unauthorized".to_owned(),
                vec![Issue::reason(reason)],
            ),
            Self::Unavailable(status, message) => (status, code_of(status), message.to_owned(), Vec::new()),
            Self::NotFound(message) => (StatusCode::NOT_FOUND, "NOT_FOUND", message.to_owned(), Vec::new()),
            Self::NotKept(why) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "INTERNAL_SERVER_ERROR",
                "Internal Error".to_owned(),
                vec![Issue::reason(&why.to_string())],
            ),
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

/// The code that goes with a status which no rule of the API leads to.
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

/// What an unrouted path or method answers: no JSON, no code.
pub(crate) async fn unrouted() -> Response {
    plain(StatusCode::NOT_FOUND, "Not Found")
}

/// An answer in plain text.
pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, [(CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
