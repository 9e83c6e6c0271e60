//! Access tokens of a user.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{delete, post};

use crate::app::App;
use crate::requests::{self, Payload};
use crate::wire::{CreatedToken, Empty, TokenList, TokenMetadata};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/users/{username}/tokens", post(create).get(list))
        .route("/v1/users/{username}/tokens/{token_id}", delete(revoke))
}

async fn create(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
    body: Payload,
) -> Response {
    app.answer("users.createToken", &headers, |call| {
        let username = requests::path(path)?;
        call.caller.require_self_or_admin(&username)?;
        requests::username_in_path(&username)?;
        let behaviour = call.organization.behaviour();
        let request = requests::create_token(&requests::json(body)?, behaviour)?;
        let minted = call
            .organization
            .create_token(&call.caller, &username, request, call.now)?;
        Ok(CreatedToken::new(&minted, behaviour))
    })
}

async fn list(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    path: Result<Path<String>, PathRejection>,
) -> Response {
    app.answer("users.listTokens", &headers, |call| {
        let username = requests::path(path)?;
        call.caller.require_self_or_admin(&username)?;
        requests::username_in_path(&username)?;
        let behaviour = call.organization.behaviour();
        let tokens = call.organization.tokens(&username, call.now)?;
        Ok(TokenList {
            tokens: tokens
                .into_iter()
                .map(|token| TokenMetadata::new(token, behaviour))
                .collect(),
        })
    })
}

async fn revoke(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Response {
    app.answer("users.deleteToken", &headers, |call| {
        let (username, token_id) = requests::path(path)?;
        call.caller.require_self_or_admin(&username)?;
        requests::username_in_path(&username)?;
        call.organization.revoke_token(&username, &token_id, call.now)?;
        Ok(Empty {})
    })
}
