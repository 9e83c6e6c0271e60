//! All routes and their layers.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{ALLOW, RETRY_AFTER};
use axum::http::uri::Scheme;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::Response;

use super::{control, dives, ducklings, specs, tokens, users};
use crate::app::App;
use crate::error::{ApiError, unrouted};
use crate::guard::guard;
use crate::layers::{inject, observe, record};
use crate::rate::RateLimiter;
use crate::requests::LARGEST_BODY_BYTES;
use crate::segments::is_control;

/// Returns the whole service. A request passes the layers from the last one up: it is logged and dated,
/// checked by the guard, delayed, counted against the rate limit, and then a fault may apply to it.
pub(crate) fn router(app: &Arc<App>, scheme: Scheme) -> Router {
    let behaviour = app.organization().behaviour();
    let routes = Router::new()
        .merge(users::routes(behaviour))
        .merge(tokens::routes())
        .merge(ducklings::routes())
        .merge(dives::routes())
        .merge(specs::routes())
        .merge(control::routes())
        .fallback(unrouted)
        .method_not_allowed_fallback(unrouted)
        .layer(DefaultBodyLimit::max(LARGEST_BODY_BYTES))
        .with_state(app.clone());
    // The layers are on an outer router, so that they also apply to responses that the inner router creates.
    Router::new()
        .fallback_service(routes)
        .layer(map_response(without_allow))
        .layer(from_fn(without_head))
        .layer(from_fn_with_state(app.clone(), observe))
        .layer(from_fn_with_state(app.clone(), inject))
        .layer(from_fn_with_state(app.clone(), limit_rate))
        .layer(from_fn_with_state(app.clone(), wait))
        .layer(from_fn_with_state(scheme, guard))
        .layer(from_fn_with_state(app.clone(), record))
}

async fn wait(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let latency = app.limits.latency;
    // Even the shortest sleep takes a millisecond.
    if !latency.is_zero() && !is_control(request.uri().path()) {
        tokio::time::sleep(latency).await;
    }
    next.run(request).await
}

/// Refuses API requests beyond the rate limit, with a `Retry-After`.
async fn limit_rate(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let limiter = app.limits.rate_limit.as_ref();
    let limiter = limiter.filter(|_| !is_control(request.uri().path()));
    let Some(Err(seconds)) = limiter.map(RateLimiter::admit) else {
        return next.run(request).await;
    };
    let refusal = ApiError::Unavailable(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded");
    let mut response = refusal.into_response("emulator.rateLimit");
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}

/// The API has no HEAD, but axum routes it to GET.
async fn without_head(request: Request, next: Next) -> Response {
    if request.method() == Method::HEAD && !is_control(request.uri().path()) {
        return unrouted().await;
    }
    next.run(request).await
}

/// The API responds to an unsupported method as to an unknown path, so the `Allow` header is removed.
async fn without_allow(mut response: Response) -> Response {
    response.headers_mut().remove(ALLOW);
    response
}
