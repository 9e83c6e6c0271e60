//! Switches for undocumented behaviour of the API, as far as the conformity suite does not observe them.

use motherduck_emulator::{DuplicateStatus, Emulator};
use serde_json::json;

use crate::support::Api;

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

#[tokio::test]
async fn duplicate_status_400_is_returned_without_issues() {
    let emulator =
        Emulator::builder().behaviour(|behaviour| behaviour.duplicate_status = DuplicateStatus::BadRequest);
    let api = Api::with(emulator).await;
    api.create_account("svc").await;
    let token = json!({ "name": "n" });
    api.create_token("svc", token.clone()).await;
    for refused in [
        api.post("/v1/users", json!({ "username": "svc" })).await,
        api.post("/v1/users/svc/tokens", token).await,
    ] {
        assert_eq!(refused.error(), (400, "BAD_REQUEST"));
        assert_eq!(refused.body["message"], "unique constraint violated");
        assert!(refused.body.get("issues").is_none());
    }
}

#[tokio::test]
async fn caseless_token_names_conflict_regardless_of_case() {
    let api =
        Api::with(Emulator::builder().behaviour(|behaviour| behaviour.caseless_token_names = true)).await;
    api.create_account("svc").await;
    api.create_token("svc", json!({ "name": "Élan" })).await;
    let again = json!({ "name": "éLAN" });
    let refused = api.post("/v1/users/svc/tokens", again.clone()).await;
    assert_eq!(refused.error(), (409, "CONFLICT"));
    api.delete("/v1/users/svc/tokens/%C3%A9lan").await.ok();
    api.post("/v1/users/svc/tokens", again).await.ok();
}
