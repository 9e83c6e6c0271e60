//! The APIs, states and configurations that the cases share.

use serde_json::{Value as Json, json};

use crate::host::{
    ACCOUNT, DUCKLINGS, Reply, Request, ScriptedApi, Session, StoredObject, TOKEN, TOKEN_ID, merged,
};

pub(super) fn error(status: u16, code: &str) -> Reply {
    Reply::error(status, code, "The API's message")
}

pub(super) fn not_found() -> Reply {
    Reply::error(404, "NOT_FOUND", "User not found")
}

pub(super) fn live() -> Json {
    json!({
        "read_write": { "instance_size": "standard", "cooldown_seconds": 75 },
        "read_scaling": { "instance_size": "jumbo", "flock_size": 3, "cooldown_seconds": 90 },
    })
}

pub(super) fn user(is_service_account: bool) -> Json {
    json!({
        "id": "1", "username": "loader", "email": null, "first_name": null, "last_name": null,
        "is_service_account": is_service_account, "is_deprovisioned": false, "roles": [],
    })
}

pub(super) fn listed(more: &Json) -> Json {
    let token = json!({
        "id": TOKEN_ID, "name": "nightly", "description": null, "created_ts": "2026-01-01T00:00:00Z", "read_only": false,
        "token_type": "read_write",
    });
    merged(&token, more)
}

/// An API with the account `loader` and a token. `odd` may return another response.
pub(super) async fn api(
    odd: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
) -> (Session, ScriptedApi) {
    let api = ScriptedApi::start(move |request| {
        odd(request).unwrap_or_else(|| match (request.method.as_str(), request.path.as_str()) {
            ("GET", path) if path.starts_with("/v1/users?") => Reply::ok(json!({ "users": [user(true)] })),
            ("GET", path) if path.ends_with("/tokens") => Reply::ok(json!({ "tokens": [listed(&json!({}))] })),
            ("GET", _) => Reply::ok(live()),
            ("PUT", _) => Reply::ok(request.body["config"].clone()),
            ("POST", "/v1/users") => Reply::ok(json!({ "username": request.body["username"] })),
            ("POST", _) => Reply::ok(listed(&json!({ "name": request.body["name"], "token": "secret", "description": request.body["description"] }))),
            _ => Reply::ok(json!({})),
        })
    })
    .await;
    (Session::on(api.url()).await, api)
}

/// An API that returns the same response to every request.
pub(super) async fn always(reply: Reply) -> (Session, ScriptedApi) {
    api(move |_| Some(reply.clone())).await
}

pub(super) fn stored(type_name: &str) -> StoredObject {
    let state = match type_name {
        ACCOUNT => json!({ "username": "loader", "deletion_protection": false, "id": "loader" }),
        TOKEN => json!({
            "username": "loader", "name": "nightly", "token_type": "read_write", "id": TOKEN_ID, "token": "secret",
            "created_ts": "2026-01-01T00:00:00Z", "read_only": false, "ready_for_rotation": false,
            "revoke_on_destroy": true,
        }),
        _ => merged(
            &live(),
            &json!({ "username": "loader", "restore_on_destroy": false, "id": "loader" }),
        ),
    };
    StoredObject::of(state)
}

pub(super) fn with(object: &Json, name: &str, value: Json) -> Json {
    let mut object = object.clone();
    object[name] = value;
    object
}

pub(super) fn config(type_name: &str) -> Json {
    match type_name {
        ACCOUNT => json!({ "username": "loader" }),
        TOKEN => json!({ "username": "loader", "name": "nightly" }),
        _ => with(&live(), "username", json!("loader")),
    }
}

pub(super) const TYPES: [&str; 3] = [ACCOUNT, TOKEN, DUCKLINGS];

/// Returns the import id of an object of this type.
pub(super) fn import_id(type_name: &str) -> String {
    if type_name == TOKEN {
        format!("loader/{TOKEN_ID}")
    } else {
        "loader".to_owned()
    }
}
