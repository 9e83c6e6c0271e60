//! The emulator's own endpoints. They need no token and never return a secret.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, Query, RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::error::ApiError;
use crate::faults::Faults;
use crate::page::{overview, page};
use crate::requests::{self, Payload};
use crate::seed;
use crate::snapshot::Snapshot;
use crate::validate::{Issue, check};

/// A body has room for a seed of hundreds of thousands of tokens.
const LARGEST_BODY_BYTES: usize = 64 * 1024 * 1024;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/_emulator", get(|| async { Redirect::permanent("/_emulator/") }))
        .route("/_emulator/", get(page))
        .route("/_emulator/overview", get(show_overview))
        .route("/_emulator/requests", get(list_requests).delete(clear_requests))
        .route("/_emulator/state", get(state))
        .route(
            "/_emulator/faults",
            get(faults).put(replace_faults).delete(clear_faults),
        )
        .route("/_emulator/seed", put(apply_seed))
        .route("/_emulator/clock", post(move_clock))
        .layer(DefaultBodyLimit::max(LARGEST_BODY_BYTES))
}

/// Returns the request log as a JSON array or, with `?format=jsonl`, as a file with a line of JSON for each
/// request.
async fn list_requests(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Response {
    match query.as_deref() {
        None | Some("format=json") => Json(app.log.requests()).into_response(),
        Some("format=jsonl") => {
            ([(CONTENT_TYPE, "application/x-ndjson")], app.log.json_lines()).into_response()
        }
        Some(_) => {
            let issue = Issue::custom(
                "Expected 'json' or 'jsonl' and no other parameter",
                vec!["format".into()],
            );
            ApiError::Invalid(vec![issue]).into_response("emulator.requests")
        }
    }
}

/// Returns the data of the page; `search` is its one parameter.
async fn show_overview(State(app): State<Arc<App>>, Query(parameters): Query<OverviewQuery>) -> Response {
    let shown = overview(&app, &parameters.search).map(|shown| Json(shown).into_response());
    response("emulator.overview", shown.map_err(ApiError::from))
}

#[derive(Deserialize)]
struct OverviewQuery {
    #[serde(default)]
    search: String,
}

async fn clear_requests(State(app): State<Arc<App>>) -> StatusCode {
    app.log.clear();
    StatusCode::NO_CONTENT
}

async fn state(State(app): State<Arc<App>>) -> Response {
    let shown = app.read(|organization| Json(Snapshot::new(organization, &app.clock)).into_response());
    response("emulator.state", shown.map_err(ApiError::from))
}

/// Returns the state after the seed.
async fn apply_seed(State(app): State<Arc<App>>, body: Payload) -> Response {
    let seeded = || {
        let body = requests::json(body)?;
        app.persist(|organization| {
            seed::apply(&body, organization, app.clock.now())?;
            Ok(Json(Snapshot::new(organization, &app.clock)).into_response())
        })
    };
    response("emulator.seed", seeded())
}

/// Returns the new time.
async fn move_clock(State(app): State<Arc<App>>, body: Payload) -> Response {
    let moved = || {
        let body = requests::json(body)?;
        let seconds = check(&body, |node| {
            let fields = node.object()?;
            fields.only(&["advance_seconds"]);
            fields.field("advance_seconds").integer(&(i64::MIN..=i64::MAX))
        })?;
        let now = app.advance_clock(seconds)?;
        Ok(Json(json!({ "now": now.to_string() })).into_response())
    };
    response("emulator.clock", moved())
}

async fn faults(State(app): State<Arc<App>>) -> Json<Value> {
    Json(app.faults().to_json())
}

/// Returns the new rules, with counts of 0.
async fn replace_faults(State(app): State<Arc<App>>, body: Payload) -> Response {
    let replaced = || {
        let faults = Faults::read(&requests::json(body)?)?;
        let shown = faults.to_json();
        *app.faults() = faults;
        Ok(Json(shown).into_response())
    };
    response("emulator.faults", replaced())
}

async fn clear_faults(State(app): State<Arc<App>>) -> StatusCode {
    *app.faults() = Faults::default();
    StatusCode::NO_CONTENT
}

fn response(handler: &'static str, result: Result<Response, ApiError>) -> Response {
    result.unwrap_or_else(|refusal| refusal.into_response(handler))
}
