//! The emulator's own endpoints. They ask for no token and never show a secret.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post, put};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::app::App;
use crate::error::Refusal;
use crate::log::LoggedRequest;
use crate::requests::{self, Payload};
use crate::seed;
use crate::snapshot::snapshot;
use crate::validate::check;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route(
            "/_emulator/requests",
            get(requests_so_far).delete(forget_requests),
        )
        .route("/_emulator/state", get(state))
        .route("/_emulator/seed", put(apply_seed))
        .route("/_emulator/clock", post(move_clock))
}

async fn requests_so_far(State(app): State<Arc<App>>) -> Json<Vec<LoggedRequest>> {
    Json(app.log.requests())
}

async fn forget_requests(State(app): State<Arc<App>>) -> StatusCode {
    app.log.clear();
    StatusCode::NO_CONTENT
}

async fn state(State(app): State<Arc<App>>) -> Json<Value> {
    Json(snapshot(&app.organization(), &app.clock))
}

/// Answers the state there is then.
async fn apply_seed(State(app): State<Arc<App>>, body: Payload) -> Response {
    let seeded = || {
        let body = requests::json(body)?;
        let mut organization = app.organization();
        seed::apply(&body, &mut organization, app.clock.now())?;
        Ok(snapshot(&organization, &app.clock))
    };
    answer("emulator.seed", seeded())
}

/// Answers the new time.
async fn move_clock(State(app): State<Arc<App>>, body: Payload) -> Response {
    let moved = || {
        let body = requests::json(body)?;
        let seconds = check(&body, |node| {
            let fields = node.object()?;
            fields.only(&["advance_seconds"]);
            fields.field("advance_seconds").integer(&(i64::MIN..=i64::MAX))
        })?;
        let now = app
            .clock
            .advance(seconds)
            .map_err(|error| Refusal::Rule(error.to_string()))?;
        Ok(json!({ "now": now.to_string() }))
    };
    answer("emulator.clock", moved())
}

fn answer(handler: &'static str, result: Result<Value, Refusal>) -> Response {
    match result {
        Ok(body) => Json(body).into_response(),
        Err(refusal) => refusal.into_response(handler),
    }
}
