//! Duckling configurations and running Ducklings.

use motherduck_emulator::ADMIN_USERNAME;
use serde_json::json;

use crate::support::{Api, each};

#[tokio::test]
async fn put_replaces_the_configuration_and_sets_default_cooldowns() {
    let api = Api::with_account("svc").await;
    let first = json!({
        "read_write": { "instance_size": "jumbo", "cooldown_seconds": 3600 },
        "read_scaling": { "instance_size": "standard", "flock_size": 4, "cooldown_seconds": 120 },
    });
    assert_eq!(
        api.put("/v1/users/svc/instances", json!({ "config": first }))
            .await
            .ok(),
        first
    );
    assert_eq!(api.get("/v1/users/svc/instances").await.ok(), first);

    let second = json!({ "config": {
        "read_write": { "instance_size": "mega" },
        "read_scaling": { "instance_size": "giga", "flock_size": 2 },
    } });
    let filled_in = json!({
        "read_write": { "instance_size": "mega", "cooldown_seconds": 300 },
        "read_scaling": { "instance_size": "giga", "flock_size": 2, "cooldown_seconds": 600 },
    });
    assert_eq!(api.put("/v1/users/SVC/instances", second).await.ok(), filled_in);
    assert_eq!(api.get("/v1/users/svc/instances").await.ok(), filled_in);
}

#[tokio::test]
async fn invalid_put_returns_every_issue_and_changes_nothing() {
    let api = Api::with_account("svc").await;
    let before = api.get("/v1/users/svc/instances").await.ok();
    let body = json!({ "config": {
        "read_write": { "instance_size": "pulse", "cooldown_seconds": 60 },
        "read_scaling": { "instance_size": "standard", "flock_size": 65 },
    } });
    let response = api.put("/v1/users/svc/instances", body).await;
    assert_eq!(
        response.issue_paths(),
        [
            json!(["config", "read_write", "cooldown_seconds"]),
            json!(["config", "read_scaling", "flock_size"])
        ]
    );
    assert_eq!(
        response.body["data"]["path"],
        "ducklings.setDucklingConfigForUser"
    );
    assert_eq!(api.get("/v1/users/svc/instances").await.ok(), before);
}

#[tokio::test]
async fn active_accounts_are_those_with_running_ducklings() {
    let api = Api::start().await;
    assert_eq!(
        api.get("/v1/active_accounts").await.ok(),
        json!({ "accounts": [] })
    );
    api.create_account("svc").await;
    api.emulator
        .seed(&json!({ "running_ducklings": [
            { "username": "svc", "ducklings": [
                { "id": "rw", "type": "read_write", "status": "active" },
                { "id": "rs.1", "type": "read_scaling", "status": "cooldown" },
            ] },
            { "username": ADMIN_USERNAME, "ducklings": [{ "id": "rw", "type": "read_write", "status": "cooldown" }] },
        ] }))
        .unwrap();
    let active = api.get("/v1/active_accounts?cursor=x").await.ok();
    assert_eq!(each(&active["accounts"], "username"), ["svc", ADMIN_USERNAME]);
    assert_eq!(
        active["accounts"][0]["ducklings"],
        json!([
            { "id": "rs.1", "type": "read_scaling", "status": "cooldown" },
            { "id": "rw", "type": "read_write", "status": "active" },
        ])
    );
    api.delete("/v1/users/svc").await.ok();
    let active = api.get("/v1/active_accounts").await.ok();
    assert_eq!(each(&active["accounts"], "username"), [ADMIN_USERNAME]);
}
