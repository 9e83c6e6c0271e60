//! Permissions: tokens, roles, owners.

use motherduck_emulator::{ADMIN_USERNAME, DEFAULT_ADMIN_TOKEN, Emulator};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::support::{Api, JsonResponse, text};

/// Returns every operation of the contract for the account `svc`.
fn operations() -> [(Method, &'static str, Value); 10] {
    let config = json!({ "config": {
        "read_write": { "instance_size": "pulse" },
        "read_scaling": { "instance_size": "pulse", "flock_size": 0 },
    } });
    [
        (Method::POST, "/v1/users", json!({ "username": "other" })),
        (Method::GET, "/v1/users", json!({})),
        (Method::POST, "/v1/users/svc/tokens", json!({ "name": "n" })),
        (Method::GET, "/v1/users/svc/tokens", json!({})),
        (
            Method::DELETE,
            "/v1/users/svc/tokens/3fa85f64-5717-4562-b3fc-2c963f66afa6",
            json!({}),
        ),
        (Method::GET, "/v1/users/svc/instances", json!({})),
        (Method::PUT, "/v1/users/svc/instances", config),
        (Method::GET, "/v1/active_accounts", json!({})),
        (
            Method::POST,
            "/v1/dives/7c9e6679-7425-40de-944b-e07fc1f90ae7/embed-session",
            json!({ "username": "svc" }),
        ),
        (Method::DELETE, "/v1/users/svc", json!({})),
    ]
}

#[tokio::test]
async fn operation_without_a_valid_token_returns_401() {
    let api = Api::with_account("svc").await;
    let client = Client::builder().no_proxy().build().unwrap();
    let wrong = format!("Bearer {DEFAULT_ADMIN_TOKEN}x");
    let basic = format!("Basic {DEFAULT_ADMIN_TOKEN}");
    for (method, path, body) in operations() {
        for header in [
            None,
            Some(wrong.as_str()),
            Some(basic.as_str()),
            Some(DEFAULT_ADMIN_TOKEN),
            Some("Bearer "),
        ] {
            let mut request = client
                .request(method.clone(), format!("{}{path}", api.emulator.url()))
                .json(&body);
            if let Some(header) = header {
                request = request.header("authorization", header);
            }
            let response = JsonResponse::read(request.send().await.unwrap()).await;
            assert_eq!(
                response.error(),
                (401, "UNAUTHORIZED"),
                "{method} {path} {header:?}"
            );
            assert_eq!(response.body["message"], "Invalid Credentials");
        }
    }
    let lower_case = client.get(format!("{}/v1/users", api.emulator.url()));
    let lower_case = lower_case.header("authorization", format!("bearer {DEFAULT_ADMIN_TOKEN}"));
    assert_eq!(lower_case.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn member_token_can_use_only_its_own_tokens_and_ducklings() {
    let mut api = Api::with_account("svc").await;
    api.create_account("neighbour").await;
    let (id, secret) = api.create_token("svc", json!({ "name": "member" })).await;
    api.act_as(&secret);
    for (method, path, body) in operations() {
        let response = JsonResponse::read(
            api.request(method.clone(), path)
                .json(&body)
                .send()
                .await
                .unwrap(),
        )
        .await;
        if path.starts_with("/v1/users/svc/tokens") || path.starts_with("/v1/users/svc/instances") {
            assert_ne!(response.status, 403, "{method} {path}");
            continue;
        }
        assert_eq!(response.error(), (403, "FORBIDDEN"), "{method} {path}");
        if path != "/v1/users" || method != Method::GET {
            assert_eq!(
                response.body["issues"],
                json!([{ "message": "minimum role org_admin is required" }]),
                "{method} {path}"
            );
        }
    }
    for path in [
        "/v1/users/neighbour/tokens",
        "/v1/users/neighbour/instances",
        "/v1/users/nobody/tokens",
        "/v1/users/nobody/instances",
    ] {
        assert_eq!(api.get(path).await.error(), (403, "FORBIDDEN"), "{path}");
    }
    assert_eq!(
        api.delete(&format!("/v1/users/SVC/tokens/{id}")).await.status,
        200
    );
    assert_eq!(
        api.get("/v1/users/svc/tokens").await.error(),
        (401, "UNAUTHORIZED")
    );
}

#[tokio::test]
async fn explorer_can_only_list_users() {
    let mut api = Api::start().await;
    let viewer = json!({ "username": "viewer", "is_service_account": true, "roles": ["explorer"] });
    api.emulator.seed(&json!({ "users": [viewer] })).unwrap();
    let (_, secret) = api.create_token("viewer", json!({ "name": "n" })).await;
    api.act_as(&secret);
    api.get("/v1/users").await.ok();
    assert_eq!(api.get("/v1/active_accounts").await.error(), (403, "FORBIDDEN"));
}

#[tokio::test]
async fn token_of_a_deleted_account_returns_401() {
    let mut api = Api::with_account("svc").await;
    let (_, secret) = api.create_token("svc", json!({ "name": "n" })).await;
    api.delete("/v1/users/svc").await.ok();
    api.act_as(&secret);
    assert_eq!(
        api.get("/v1/users/svc/tokens").await.error(),
        (401, "UNAUTHORIZED")
    );
}

#[tokio::test]
async fn admin_token_is_listed_and_can_be_revoked() {
    let api = Api::with(Emulator::builder().admin_token(DEFAULT_ADMIN_TOKEN)).await;
    let listed = api.get(&format!("/v1/users/{ADMIN_USERNAME}/tokens")).await.ok();
    let id = text(&listed["tokens"][0]["id"]);
    api.delete(&format!("/v1/users/{ADMIN_USERNAME}/tokens/{id}"))
        .await
        .ok();
    assert_eq!(api.get("/v1/users").await.error(), (401, "UNAUTHORIZED"));
}
