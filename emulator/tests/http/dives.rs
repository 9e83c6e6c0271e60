//! Embed sessions of Dives.

use motherduck_emulator::{Emulator, EmulatorBuilder};
use serde_json::json;

use crate::support::{Api, text};

const DIVE: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

async fn with_dive(emulator: EmulatorBuilder) -> Api {
    let api = Api::with(emulator).await;
    api.create_account("svc").await;
    api.emulator
        .seed(&json!({ "dives": [{ "id": DIVE, "title": "Sales", "version": 3 }] }))
        .unwrap();
    api
}

fn embed_path(dive: &str) -> String {
    format!("/v1/dives/{dive}/embed-session")
}

#[tokio::test]
async fn embed_session_is_opaque_and_unique() {
    let api = with_dive(Emulator::builder()).await;
    let full = json!({
        "username": "SVC",
        "session_name": "customer-42",
        "version": 2,
        "required_resources": [{ "url": "md:_share/sales/1", "alias": "sales" }],
        "initial_state": { "region": "EMEA" },
    });
    let first = api.post(&embed_path(DIVE), full).await.ok();
    let second = api
        .post(&embed_path(DIVE), json!({ "username": "svc" }))
        .await
        .ok();
    assert_eq!(first.as_object().unwrap().len(), 1);
    assert!(text(&first["session"]).len() > 64);
    assert_ne!(first, second);
    let state = api.emulator.state();
    assert_eq!(state["embed_sessions"][0]["username"], "svc");
    assert_eq!(state["embed_sessions"][0]["session_name"], "customer-42");
    assert_eq!(state["embed_sessions"][1]["version"], 3);
    assert!(!state.to_string().contains(&text(&first["session"])));
}

#[tokio::test]
async fn invalid_embed_session_request_is_an_error() {
    let api = with_dive(Emulator::builder()).await;
    let no_uuid = api.post(&embed_path("sales"), json!({ "username": "svc" })).await;
    assert_eq!(no_uuid.issue_paths(), [json!(["dive_id"])]);
    let bad = json!({ "version": 0, "required_resources": [{ "url": "md:" }, {}], "session_name": "" });
    let bad = api.post(&embed_path(DIVE), bad).await;
    assert_eq!(
        bad.issue_paths(),
        [
            json!(["username"]),
            json!(["session_name"]),
            json!(["version"]),
            json!(["required_resources", 1, "url"])
        ]
    );
    assert_eq!(bad.body["data"]["path"], "dashboards.createEmbedSession");
}
