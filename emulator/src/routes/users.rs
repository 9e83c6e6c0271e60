//! Service accounts and members.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::{delete, get, post};
use serde_json::json;

use crate::app::App;
use crate::behaviour::Behaviour;
use crate::error::ApiError;
use crate::paging;
use crate::requests::{self, Payload, UserQuery};
use crate::segments::Segments;
use crate::wire::{User, UserList};

pub(super) fn routes(behaviour: Behaviour) -> Router<Arc<App>> {
    let router = Router::new()
        .route("/v1/users", post(create))
        .route("/v1/users/{username}", delete(remove));
    if behaviour.missing_users_endpoint {
        router
    } else {
        router.route("/v1/users", get(list))
    }
}

async fn create(State(app): State<Arc<App>>, headers: HeaderMap, body: Payload) -> Response {
    app.respond("users.createServiceAccount", &headers, |call| {
        call.caller.require_admin()?;
        let body = requests::json(body)?;
        let username = requests::create_service_account(&body, call.organization.behaviour())?;
        let account = call.organization.create_service_account(username)?;
        Ok(json!({ "username": account.username }))
    })
}

async fn list(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
) -> Response {
    app.respond("users.list", &headers, |call| {
        call.caller.require_view_of_members()?;
        let Query(parameters) = query.map_err(|_| ApiError::Rule("Invalid query".to_owned()))?;
        let UserQuery {
            filter,
            offset,
            limit,
        } = requests::list_users(parameters)?;
        let matching = call.organization.users(filter);
        let next = offset.saturating_add(limit);
        Ok(UserList {
            users: matching
                .iter()
                .skip(offset)
                .take(limit)
                .map(|account| User::new(account))
                .collect(),
            total_count: matching.len(),
            next_page_token: (next < matching.len()).then(|| paging::page_token(next, filter)),
        })
    })
}

async fn remove(State(app): State<Arc<App>>, headers: HeaderMap, path: Segments<String>) -> Response {
    app.respond("users.delete", &headers, |call| {
        call.caller.require_admin()?;
        let username = path.0?;
        requests::username_in_path(&username)?;
        let username = call.organization.delete_user(&username)?;
        Ok(json!({ "username": username }))
    })
}
