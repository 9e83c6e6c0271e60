//! Embedding of Dives.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::post;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::app::App;
use crate::requests::{self, Payload};
use crate::segments::Segments;

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/dives/{dive_id}/embed-session", post(embed))
}

async fn embed(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    path: Segments<String>,
    body: Payload,
) -> Response {
    app.respond("dashboards.createEmbedSession", &headers, |call| {
        call.caller.require_admin()?;
        let dive = requests::dive_in_path(&path.0?)?;
        let request = requests::create_embed_session(&requests::json(body)?)?;
        let session = call.organization.create_embed_session(dive, request, call.now)?;
        Ok(json!({ "session": session.expose_secret() }))
    })
}
