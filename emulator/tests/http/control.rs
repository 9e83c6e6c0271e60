//! The control endpoints: request log, state, seed, clock.

use motherduck_emulator::{ADMIN_USERNAME, DEFAULT_ADMIN_TOKEN, Emulator};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Api, JsonResponse, each};

#[tokio::test]
async fn request_log_contains_api_requests_in_order() {
    let api = Api::with_account("svc").await;
    api.get("/v1/users?limit=1").await.ok();
    api.get("/_emulator/state").await.ok();
    api.request(Method::PATCH, "/v1/nowhere").send().await.unwrap();
    let log = api.get("/_emulator/requests").await.ok();
    assert_eq!(each(&log, "method"), ["POST", "GET", "PATCH"]);
    assert_eq!(each(&log, "path"), ["/v1/users", "/v1/users", "/v1/nowhere"]);
    assert_eq!(each(&log, "query"), [Value::Null, json!("limit=1"), Value::Null]);
    assert_eq!(each(&log, "status"), [200, 200, 404]);
    assert!(each(&log, "ms").iter().all(Value::is_u64));
    assert_eq!(api.emulator.requests().len(), 3);
    let state = api.get("/_emulator/state").await.ok();
    assert!(
        each(&log, "at")
            .iter()
            .all(|at| at.as_str() <= state["clock"]["now"].as_str())
    );

    let reset = api
        .request(Method::DELETE, "/_emulator/requests")
        .send()
        .await
        .unwrap();
    assert_eq!(reset.status(), 204);
    assert_eq!(api.get("/_emulator/requests").await.ok(), json!([]));
    assert!(api.emulator.requests().is_empty());
}

#[tokio::test]
async fn page_has_a_content_security_policy_with_a_new_nonce() {
    let api = Api::start().await;
    let mut nonces = Vec::new();
    for _ in 0..2 {
        let response = api.request(Method::GET, "/_emulator/").send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
        let policy = response.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"),
            "{policy}"
        );
        let (_, nonce) = policy.split_once("script-src 'nonce-").unwrap();
        let (nonce, _) = nonce.split_once('\'').unwrap();
        let page = response.text().await.unwrap();
        assert_eq!(page.matches(&format!("nonce=\"{nonce}\"")).count(), 2);
        nonces.push(nonce.to_owned());
    }
    assert_ne!(nonces[0], nonces[1]);
}

#[tokio::test]
async fn page_without_slash_is_redirected() {
    let api = Api::start().await;
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    let url = format!("{}/_emulator", api.emulator.url());
    let response = client.get(url).send().await.unwrap();
    assert_eq!(response.status(), 308);
    assert_eq!(response.headers()["location"], "/_emulator/");
    assert!(api.emulator.requests().is_empty());
    // A path that only begins alike is no control path.
    api.request(Method::GET, "/_emulators").send().await.unwrap();
    assert_eq!(api.emulator.requests().len(), 1);
}

#[tokio::test]
async fn seed_may_exceed_the_body_limit_of_the_api() {
    let api = Api::start().await;
    let tokens: Vec<Value> = (0..10_000)
        .map(|number| json!({ "name": format!("{number:0>100}") }))
        .collect();
    let seed = json!({ "users": [{ "username": "svc", "is_service_account": true, "tokens": tokens }] });
    assert!(seed.to_string().len() > 1024 * 1024);
    api.put("/_emulator/seed", seed).await.ok();
    let listed = api.get("/v1/users/svc/tokens").await.ok();
    assert_eq!(listed["tokens"].as_array().unwrap().len(), 10_000);
}

#[tokio::test]
async fn request_log_is_available_as_json_lines() {
    let api = Api::with_account("svc").await;
    api.get("/v1/users?limit=1").await.ok();
    let response = api
        .request(Method::GET, "/_emulator/requests?format=jsonl")
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-type"], "application/x-ndjson");
    let text = response.text().await.unwrap();
    assert!(text.ends_with('\n'));
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        json!(lines),
        api.get("/_emulator/requests?format=json").await.ok()
    );
    for query in ["format=xml", "fromat=jsonl"] {
        let response = api.get(&format!("/_emulator/requests?{query}")).await;
        assert_eq!(response.issue_paths(), [json!(["format"])], "{query}");
    }
}

#[tokio::test]
async fn request_log_file_is_appended_to() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("requests.jsonl");
    for number in 1..=2 {
        let api = Api::with(Emulator::builder().request_log_file(&file)).await;
        api.create_account("svc").await;
        // Clearing the log in memory does not change the file.
        api.emulator.clear_requests();
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(text.lines().count(), number);
        let line: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!(
            (&line["method"], &line["path"], &line["status"]),
            (&json!("POST"), &json!("/v1/users"), &json!(200))
        );
    }
    let refused = Emulator::builder()
        .request_log_file(folder.path())
        .start()
        .await
        .unwrap_err();
    assert!(
        refused
            .to_string()
            .starts_with("cannot write the request log to "),
        "{refused}"
    );
}

#[tokio::test]
async fn control_endpoints_require_no_token_and_return_no_secret() {
    let mut api = Api::with_account("svc").await;
    let (_, secret) = api.create_token("svc", json!({ "name": "n" })).await;
    // A client sends the secret in place of the id by mistake.
    assert_eq!(
        api.delete(&format!("/v1/users/svc/tokens/{secret}")).await.status,
        404
    );
    api.get(&format!("/v1/users?page={secret}")).await;
    let written_otherwise = format!("%{:02x}{}", secret.as_bytes()[0], &secret[1..]);
    api.delete(&format!("/v1/users/svc/tokens/{written_otherwise}"))
        .await;
    api.act_as("not a token");
    for path in ["/_emulator/requests", "/_emulator/state", "/_emulator/overview"] {
        let shown = api.get(path).await.ok().to_string();
        assert!(
            !shown.contains(&secret[1..]) && !shown.contains(DEFAULT_ADMIN_TOKEN),
            "{path}"
        );
    }
    let last = api.emulator.requests().pop().unwrap();
    assert_eq!(last.path, "/v1/users/svc/tokens/***");
    let seeded = api
        .put("/_emulator/seed", json!({ "users": [] }))
        .await
        .ok()
        .to_string();
    assert!(!seeded.contains(&secret) && !seeded.contains(DEFAULT_ADMIN_TOKEN));
}

#[tokio::test]
async fn state_contains_accounts_tokens_and_clock() {
    let api = Api::with_account("svc").await;
    let (id, _) = api.create_token("svc", json!({ "name": "n", "ttl": 300 })).await;
    let state = api.get("/_emulator/state").await.ok();
    assert_eq!(each(&state["accounts"], "username"), [ADMIN_USERNAME, "svc"]);
    let svc = &state["accounts"][1];
    assert_eq!(svc["tokens"][0]["id"], id);
    assert_eq!(svc["tokens"][0]["expired"], false);
    assert_eq!(
        svc["ducklings"]["read_write"],
        json!({ "instance_size": "standard", "cooldown_seconds": 60 })
    );
    assert_eq!(state["accounts"][0]["ducklings"], svc["ducklings"]);
    for list in ["dives", "running_ducklings", "embed_sessions"] {
        assert_eq!(state[list], json!([]), "{list}");
    }
    assert_eq!(state["clock"]["offset_seconds"], 0);
    let mut own = api.emulator.state();
    own["clock"]["now"] = state["clock"]["now"].clone();
    assert_eq!(own, state);
    api.emulator.advance_clock(301).unwrap();
    assert_eq!(api.emulator.state()["accounts"][1]["tokens"][0]["expired"], true);
}

#[tokio::test]
async fn seed_adds_users_dives_and_running_ducklings() {
    let api = Api::with_account("svc").await;
    let seed = json!({
        "users": [{
            "username": "grace.hopper", "is_service_account": false, "email": "grace@example.com",
            "first_name": "Grace", "last_name": null, "roles": ["builder"],
            "ducklings": {
                "read_write": { "instance_size": "mega" },
                "read_scaling": { "instance_size": "pulse", "flock_size": 1 },
            },
            "tokens": [{ "name": "laptop", "created_ts": "2026-06-19T00:00:00Z", "token_type": "read_scaling" }],
        }],
        "dives": [{ "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7" }],
        "running_ducklings": [
            { "username": "svc", "ducklings": [{ "id": "rw", "type": "read_write", "status": "active" }] },
        ],
    });
    let state = api.put("/_emulator/seed", seed).await.ok();
    assert_eq!(
        each(&state["accounts"], "username"),
        [ADMIN_USERNAME, "grace.hopper", "svc"]
    );
    assert_eq!(state["dives"][0]["version"], 1);
    assert_eq!(state["running_ducklings"][0]["username"], "svc");
    let users = api.get("/v1/users?is_service_account=false").await.ok();
    assert_eq!(users["users"][0]["email"], "grace@example.com");
    assert_eq!(users["users"][0]["roles"], json!(["builder"]));
    let tokens = api.get("/v1/users/grace.hopper/tokens").await.ok();
    assert_eq!(tokens["tokens"][0]["created_ts"], "2026-06-19T00:00:00Z");
    let config = api.get("/v1/users/grace.hopper/instances").await.ok();
    assert_eq!(config["read_write"]["cooldown_seconds"], 300);
}

#[tokio::test]
async fn invalid_seed_returns_400_and_changes_nothing() {
    let api = Api::start().await;
    let before = api.emulator.state()["accounts"].clone();
    let seed =
        json!({ "users": [{ "username": "svc", "is_service_account": true }, { "name": "x" }], "divs": [] });
    let response = api.put("/_emulator/seed", seed.clone()).await;
    assert_eq!(
        response.issue_paths(),
        [json!([]), json!(["users", 1]), json!(["users", 1, "username"])]
    );
    assert_eq!(api.emulator.state()["accounts"], before);
    let error = api.emulator.seed(&seed).unwrap_err().to_string();
    assert!(error.contains("users.1.username: Required"), "{error}");
    let request = api.request(Method::PUT, "/_emulator/seed").body("{");
    assert_eq!(
        JsonResponse::read(request.send().await.unwrap()).await.error(),
        (400, "PARSE_ERROR")
    );
}

#[tokio::test]
async fn clock_endpoint_changes_the_date_of_responses() {
    let api = Api::start().await;
    let before = api.emulator.now();
    let moved = api
        .post("/_emulator/clock", json!({ "advance_seconds": 864_000 }))
        .await
        .ok();
    let now: jiff::Timestamp = moved["now"].as_str().unwrap().parse().unwrap();
    assert!(now.as_second() - before.as_second() >= 864_000);
    let response = api.request(Method::GET, "/v1/users").send().await.unwrap();
    let dates: Vec<_> = response.headers().get_all("date").iter().collect();
    assert_eq!(dates.len(), 1);
    let date = httpdate::parse_http_date(dates[0].to_str().unwrap()).unwrap();
    let date = date
        .duration_since(std::time::SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    assert!(date >= u64::try_from(now.as_second()).unwrap());

    api.post("/_emulator/clock", json!({ "advance_seconds": -864_000 }))
        .await
        .ok();
    assert_eq!(api.emulator.state()["clock"]["offset_seconds"], 0);
}

#[tokio::test]
async fn invalid_clock_request_returns_400() {
    let api = Api::start().await;
    for (body, path) in [
        (json!({}), json!(["advance_seconds"])),
        (json!({ "advance_seconds": 1.5 }), json!(["advance_seconds"])),
        (json!({ "advance_seconds": 1, "unit": "h" }), json!([])),
    ] {
        assert_eq!(api.post("/_emulator/clock", body).await.issue_paths(), [path]);
    }
    let response = api
        .post("/_emulator/clock", json!({ "advance_seconds": i64::MAX }))
        .await;
    assert_eq!(response.error(), (400, "BAD_REQUEST"));
    assert_eq!(api.emulator.state()["clock"]["offset_seconds"], 0);
}
