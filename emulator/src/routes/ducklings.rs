//! The Duckling configuration of a user, and the running Ducklings of the organization.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;

use crate::app::App;
use crate::requests::{self, Payload};
use crate::segments::Segments;
use crate::wire::{ActiveAccount, ActiveAccounts, DucklingConfigState};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/v1/users/{username}/instances", get(read).put(replace))
        .route("/v1/active_accounts", get(active_accounts))
}

async fn read(State(app): State<Arc<App>>, headers: HeaderMap, path: Segments<String>) -> Response {
    app.respond("ducklings.getDucklingConfigForUser", &headers, |call| {
        let username = path.0?;
        call.caller.require_self_or_admin(&username)?;
        requests::username_in_path(&username)?;
        call.organization
            .duckling_config(&username)
            .map(DucklingConfigState::new)
    })
}

async fn replace(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    path: Segments<String>,
    body: Payload,
) -> Response {
    app.respond("ducklings.setDucklingConfigForUser", &headers, |call| {
        let username = path.0?;
        call.caller.require_self_or_admin(&username)?;
        requests::username_in_path(&username)?;
        let config = requests::set_duckling_config(&requests::json(body)?)?;
        call.organization
            .set_duckling_config(&username, config)
            .map(DucklingConfigState::new)
    })
}

async fn active_accounts(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    app.respond("ducklings.getActiveAccounts", &headers, |call| {
        call.caller.require_admin()?;
        let accounts = call.organization.active_accounts().into_iter();
        Ok(ActiveAccounts {
            accounts: accounts.map(ActiveAccount::new).collect(),
        })
    })
}
