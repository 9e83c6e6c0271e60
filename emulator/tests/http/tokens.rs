//! Access tokens: creation, listing, expiry, revocation.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use motherduck_emulator::{ADMIN_USERNAME, Emulator};
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use serde_json::{Value, json};

use crate::support::{Api, each, text};

#[tokio::test]
async fn token_is_created_listed_without_secret_and_revoked() {
    let api = Api::with_account("svc").await;
    let body =
        json!({ "name": "backend", "ttl": 3600, "token_type": "read_scaling", "description": "For tests" });
    let mut created = api.post("/v1/users/SVC/tokens", body).await.ok();
    assert_eq!(created["name"], "backend");
    assert_eq!(created["description"], "For tests");
    assert_eq!(created["token_type"], "read_scaling");
    assert_eq!(created["read_only"], true);
    let [from, until] = ["created_ts", "expire_at"].map(|field| {
        text(&created[field])
            .parse::<jiff::Timestamp>()
            .unwrap()
            .as_second()
    });
    assert_eq!(until - from, 3600);

    created.as_object_mut().unwrap().remove("token").unwrap();
    assert_eq!(
        api.get("/v1/users/svc/tokens").await.ok(),
        json!({ "tokens": [created] })
    );

    let path = format!("/v1/users/svc/tokens/{}", text(&created["id"]));
    assert_eq!(api.delete(&path).await.ok(), json!({}));
    assert_eq!(
        api.get("/v1/users/svc/tokens").await.ok(),
        json!({ "tokens": [] })
    );
    assert_eq!(api.delete(&path).await.error(), (404, "NOT_FOUND"));
}

#[tokio::test]
async fn token_with_only_a_name_is_read_write_and_never_expires() {
    let api = Api::with_account("svc").await;
    let created = api
        .post("/v1/users/svc/tokens", json!({ "name": "n", "future": true }))
        .await
        .ok();
    assert_eq!(created["token_type"], "read_write");
    assert_eq!(created["read_only"], false);
    assert!(created.get("expire_at").is_none());
    assert!(created["description"].is_null() && created.get("description").is_some());
    assert!(created.get("future").is_none());
}

#[tokio::test]
async fn invalid_token_request_returns_every_issue() {
    let api = Api::with_account("svc").await;
    let body = json!({ "name": "MotherDuck Extension", "ttl": 1, "token_type": "both", "description": "" });
    let response = api.post("/v1/users/svc/tokens", body).await;
    assert_eq!(
        response.issue_paths(),
        [json!(["name"]), json!(["ttl"]), json!(["token_type"])]
    );
    assert_eq!(response.body["data"]["path"], "users.createToken");
    assert_eq!(
        api.get("/v1/users/svc/tokens").await.ok(),
        json!({ "tokens": [] })
    );
}

#[tokio::test]
async fn token_request_for_a_missing_object_returns_404() {
    let api = Api::with_account("one").await;
    api.create_account("two").await;
    let (id, _) = api.create_token("one", json!({ "name": "n" })).await;
    for response in [
        api.get("/v1/users/nobody/tokens").await,
        api.post("/v1/users/nobody/tokens", json!({ "name": "n" })).await,
        api.delete(&format!("/v1/users/nobody/tokens/{id}")).await,
        api.delete(&format!("/v1/users/two/tokens/{id}")).await,
        api.delete("/v1/users/one/tokens/3fa85f64-5717-4562-b3fc-2c963f66afa6")
            .await,
        api.delete("/v1/users/one/tokens/not-a-uuid").await,
    ] {
        assert_eq!(response.error(), (404, "NOT_FOUND"));
        assert!(response.body.get("issues").is_none());
    }
}

#[tokio::test]
async fn token_listing_is_newest_first_and_ignores_cursors() {
    let api = Api::with_account("svc").await;
    for name in ["one", "two", "three"] {
        api.create_token("svc", json!({ "name": name })).await;
    }
    let tokens = api.get("/v1/users/svc/tokens?cursor=x&limit=1").await.ok();
    assert_eq!(each(&tokens["tokens"], "name"), ["three", "two", "one"]);
}

#[tokio::test]
async fn duplicate_live_token_name_returns_409() {
    let api = Api::with_account("svc").await;
    api.create_account("other").await;
    api.create_token("svc", json!({ "name": "n" })).await;
    let refused = api.post("/v1/users/SVC/tokens", json!({ "name": "n" })).await;
    assert_eq!(refused.error(), (409, "CONFLICT"));
    assert!(refused.body.get("issues").is_none());
    api.create_token("other", json!({ "name": "n" })).await;
}

#[tokio::test]
async fn token_is_revoked_by_name() {
    let api = Api::with_account("svc").await;
    let (_, secret) = api.create_token("svc", json!({ "name": "a/b %ü?" })).await;
    for other in ["a", "A/B %Ü?", &secret] {
        let path = format!("/v1/users/svc/tokens/{}", encoded(other));
        assert_eq!(api.delete(&path).await.error(), (404, "NOT_FOUND"), "{other}");
    }
    let path = format!("/v1/users/svc/tokens/{}", encoded("a/b %ü?"));
    assert_eq!(api.delete(&path).await.ok(), json!({}));
    assert_eq!(api.delete(&path).await.error(), (404, "NOT_FOUND"));
}

/// Escapes a text as one segment of a path.
fn encoded(text: &str) -> String {
    percent_encode(text.as_bytes(), NON_ALPHANUMERIC).to_string()
}

#[tokio::test]
async fn admin_can_only_list_tokens_of_another_human() {
    let api = Api::start().await;
    let id = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
    let grace = json!({ "username": "grace", "is_service_account": false, "tokens": [{ "id": id, "name": "laptop" }] });
    api.emulator.seed(&json!({ "users": [grace] })).unwrap();
    let refused = api.post("/v1/users/grace/tokens", json!({ "name": "n" })).await;
    assert_eq!(refused.error(), (403, "FORBIDDEN"));
    let listed = api.get("/v1/users/grace/tokens").await.ok();
    assert_eq!(each(&listed["tokens"], "id"), [id]);
    for id_or_name in [id, "laptop"] {
        let refused = api.delete(&format!("/v1/users/grace/tokens/{id_or_name}")).await;
        assert_eq!(refused.error(), (403, "FORBIDDEN"));
    }
    api.create_token(&ADMIN_USERNAME.to_uppercase(), json!({ "name": "own" }))
        .await;
}

#[tokio::test]
async fn token_secrets_are_unique_jwts() {
    let api =
        Api::with(Emulator::builder().behaviour(|behaviour| behaviour.repeated_token_names = true)).await;
    api.create_account("svc").await;
    let mut secrets = HashSet::new();
    let mut ids = HashSet::new();
    for _ in 0..50 {
        let (id, secret) = api
            .create_token("svc", json!({ "name": "same", "ttl": 300 }))
            .await;
        let parts: Vec<Vec<u8>> = secret
            .split('.')
            .map(|part| URL_SAFE_NO_PAD.decode(part).unwrap())
            .collect();
        let [header, claims, signature] = &parts[..] else {
            panic!("three parts: {}", parts.len())
        };
        let header: Value = serde_json::from_slice(header).unwrap();
        let claims: Value = serde_json::from_slice(claims).unwrap();
        assert_eq!(header["typ"], "JWT");
        assert_eq!(claims["tokenType"], "read_write");
        assert_eq!(signature.len(), 32);
        assert!(secret.starts_with("eyJ"));
        assert_eq!(id.parse::<uuid::Uuid>().unwrap().get_version_num(), 4);
        secrets.insert(secret);
        ids.insert(id);
    }
    assert_eq!((secrets.len(), ids.len()), (50, 50));
}

#[tokio::test]
async fn concurrent_token_creates_all_succeed() {
    let api = Api::with_account("svc").await;
    let api = std::sync::Arc::new(api);
    let mut creations = tokio::task::JoinSet::new();
    for number in 0..32 {
        let api = api.clone();
        creations.spawn(async move {
            api.create_token("svc", json!({ "name": format!("t{number}") }))
                .await;
        });
    }
    creations.join_all().await;
    assert_eq!(
        api.get("/v1/users/svc/tokens").await.ok()["tokens"]
            .as_array()
            .unwrap()
            .len(),
        32
    );
}
