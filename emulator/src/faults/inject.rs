//! What happens to a request that a rule hits.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::bodies;
use super::fault::{Fault, Kind, RetryAfter};
use crate::app::App;
use crate::connection::Line;
use crate::error::Refusal;
use crate::log::is_control;
use crate::validate::Choice as _;

/// A page as a gateway sends it in place of the service's answer.
const GATEWAY_PAGE: &str = "<!DOCTYPE html>\n<html>\n<head><title>502 Bad Gateway</title></head>\n<body>\n<h1>502 Bad \
                            Gateway</h1>\n<p>The server received an invalid response from the upstream server.</p>\n\
                            </body>\n</html>\n";

/// A mark on an answer for the request log: what was done to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Injected {
    /// The kind of the fault, as rules name it.
    pub(crate) kind: &'static str,
    /// Whether the client gets an answer at all.
    pub(crate) answered: bool,
}

/// Lets an API request pass, or has the first rule that is due decide over it.
pub(crate) async fn inject(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if is_control(path) {
        return next.run(request).await;
    }
    let Some(fault) = app.faults().meet(request.method(), path) else {
        return next.run(request).await;
    };
    let line = request.extensions().get::<ConnectInfo<Line>>().cloned();
    let kind = fault.kind();
    let mut response = match fault {
        Fault::Status { status, retry_after } => {
            let refusal = Refusal::Unavailable(status, "a fault of the emulator");
            with_retry_after(refusal.into_response("emulator.faults"), retry_after, &app)
        }
        Fault::Html502 => (
            StatusCode::BAD_GATEWAY,
            [(CONTENT_TYPE, "text/html; charset=utf-8")],
            GATEWAY_PAGE,
        )
            .into_response(),
        Fault::DropBefore => cut(line),
        Fault::DropAfter => {
            next.run(request).await;
            cut(line)
        }
        Fault::TruncatedJson => {
            replace_body(next.run(request).await, |bytes| {
                let half = bytes.len() / 2;
                Body::from(bytes.slice(..half))
            })
            .await
        }
        Fault::WrongShape => {
            let status = next.run(request).await.status();
            (status, Json(json!({ "data": { "unexpected": true } }))).into_response()
        }
        Fault::Empty200 => {
            next.run(request).await;
            StatusCode::OK.into_response()
        }
        Fault::Delay(wait) => {
            let response = next.run(request).await;
            tokio::time::sleep(wait).await;
            response
        }
        Fault::Trickle(wait) => trickle(next.run(request).await, wait).await,
        Fault::Oversized => {
            next.run(request).await;
            ([(CONTENT_TYPE, "application/json")], bodies::oversized()).into_response()
        }
        Fault::Redirect(location) => (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, location)]).into_response(),
    };
    response.extensions_mut().insert(Injected {
        kind: kind.name(),
        answered: !matches!(kind, Kind::DropBefore | Kind::DropAfter),
    });
    response
}

/// Closes the client's connection. What is returned is written nowhere.
fn cut(line: Option<ConnectInfo<Line>>) -> Response {
    if let Some(ConnectInfo(line)) = line {
        line.cut();
    }
    StatusCode::SERVICE_UNAVAILABLE.into_response()
}

fn with_retry_after(mut response: Response, retry_after: Option<RetryAfter>, app: &App) -> Response {
    let text = match retry_after {
        None => return response,
        Some(RetryAfter::Seconds(seconds)) => seconds.to_string(),
        Some(RetryAfter::DateIn(seconds)) => {
            let now = u64::try_from(app.clock.now().as_second()).unwrap_or_default();
            httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(now.saturating_add(seconds)))
        }
    };
    if let Ok(value) = HeaderValue::try_from(text) {
        response.headers_mut().insert(RETRY_AFTER, value);
    }
    response
}

async fn replace_body(response: Response, change: impl FnOnce(Bytes) -> Body) -> Response {
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    // The emulator's own answers are in memory already and cannot fail to be read.
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    Response::from_parts(parts, change(bytes))
}

/// The length is said before the body, as for one in memory, so that a client knows what it is waiting for.
async fn trickle(response: Response, wait: Duration) -> Response {
    let mut length = 0;
    let mut response = replace_body(response, |bytes| {
        length = bytes.len();
        bodies::trickle(bytes, wait)
    })
    .await;
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}
