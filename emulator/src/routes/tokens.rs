//! Access tokens of a user.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{delete, post};
use serde_json::json;

use crate::app::App;
use crate::requests::{self, Payload};
use crate::segments::Segments;
use crate::wire::{CreatedToken, TokenList, TokenMetadata};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/users/{username}/tokens", post(create).get(list))
        .route("/v1/users/{username}/tokens/{token_id}", delete(revoke))
}

async fn create(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    path: Segments<String>,
    body: Payload,
) -> Response {
    app.respond("users.createToken", &headers, |call| {
        let username = path.0?;
        call.caller.require_self_or_admin(&username)?;
        requests::username_in_path(&username)?;
        let behaviour = call.organization.behaviour();
        let request = requests::create_token(&requests::json(body)?, behaviour)?;
        let created = call
            .organization
            .create_token(&call.caller, &username, request, call.now)?;
        Ok(CreatedToken::new(&created, behaviour))
    })
}

async fn list(State(app): State<Arc<App>>, headers: HeaderMap, path: Segments<String>) -> Response {
    app.respond("users.listTokens", &headers, |call| {
        let username = path.0?;
        call.caller.require_self_or_admin(&username)?;
        requests::username_in_path(&username)?;
        let behaviour = call.organization.behaviour();
        let tokens = call.organization.tokens(&username, call.now)?;
        let tokens = tokens.into_iter();
        let tokens = tokens.map(|token| TokenMetadata::new(token, behaviour));
        Ok(TokenList {
            tokens: tokens.collect(),
        })
    })
}

async fn revoke(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    path: Segments<(String, String)>,
) -> Response {
    app.respond("users.deleteToken", &headers, |call| {
        let (username, id_or_name) = path.0?;
        call.caller.require_self_or_admin(&username)?;
        requests::username_in_path(&username)?;
        call.organization
            .revoke_token(&call.caller, &username, &id_or_name, call.now)?;
        Ok(json!({}))
    })
}
