//! The API's description of itself.

use std::sync::{Arc, LazyLock};

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;

use crate::app::App;
use crate::error::ApiError;

const CONTRACT: &str = include_str!("../../openapi.yaml");

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/docs/specs", get(specs))
}

/// Returns the contract as JSON. The request needs no token.
async fn specs() -> Response {
    static PARSED: LazyLock<Option<Value>> = LazyLock::new(|| yaml_serde::from_str(CONTRACT).ok());
    if let Some(contract) = &*PARSED {
        return Json(contract).into_response();
    }
    let refusal = ApiError::Unavailable(StatusCode::INTERNAL_SERVER_ERROR, "The contract cannot be read");
    refusal.into_response("docs.specs")
}
