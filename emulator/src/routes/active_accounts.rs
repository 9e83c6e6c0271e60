//! Running Ducklings of the organization.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;

use crate::app::App;
use crate::wire::{ActiveAccount, ActiveAccounts};

pub(super) fn routes() -> Router<Arc<App>> {
    Router::new().route("/v1/active_accounts", get(list))
}

async fn list(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    app.respond("ducklings.getActiveAccounts", &headers, |call| {
        call.caller.require_admin()?;
        let accounts = call
            .organization
            .active_accounts()
            .into_iter()
            .map(ActiveAccount::new)
            .collect();
        Ok(ActiveAccounts { accounts })
    })
}
