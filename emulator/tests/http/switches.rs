//! The switches for undocumented behaviour of the API.

use motherduck_emulator::{Behaviour, DuplicateStatus, Emulator, Plan};
use reqwest::Method;
use serde_json::json;

use crate::support::{Api, JsonResponse, assert_unrouted, text};

#[tokio::test]
async fn missing_users_endpoint_returns_404() {
    let api =
        Api::with(Emulator::builder().behaviour(|behaviour| behaviour.missing_users_endpoint = true)).await;
    assert_unrouted(api.request(Method::GET, "/v1/users").send().await.unwrap()).await;
    api.create_account("svc").await;
    api.get("/v1/users/svc/instances").await.ok();
}

#[tokio::test]
async fn ignore_descriptions_omits_descriptions() {
    let api =
        Api::with(Emulator::builder().behaviour(|behaviour| behaviour.ignore_descriptions = true)).await;
    api.create_account("svc").await;
    let body = json!({ "name": "n", "description": 5 });
    let created = api.post("/v1/users/svc/tokens", body).await.ok();
    assert!(created.get("description").is_none());
    let listed = api.get("/v1/users/svc/tokens").await.ok();
    assert!(listed["tokens"][0].get("description").is_none());
}

/// Tries to create a second token of a name.
async fn create_again(api: &Api, name: &str) -> JsonResponse {
    api.post("/v1/users/svc/tokens", json!({ "name": name })).await
}

#[tokio::test]
async fn duplicate_status_400_is_returned() {
    let api = Api::with(
        Emulator::builder().behaviour(|behaviour| behaviour.duplicate_status = DuplicateStatus::BadRequest),
    )
    .await;
    api.create_account("svc").await;
    api.create_token("svc", json!({ "name": "n" })).await;
    for refused in [
        api.post("/v1/users", json!({ "username": "svc" })).await,
        create_again(&api, "n").await,
    ] {
        assert_eq!(refused.error(), (400, "BAD_REQUEST"));
        assert!(text(&refused.body["message"]).contains("unique constraint"));
        assert!(refused.body.get("issues").is_none());
    }
}

#[tokio::test]
async fn caseless_token_names_conflict_regardless_of_case() {
    let api =
        Api::with(Emulator::builder().behaviour(|behaviour| behaviour.caseless_token_names = true)).await;
    api.create_account("svc").await;
    api.create_token("svc", json!({ "name": "Élan" })).await;
    assert_eq!(create_again(&api, "éLAN").await.error(), (409, "CONFLICT"));
    api.delete("/v1/users/svc/tokens/%C3%A9lan").await.ok();
    create_again(&api, "éLAN").await.ok();
}

#[tokio::test]
async fn token_ids_only_rejects_names() {
    let api = Api::with(Emulator::builder().behaviour(|behaviour| behaviour.token_ids_only = true)).await;
    api.create_account("svc").await;
    let (id, _) = api.create_token("svc", json!({ "name": "n" })).await;
    assert_eq!(
        api.delete("/v1/users/svc/tokens/n").await.error(),
        (404, "NOT_FOUND")
    );
    api.delete(&format!("/v1/users/svc/tokens/{id}")).await.ok();
}

#[tokio::test]
async fn plan_lite_rejects_sizes_without_issues() {
    let api = Api::with(Emulator::builder().behaviour(|behaviour| {
        *behaviour = Behaviour {
            plan: Plan::Lite,
            ..Behaviour::default()
        }
    }))
    .await;
    api.create_account("svc").await;
    assert_eq!(
        api.get("/v1/users/svc/instances").await.ok(),
        json!({
            "read_write": { "instance_size": "pulse" },
            "read_scaling": { "instance_size": "pulse", "flock_size": 4 },
        })
    );
    let config = json!({ "config": {
        "read_write": { "instance_size": "standard" },
        "read_scaling": { "instance_size": "pulse", "flock_size": 0 },
    } });
    let response = api.put("/v1/users/svc/instances", config).await;
    assert_eq!(response.error(), (400, "BAD_REQUEST"));
    assert_eq!(response.body["message"], "Invalid config for tier lite");
    assert!(response.body.get("issues").is_none());
}
