//! Applies a fault to a request that matches a rule.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tokio::sync::oneshot;

use super::bodies;
use crate::app::App;
use crate::connection::Connection;
use crate::error::ApiError;
use crate::faults::{Effect, FaultKind, RetryAfter, When};
use crate::requests::LARGEST_BODY_BYTES;
use crate::segments::is_control;

/// An extension of a response with the fault that changed it, for the request log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Injected {
    /// The kind of the fault, as rules spell it.
    pub(crate) kind: &'static str,
    /// Whether the client gets a response.
    pub(crate) is_sent: bool,
}

/// Handles an API request normally, or applies the first rule that is due.
pub(crate) async fn inject(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if is_control(path) {
        return next.run(request).await;
    }
    let Some(fault) = app.faults().next_fault(request.method(), path) else {
        return next.run(request).await;
    };
    let connection = request.extensions().get::<ConnectInfo<Connection>>().cloned();
    let mut response = match fault.effect {
        Effect::Status {
            status,
            retry_after,
            when,
        } => {
            handle_if_after(when, request, next).await;
            with_retry_after(failure(status), retry_after, &app)
        }
        Effect::Page(page, when) => {
            handle_if_after(when, request, next).await;
            let content_type = [(CONTENT_TYPE, "text/html; charset=utf-8")];
            (page.status(), content_type, page.html()).into_response()
        }
        Effect::Drop(when) => {
            handle_if_after(when, request, next).await;
            abort(connection)
        }
        Effect::TruncatedJson => {
            replace_body(next.run(request).await, |bytes| {
                let half = bytes.len() / 2;
                Body::from(bytes.slice(..half))
            })
            .await
        }
        Effect::CutOff => {
            let response = next.run(request).await;
            with_length(response, |bytes| bodies::cut_off(&bytes)).await
        }
        Effect::WrongShape => {
            let status = next.run(request).await.status();
            (status, Json(json!({ "data": { "unexpected": true } }))).into_response()
        }
        Effect::Empty200 => {
            next.run(request).await;
            StatusCode::OK.into_response()
        }
        Effect::Delay(wait) => {
            let response = next.run(request).await;
            tokio::time::sleep(wait).await;
            response
        }
        Effect::LateCommit { wait, status } => late_commit(&app, request, next, wait, status).await,
        Effect::Trickle(wait) => {
            let response = next.run(request).await;
            with_length(response, |bytes| bodies::trickle(bytes, wait)).await
        }
        Effect::Oversized => {
            next.run(request).await;
            ([(CONTENT_TYPE, "application/json")], bodies::oversized()).into_response()
        }
        Effect::Redirect(location) => {
            (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, location)]).into_response()
        }
    };
    response.extensions_mut().insert(Injected {
        kind: fault.kind.name(),
        is_sent: !matches!(fault.kind, FaultKind::DropBefore | FaultKind::DropAfter),
    });
    response
}

/// Lets the service handle a request whose true response the client does not get, if `when` is `After`.
async fn handle_if_after(when: When, request: Request, next: Next) {
    if when == When::After {
        next.run(request).await;
    }
}

fn failure(status: StatusCode) -> Response {
    ApiError::Unavailable(status, "a fault of the emulator").into_response("emulator.faults")
}

/// Handles a request after a delay, also if the client has disconnected by then. The whole request is read
/// first, because the rest of its body is lost when the client disconnects.
async fn late_commit(
    app: &App,
    request: Request,
    next: Next,
    wait: Duration,
    status: Option<StatusCode>,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY_BYTES).await else {
        return failure(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let request = Request::from_parts(parts, Body::from(body));
    let (send, response) = oneshot::channel();
    app.delayed_requests.spawn(async move {
        tokio::time::sleep(wait).await;
        // Sending fails if the client has disconnected.
        let _ = send.send(next.run(request).await);
    });
    match status {
        Some(status) => failure(status),
        None => response
            .await
            .unwrap_or_else(|_| failure(StatusCode::SERVICE_UNAVAILABLE)),
    }
}

/// Closes the client's connection. The returned response is never sent.
fn abort(connection: Option<ConnectInfo<Connection>>) -> Response {
    if let Some(ConnectInfo(connection)) = connection {
        connection.abort();
    }
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

fn with_retry_after(mut response: Response, retry_after: Option<RetryAfter>, app: &App) -> Response {
    let text = match retry_after {
        None => return response,
        Some(RetryAfter::Seconds(seconds)) => seconds.to_string(),
        Some(RetryAfter::DateIn(seconds)) => app.clock.http_date_in(seconds),
    };
    if let Ok(value) = HeaderValue::try_from(text) {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    response
}

async fn replace_body(response: Response, change: impl FnOnce(Bytes) -> Body) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    // The emulator's own responses are in memory, so reading them cannot fail.
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    Response::from_parts(parts, change(bytes))
}

/// Replaces the body by that of `send`. The `Content-Length` header is that of the whole body, so that the
/// client has the expected length.
async fn with_length(response: Response, send: impl FnOnce(Bytes) -> Body) -> Response {
    let mut length = 0;
    let mut response = replace_body(response, |bytes| {
        length = bytes.len();
        send(bytes)
    })
    .await;
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}
