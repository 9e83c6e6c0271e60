//! Applies of Ducklings: sizes, several resources for one account, and restoring on destroy.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::{EmulatorBuilder, Plan as Tier};
use serde_json::{Value as Json, json};

use crate::host::{
    ACCOUNT, Applied, DUCKLINGS, Reply, ScriptedApi, Session, account, calls, edited, loader, seed_users,
};

mod create_and_update;
mod destroy;
mod other_writers;
mod read_back;

fn before() -> Json {
    json!({
        "read_write": { "instance_size": "standard", "cooldown_seconds": 75 },
        "read_scaling": { "instance_size": "jumbo", "flock_size": 3, "cooldown_seconds": 90 },
    })
}

async fn on(emulator: EmulatorBuilder) -> (Session, CheckedEmulator) {
    let api = CheckedEmulator::start(emulator).await.unwrap();
    set_live(&api, &before());
    (Session::on(&api.url()).await, api)
}

fn set_live(api: &CheckedEmulator, ducklings: &Json) {
    let user = json!({ "username": "loader", "is_service_account": true, "ducklings": ducklings });
    seed_users(api, &json!([user]));
}

fn live(api: &CheckedEmulator) -> Json {
    loader(api)["ducklings"].clone()
}

fn only(block: &str, value: &Json) -> Json {
    json!({ "username": "loader", block: value })
}

fn giga() -> Json {
    only("read_write", &json!({ "instance_size": "giga" }))
}

/// Returns a configuration with large sizes and `restore_on_destroy`.
fn restored() -> Json {
    edited(&giga(), "restore_on_destroy", json!(true))
}

fn puts(api: &ScriptedApi) -> Vec<Json> {
    let requests = api.requests().into_iter();
    let puts = requests.filter(|request| request.method == "PUT");
    puts.map(|put| put.body["config"].clone()).collect()
}
