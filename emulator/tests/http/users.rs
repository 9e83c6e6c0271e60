//! Accounts: creation, listing in pages, deletion.

use motherduck_emulator::ADMIN_USERNAME;
use reqwest::Method;
use serde_json::json;

use crate::support::{Api, JsonResponse, each, text};

#[tokio::test]
async fn account_is_created_refused_as_duplicate_and_deleted() {
    let api = Api::start().await;
    let created = api
        .post("/v1/users", json!({ "username": "Analytics_1", "role": "admin" }))
        .await
        .ok();
    assert_eq!(created, json!({ "username": "Analytics_1" }));
    assert_eq!(api.get("/v1/users/analytics_1/instances").await.status, 200);
    let duplicate = api.post("/v1/users", json!({ "username": "ANALYTICS_1" })).await;
    assert_eq!(duplicate.error(), (409, "CONFLICT"));
    assert!(duplicate.body.get("issues").is_none());

    let deleted = api.delete("/v1/users/ANALYTICS_1").await.ok();
    assert_eq!(deleted, json!({ "username": "Analytics_1" }));
    for gone in [
        api.delete("/v1/users/Analytics_1").await,
        api.get("/v1/users/Analytics_1/instances").await,
        api.get("/v1/users/Analytics_1/tokens").await,
    ] {
        assert_eq!(gone.error(), (404, "NOT_FOUND"));
    }
}

#[tokio::test]
async fn invalid_username_returns_the_documented_error() {
    let api = Api::start().await;
    let response = api.post("/v1/users", json!({ "username": "1st" })).await;
    assert_eq!(response.status, 400);
    assert_eq!(
        response.body,
        json!({
            "message": "Username must start with an alphabetic character",
            "code": "BAD_REQUEST",
            "data": { "code": "BAD_REQUEST", "httpStatus": 400, "path": "users.createServiceAccount" },
            "issues": [{
                "code": "invalid_string",
                "message": "Username must start with an alphabetic character",
                "path": ["username"],
            }],
        })
    );
    assert_eq!(
        api.post("/v1/users", json!({})).await.issue_paths(),
        [json!(["username"])]
    );
    assert_eq!(
        api.post("/v1/users", json!("analytics")).await.issue_paths(),
        [json!([])]
    );
}

#[tokio::test]
async fn body_that_is_not_json_is_an_error() {
    let api = Api::start().await;
    for body in ["{\"username\":", "username=x", "\u{feff}{}"] {
        let request = api.request(Method::POST, "/v1/users").body(body);
        let response = JsonResponse::read(request.send().await.unwrap()).await;
        assert_eq!(response.error(), (400, "PARSE_ERROR"), "{body}");
    }
    let empty = JsonResponse::read(api.request(Method::POST, "/v1/users").send().await.unwrap()).await;
    assert_eq!(empty.issue_paths(), [json!(["username"])]);
    let large = api
        .request(Method::POST, "/v1/users")
        .body(" ".repeat(2 * 1024 * 1024));
    assert_eq!(
        JsonResponse::read(large.send().await.unwrap()).await.error(),
        (413, "PAYLOAD_TOO_LARGE")
    );
}

#[tokio::test]
async fn encoded_usernames_in_paths_are_decoded() {
    let api = Api::start().await;
    let users =
        ["grace.hopper", "a/b c", "é%"].map(|name| json!({ "username": name, "is_service_account": false }));
    api.emulator.seed(&json!({ "users": users })).unwrap();
    for path in ["grace.hopper", "Grace%2Ehopper", "a%2Fb%20c", "%C3%89%25"] {
        assert_eq!(
            api.get(&format!("/v1/users/{path}/instances")).await.status,
            200,
            "{path}"
        );
    }
    let long = api.get(&format!("/v1/users/{}/tokens", "x".repeat(256))).await;
    assert_eq!(long.issue_paths(), [json!(["username"])]);
    assert_eq!(
        api.get("/v1/users//tokens").await.issue_paths(),
        [json!(["username"])]
    );
    assert_eq!(
        api.get("/v1/users/%FF/instances").await.error(),
        (400, "BAD_REQUEST")
    );
}

#[tokio::test]
async fn users_returns_humans_and_service_accounts() {
    let api = Api::with_account("svc").await;
    let page = api.get("/v1/users").await.ok();
    assert_eq!(page["total_count"], 2);
    assert!(page["next_page_token"].is_null());
    let mut users = page["users"].clone();
    for user in users.as_array_mut().unwrap() {
        assert!(!text(&user["id"].take()).is_empty());
    }
    assert_eq!(
        users,
        json!([
            {
                "id": null, "username": "svc", "email": "svc@service.example.invalid", "first_name": null,
                "last_name": null, "is_service_account": true, "is_deprovisioned": false, "roles": [],
            },
            {
                "id": null, "username": ADMIN_USERNAME, "email": format!("{ADMIN_USERNAME}@example.com"),
                "first_name": "Emulator", "last_name": "Admin", "is_service_account": false,
                "is_deprovisioned": false, "roles": ["admin"],
            },
        ])
    );
}

#[tokio::test]
async fn users_are_listed_in_pages() {
    let api = Api::start().await;
    for number in 0..6 {
        api.create_account(&format!("svc_{number}")).await;
    }
    let mut names = Vec::new();
    let mut path = "/v1/users?limit=4&is_service_account=true".to_owned();
    let mut pages = 0;
    loop {
        let page = api.get(&path).await.ok();
        assert_eq!(page["total_count"], 6);
        names.extend(each(&page["users"], "username").iter().map(text));
        pages += 1;
        let Some(token) = page["next_page_token"].as_str() else {
            break;
        };
        path = format!("/v1/users?limit=4&is_service_account=true&page_token={token}");
    }
    assert_eq!(pages, 2);
    names.sort();
    assert_eq!(names, ["svc_0", "svc_1", "svc_2", "svc_3", "svc_4", "svc_5"]);
    let exact = api.get("/v1/users?limit=6&is_service_account=true").await.ok();
    assert!(exact["next_page_token"].is_null());
}

#[tokio::test]
async fn account_created_between_pages_repeats_a_row() {
    let api = Api::start().await;
    for name in ["one", "two", "three"] {
        api.create_account(name).await;
    }
    let first = api.get("/v1/users?limit=2").await.ok();
    api.create_account("four").await;
    let token = text(&first["next_page_token"]);
    let second = api
        .get(&format!("/v1/users?limit=2&page_token={token}"))
        .await
        .ok();
    assert_eq!(first["users"][1]["id"], second["users"][0]["id"]);
    assert_eq!(second["total_count"], 5);
}

#[tokio::test]
async fn users_filters_are_applied_and_validated() {
    let api = Api::start().await;
    let gone = json!({ "username": "gone", "is_service_account": false, "is_deprovisioned": true });
    api.emulator.seed(&json!({ "users": [gone] })).unwrap();
    api.create_account("svc").await;
    let query = "is_deprovisioned=false&is_service_account=false&unknown=1";
    let page = api.get(&format!("/v1/users?{query}")).await.ok();
    assert_eq!(each(&page["users"], "username"), [ADMIN_USERNAME]);
    assert_eq!(page["total_count"], 1);
    let bad = api
        .get("/v1/users?limit=1001&is_service_account=1&is_deprovisioned=&page_token=x")
        .await;
    assert_eq!(
        bad.issue_paths(),
        [
            json!(["limit"]),
            json!(["is_service_account"]),
            json!(["is_deprovisioned"]),
            json!(["page_token"])
        ]
    );
}
