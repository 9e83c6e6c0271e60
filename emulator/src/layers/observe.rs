//! Passes the responses of the API's endpoints to an observer, before faults change them.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::observe::Exchange;
use crate::segments::is_control;

/// Calls the observer, if there is one, with each response of the API, and returns the response.
pub(crate) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let Some(observer) = app.observer.as_ref().filter(|_| !is_control(path)) else {
        return next.run(request).await;
    };
    let (method, path) = (request.method().to_string(), path.to_owned());
    let (parts, body) = next.run(request).await.into_parts();
    // The API's bodies are in memory, so reading them cannot fail.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    observer.call(&Exchange {
        method,
        path,
        status: parts.status.as_u16(),
        content_type: parts
            .headers
            .get(CONTENT_TYPE)
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()),
        body: body.to_vec(),
    });
    Response::from_parts(parts, Body::from(body))
}
