//! Passes the responses of the API's endpoints to an observer, before faults change them.

use std::fmt;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::log::is_control;

/// An API request and its response. The body may hold secrets: do not log it.
#[derive(Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The HTTP method.
    pub method: String,
    /// The path as it was sent, without the query.
    pub path: String,
    /// The status of the response.
    pub status: u16,
    /// The `Content-Type` of the response, if it has one.
    pub content_type: Option<String>,
    /// The whole body of the response.
    pub body: Vec<u8>,
}

impl fmt::Debug for Exchange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Exchange")
            .field("method", &self.method)
            .field("status", &self.status)
            .field("content_type", &self.content_type)
            .finish_non_exhaustive()
    }
}

/// A function that is called with each exchange.
#[derive(Clone)]
pub(crate) struct Observer(Arc<dyn Fn(&Exchange) + Send + Sync>);

impl Observer {
    pub(crate) fn new(see: impl Fn(&Exchange) + Send + Sync + 'static) -> Self {
        Self(Arc::new(see))
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Observer")
    }
}

/// Calls the observer, if there is one, with each response of the API, and passes the response on.
pub(crate) async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let Some(Observer(see)) = app.observer.as_ref().filter(|_| !is_control(path)) else {
        return next.run(request).await;
    };
    let (method, path) = (request.method().to_string(), path.to_owned());
    let (parts, body) = next.run(request).await.into_parts();
    // The API's bodies are in memory, so that they can be read whole.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    see(&Exchange {
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
