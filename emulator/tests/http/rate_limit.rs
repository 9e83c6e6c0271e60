//! The limit on the rate of API requests.

use motherduck_emulator::Emulator;
use reqwest::Method;
use serde_json::json;

use crate::support::{Api, JsonResponse};

#[tokio::test]
async fn request_above_the_limit_returns_429_with_retry_after() {
    // The window is far longer than the test.
    let api = Api::with(Emulator::builder().rate_limit("2/3600".parse().unwrap())).await;
    api.create_account("svc").await;
    api.get("/v1/users").await.ok();
    let request = api.request(Method::POST, "/v1/users");
    let response = request
        .json(&json!({ "username": "another" }))
        .send()
        .await
        .unwrap();
    let seconds: u64 = response.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=3600).contains(&seconds), "{seconds}");
    assert_eq!(
        JsonResponse::read(response).await.error(),
        (429, "TOO_MANY_REQUESTS")
    );

    // Control requests are not limited, and refused requests are not handled.
    for _ in 0..3 {
        let state = api.get("/_emulator/state").await.ok();
        assert_eq!(state["accounts"].as_array().unwrap().len(), 2);
    }
    assert_eq!(api.emulator.requests().last().unwrap().status, Some(429));
}
