//! The service account `loader`, which most tests use.

use std::time::Duration;

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::{Emulator, EmulatorBuilder};
use serde_json::{Value as Json, json};

use super::{TOKEN_ID, TOKEN_SECRET};
use crate::support::plugin_client::in_time;

/// Starts an emulator with the service account `loader`.
pub(crate) async fn with_loader(emulator: EmulatorBuilder) -> CheckedEmulator {
    let api = CheckedEmulator::start(emulator)
        .await
        .expect("the emulator starts");
    add_loader(&api);
    api
}

/// Adds the service account `loader` to an organization.
pub(crate) fn add_loader(api: &Emulator) {
    seed_users(
        api,
        &json!([{ "username": "loader", "is_service_account": true }]),
    );
}

/// Adds users to an organization, or changes them.
#[track_caller]
pub(crate) fn seed_users(api: &Emulator, users: &Json) {
    api.seed(&json!({ "users": users })).expect("a seed");
}

/// Sets the fault rules of an API.
#[track_caller]
pub(crate) fn set_faults(api: &Emulator, rules: &Json) {
    api.set_faults(rules).expect("fault rules");
}

/// Returns an account as the emulator has it.
pub(crate) fn account(api: &Emulator, username: &str) -> Json {
    let state = api.state();
    let mut accounts = state["accounts"].as_array().expect("accounts").iter();
    let account = accounts.find(|account| account["username"] == username);
    account.expect("the account").clone()
}

/// Returns `loader` as the emulator has it.
pub(crate) fn loader(api: &Emulator) -> Json {
    account(api, "loader")
}

/// Returns the live tokens of `loader`.
pub(crate) fn tokens(api: &Emulator) -> Vec<Json> {
    loader(api)["tokens"].as_array().expect("tokens").clone()
}

/// Returns the ids of the live tokens of `loader`.
pub(crate) fn token_ids<T: FromIterator<String>>(api: &Emulator) -> T {
    let ids = tokens(api).into_iter();
    ids.map(|token| token["id"].as_str().expect("an id").to_owned())
        .collect()
}

/// Returns the response to the creation of a token.
pub(crate) fn created_token(name: &str, token_type: &str, expire_at: Option<&str>) -> Json {
    json!({
        "token": TOKEN_SECRET, "id": TOKEN_ID, "name": name, "description": null, "expire_at": expire_at,
        "created_ts": "2026-01-01T00:00:00Z", "read_only": false, "token_type": token_type,
    })
}

/// Returns an account's Ducklings of the smallest sizes.
pub(crate) fn smallest_ducklings() -> Json {
    json!({
        "read_write": { "instance_size": "pulse" },
        "read_scaling": { "instance_size": "pulse", "flock_size": 0 },
    })
}

/// Expects that an object has the attributes of a token as the API lists it.
#[track_caller]
pub(crate) fn assert_same_token(object: &Json, token: &Json) {
    for name in [
        "id",
        "name",
        "description",
        "token_type",
        "created_ts",
        "expire_at",
    ] {
        assert_eq!(object[name], token[name], "{name}");
    }
}

/// Polls until the condition holds.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    in_time(what, async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
