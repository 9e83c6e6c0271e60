//! The switches for what is uncertain about the API.

use motherduck_emulator::{Behaviour, DuplicateStatus, Emulator, Plan};
use reqwest::Method;
use serde_json::json;

use crate::support::{Api, assert_unrouted, text};

#[tokio::test]
async fn the_list_of_users_may_be_missing() {
    let api = Api::of(Emulator::builder().missing_users_endpoint(true)).await;
    assert_unrouted(api.request(Method::GET, "/v1/users").send().await.unwrap()).await;
    api.create_account("svc").await;
    api.get("/v1/users/svc/instances").await.ok();
}

#[tokio::test]
async fn descriptions_may_be_unknown() {
    let api = Api::of(Emulator::builder().unknown_description(true)).await;
    api.create_account("svc").await;
    let body = json!({ "name": "n", "description": "dropped" });
    let created = api.post("/v1/users/svc/tokens", body).await.ok();
    assert!(created.get("description").is_none());
    let listed = api.get("/v1/users/svc/tokens").await.ok();
    assert!(listed["tokens"][0].get("description").is_none());
}

#[tokio::test]
async fn duplicates_may_be_conflicts() {
    let emulator = Emulator::builder()
        .duplicate_status(DuplicateStatus::Conflict)
        .unique_token_names(true);
    let api = Api::of(emulator).await;
    api.create_account("svc").await;
    let answer = api.post("/v1/users", json!({ "username": "svc" })).await;
    assert_eq!(answer.refused(), (409, "CONFLICT"));
    api.create_token("svc", json!({ "name": "n" })).await;
    let answer = api.post("/v1/users/svc/tokens", json!({ "name": "n" })).await;
    assert_eq!(answer.refused(), (409, "CONFLICT"));
}

#[tokio::test]
async fn names_of_tokens_may_have_to_differ() {
    let api = Api::of(Emulator::builder().unique_token_names(true)).await;
    api.create_account("svc").await;
    api.create_account("other").await;
    let (id, _) = api.create_token("svc", json!({ "name": "n" })).await;
    let answer = api.post("/v1/users/svc/tokens", json!({ "name": "n" })).await;
    assert_eq!(answer.refused(), (400, "BAD_REQUEST"));
    assert!(text(&answer.body["message"]).contains("unique constraint"));
    api.create_token("other", json!({ "name": "n" })).await;
    api.delete(&format!("/v1/users/svc/tokens/{id}")).await.ok();
    api.create_token("svc", json!({ "name": "n" })).await;
}

#[tokio::test]
async fn a_put_may_answer_without_the_cooldowns_it_filled_in() {
    let api = Api::of(Emulator::builder().put_without_default_cooldown(true)).await;
    api.create_account("svc").await;
    let config = json!({
        "read_write": { "instance_size": "standard" },
        "read_scaling": { "instance_size": "mega", "flock_size": 1, "cooldown_seconds": 90 },
    });
    assert_eq!(
        api.put("/v1/users/svc/instances", json!({ "config": config }))
            .await
            .ok(),
        config
    );
    let stored = api.get("/v1/users/svc/instances").await.ok();
    assert_eq!(stored["read_write"]["cooldown_seconds"], 60);
    assert_eq!(stored["read_scaling"]["cooldown_seconds"], 90);
}

#[tokio::test]
async fn usernames_may_be_ascii_only() {
    let api = Api::start().await;
    api.create_account("données").await;
    let api = Api::of(Emulator::builder().ascii_usernames(true)).await;
    let answer = api.post("/v1/users", json!({ "username": "données" })).await;
    assert_eq!(answer.issue_paths(), [json!(["username"])]);
}

#[tokio::test]
async fn a_plan_limits_sizes_without_issues() {
    let api = Api::of(Emulator::builder().behaviour(Behaviour {
        plan: Plan::Lite,
        ..Behaviour::default()
    }))
    .await;
    api.create_account("svc").await;
    let config = json!({ "config": {
        "read_write": { "instance_size": "standard" },
        "read_scaling": { "instance_size": "pulse", "flock_size": 0 },
    } });
    let answer = api.put("/v1/users/svc/instances", config).await;
    assert_eq!(answer.refused(), (400, "BAD_REQUEST"));
    assert_eq!(answer.body["message"], "Invalid config for tier lite");
    assert!(answer.body.get("issues").is_none());
}
