//! All routes, and what stands in front of them.

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{ALLOW, RETRY_AFTER};
use axum::http::uri::Scheme;
use axum::http::{Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::Response;

use super::{active_accounts, control, dives, ducklings, specs, tokens, users};
use crate::app::App;
use crate::error::{Refusal, unrouted};
use crate::faults::inject;
use crate::guard::guard;
use crate::log::{is_control, record};
use crate::observe::observe;
use crate::rate::RateLimiter;
use crate::requests::LARGEST_BODY_BYTES;

/// The whole service. A request passes the layers from the last one up: it is logged and dated, then the guard looks at it,
/// then it waits, then it may be one too many, then a fault may befall it.
pub(crate) fn router(app: &Arc<App>, scheme: Scheme) -> Router {
    let behaviour = app.organization().behaviour();
    let routes = Router::new()
        .merge(users::routes(behaviour))
        .merge(tokens::routes())
        .merge(ducklings::routes())
        .merge(active_accounts::routes())
        .merge(dives::routes())
        .merge(specs::routes())
        .merge(control::routes())
        .fallback(unrouted)
        .method_not_allowed_fallback(unrouted)
        .layer(DefaultBodyLimit::max(LARGEST_BODY_BYTES))
        .with_state(app.clone());
    // A router of its own for the layers: they also see what the inner one adds to an answer at last.
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

/// Holds API requests up for as long as was asked for.
async fn wait(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let latency = app.hindrances.latency;
    // Even the shortest sleep takes a millisecond.
    if !latency.is_zero() && !is_control(request.uri().path()) {
        tokio::time::sleep(latency).await;
    }
    next.run(request).await
}

/// Refuses API requests that come too often, and says when to come again.
async fn limit_rate(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let limiter = app.hindrances.rate_limit.as_ref();
    let limiter = limiter.filter(|_| !is_control(request.uri().path()));
    let Some(Err(seconds)) = limiter.map(RateLimiter::admit) else {
        return next.run(request).await;
    };
    let refusal = Refusal::Unavailable(StatusCode::TOO_MANY_REQUESTS, "Rate limit exceeded");
    let mut response = refusal.into_response("emulator.rateLimit");
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}

/// The API has no HEAD, which a route for GET would answer.
async fn without_head(request: Request, next: Next) -> Response {
    if request.method() == Method::HEAD && !is_control(request.uri().path()) {
        return unrouted().await;
    }
    next.run(request).await
}

/// A method that is not served is no different from a path that is not, so nothing is said of others that are.
async fn without_allow(mut response: Response) -> Response {
    response.headers_mut().remove(ALLOW);
    response
}
