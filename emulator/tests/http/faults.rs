//! Each kind of fault as a client sees it, over HTTP/1 and HTTP/2 where they differ.

use std::error::Error;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::{ADMIN_USERNAME, DEFAULT_ADMIN_TOKEN, Emulator, Faults};
use reqwest::{Client, Method, Response, Version};
use serde_json::{Value, json};

use crate::support::{Api, JsonResponse, client_of, each};

/// Starts an emulator that applies this fault to each `POST /v1/users`.
async fn start_with_fault(fault: Value) -> Api {
    let rules = json!([{ "method": "POST", "path": "/v1/users", "fault": fault }]);
    Api::with(Emulator::builder().faults(Faults::from_json(&rules).unwrap())).await
}

/// Sends the request that creates the account `svc`.
async fn create(api: &Api) -> reqwest::Result<Response> {
    let request = api.request(Method::POST, "/v1/users");
    request.json(&json!({ "username": "svc" })).send().await
}

/// Expects that a client which waits for a short time receives no response.
async fn assert_create_times_out(api: &Api) {
    let request = api
        .request(Method::POST, "/v1/users")
        .json(&json!({ "username": "svc" }));
    let sent = request.timeout(Duration::from_millis(200)).send().await;
    let error = sent.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
}

fn usernames(api: &Api) -> Vec<Value> {
    each(&api.emulator.state()["accounts"], "username")
}

/// Expects that the request was handled, or that it was not.
fn assert_handled(api: &Api, acted: bool) {
    let expected: &[&str] = if acted {
        &[ADMIN_USERNAME, "svc"]
    } else {
        &[ADMIN_USERNAME]
    };
    assert_eq!(usernames(api), expected);
}

/// Expects the last request in the log to have this status and fault.
fn assert_logged(api: &Api, status: Option<u16>, fault: &str) {
    let last = api.emulator.requests().pop().unwrap();
    assert_eq!((last.status, last.fault), (status, Some(fault)));
}

#[tokio::test]
async fn status_fault_returns_the_error_body() {
    for (status, code) in [
        (400, "BAD_REQUEST"),
        (404, "NOT_FOUND"),
        (429, "TOO_MANY_REQUESTS"),
        (500, "INTERNAL_SERVER_ERROR"),
        (503, "INTERNAL_SERVER_ERROR"),
    ] {
        for (kind, acted) in [("status", false), ("status_after", true)] {
            let api = start_with_fault(json!({ "kind": kind, "status": status })).await;
            let response = create(&api).await.unwrap();
            assert!(response.headers().get("retry-after").is_none());
            assert_eq!(JsonResponse::read(response).await.error(), (status, code));
            assert_handled(&api, acted);
            assert_logged(&api, Some(status), kind);
        }
    }
}

#[tokio::test]
async fn status_fault_sends_retry_after() {
    let api = start_with_fault(json!({ "kind": "status", "status": 429, "retry_after": 7 })).await;
    let response = create(&api).await.unwrap();
    assert_eq!(response.headers()["retry-after"], "7");

    let api = start_with_fault(json!({ "kind": "status", "status": 503, "retry_after_date": 90 })).await;
    api.emulator.advance_clock(1_000_000).unwrap();
    let response = create(&api).await.unwrap();
    let time = |header| -> SystemTime {
        httpdate::parse_http_date(response.headers()[header].to_str().unwrap()).unwrap()
    };
    // Both times are from the emulator's clock; a new second may begin in between.
    let ahead = time("retry-after").duration_since(time("date")).unwrap();
    assert!((89..=90).contains(&ahead.as_secs()), "{ahead:?}");
}

#[tokio::test]
async fn html_faults_return_a_page() {
    for (kind, status, title, acted) in [
        ("html_502", 502, "<title>502 Bad Gateway</title>", false),
        ("html_502_after", 502, "<title>502 Bad Gateway</title>", true),
        ("html_200", 200, "<title>Sign in</title>", false),
        ("html_200_after", 200, "<title>Sign in</title>", true),
    ] {
        let api = start_with_fault(json!({ "kind": kind })).await;
        let response = create(&api).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
        let page = response.text().await.unwrap();
        assert!(page.contains(title), "{page}");
        assert_handled(&api, acted);
        assert_logged(&api, Some(status), kind);
    }
}

/// Whether the error is a connection that was closed without a response.
fn is_closed_without_response(error: &reqwest::Error) -> bool {
    let first: Option<&(dyn Error + 'static)> = error.source();
    let mut causes = std::iter::successors(first, |cause| (*cause).source());
    !error.is_timeout()
        && !error.is_connect()
        && error.status().is_none()
        && causes.any(|cause| {
            let text = cause.to_string();
            let io = cause.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
            text.contains("connection closed before message completed")
                || matches!(
                    io,
                    Some(ErrorKind::ConnectionReset | ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe)
                )
        })
}

#[tokio::test]
async fn drop_faults_close_the_connection() {
    for (kind, acted) in [("drop_before", false), ("drop_after", true)] {
        let api = start_with_fault(json!({ "kind": kind })).await;
        let error = create(&api).await.unwrap_err();
        assert!(is_closed_without_response(&error), "{error:?}");
        assert_handled(&api, acted);
        assert_logged(&api, None, kind);
        // Other requests are not affected.
        api.get("/v1/users").await.ok();
    }
}

#[tokio::test]
async fn drop_faults_close_the_connection_with_tls() {
    for (kind, acted) in [("drop_before", false), ("drop_after", true)] {
        for version in [Version::HTTP_2, Version::HTTP_11] {
            let emulator = CheckedEmulator::start(Emulator::builder().tls(true))
                .await
                .unwrap();
            let client = client_of(&emulator, version);
            let url = format!("{}/v1/users", emulator.url());
            let first = client.get(&url).bearer_auth(DEFAULT_ADMIN_TOKEN).send().await;
            assert_eq!(first.unwrap().version(), version);

            let rules = json!([{ "method": "POST", "fault": { "kind": kind } }]);
            emulator.set_faults(&rules).unwrap();
            let request = client.post(&url).bearer_auth(DEFAULT_ADMIN_TOKEN);
            let error = request
                .json(&json!({ "username": "svc" }))
                .send()
                .await
                .unwrap_err();
            assert!(
                is_closed_without_response(&error),
                "{kind} {version:?}: {error:?}"
            );
            let accounts = emulator.state()["accounts"].as_array().unwrap().len();
            assert_eq!(accounts == 2, acted, "{kind} {version:?}");
        }
    }
}

#[test]
fn drop_faults_send_no_byte() {
    for kind in ["drop_before", "drop_after"] {
        let rules = json!([{ "fault": { "kind": kind } }]);
        let emulator = Emulator::builder().faults(Faults::from_json(&rules).unwrap());
        let emulator = CheckedEmulator::start_blocking(emulator).unwrap();
        let mut stream = TcpStream::connect(emulator.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(
            stream,
            "GET /v1/users HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {DEFAULT_ADMIN_TOKEN}\r\n\r\n"
        )
        .unwrap();
        let mut response = Vec::new();
        match stream.read_to_end(&mut response) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{error}"),
        }
        assert_eq!(response, b"");
    }
}

#[tokio::test]
async fn truncated_json_returns_half_of_the_json() {
    let api = start_with_fault(json!({ "kind": "truncated_json" })).await;
    let response = create(&api).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    // The HTTP body is complete, so only a parser detects the truncation.
    let body = response.text().await.unwrap();
    assert_eq!(body, r#"{"usernam"#);
    assert_handled(&api, true);
}

#[tokio::test]
async fn cut_off_ends_the_connection_within_the_body() {
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let rules = json!([{ "method": "POST", "fault": { "kind": "cut_off" } }]);
        let emulator = Emulator::builder().faults(Faults::from_json(&rules).unwrap());
        let api = Api::with(emulator.tls(version == Version::HTTP_2)).await;
        let client = client_of(&api.emulator, version);
        let request = client.post(format!("{}/v1/users", api.emulator.url()));
        let request = request.bearer_auth(DEFAULT_ADMIN_TOKEN);
        let mut response = request.json(&json!({ "username": "svc" })).send().await.unwrap();
        assert_eq!((response.status().as_u16(), response.version()), (200, version));
        // The header states the whole length, and half of the body arrives.
        assert_eq!(response.content_length(), Some(18));
        let mut body = Vec::new();
        let error = loop {
            match response.chunk().await {
                Ok(piece) => body.extend_from_slice(&piece.unwrap()),
                Err(error) => break error,
            }
        };
        assert!(
            is_closed_without_response(&error) || error.is_decode() || error.is_body(),
            "{error:?}"
        );
        assert_eq!(body, br#"{"usernam"#);
        assert_handled(&api, true);
    }
}

#[tokio::test]
async fn wrong_shape_replaces_the_body() {
    let api = start_with_fault(json!({ "kind": "wrong_shape" })).await;
    let body = JsonResponse::read(create(&api).await.unwrap()).await.ok();
    assert_eq!(body, json!({ "data": { "unexpected": true } }));
    assert_handled(&api, true);
    // The status is that of the true response, whose body is replaced.
    let again = JsonResponse::read(create(&api).await.unwrap()).await;
    assert_eq!((again.status, &again.body["code"]), (409, &Value::Null));
}

#[tokio::test]
async fn empty_200_returns_no_body() {
    let api = start_with_fault(json!({ "kind": "empty_200" })).await;
    let response = create(&api).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.content_length(), Some(0));
    assert_eq!(response.text().await.unwrap(), "");
    assert_handled(&api, true);
}

#[tokio::test]
async fn delay_sends_the_response_late() {
    let api = start_with_fault(json!({ "kind": "delay", "ms": 3_600_000 })).await;
    assert_create_times_out(&api).await;
    // The request was handled at once.
    assert_handled(&api, true);

    let api = start_with_fault(json!({ "kind": "delay", "ms": 1 })).await;
    let body = JsonResponse::read(create(&api).await.unwrap()).await.ok();
    assert_eq!(body, json!({ "username": "svc" }));
}

/// Waits until the request was handled.
async fn wait_until_handled(api: &Api) {
    let acted = async {
        while usernames(api).len() == 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), acted)
        .await
        .unwrap();
    assert_handled(api, true);
}

#[tokio::test]
async fn late_commit_does_not_handle_the_request_before_its_time() {
    let api = start_with_fault(json!({ "kind": "late_commit", "ms": 3_600_000 })).await;
    assert_create_times_out(&api).await;
    assert_handled(&api, false);
}

#[tokio::test]
async fn late_commit_handles_the_request_after_a_disconnect() {
    let api = start_with_fault(json!({ "kind": "late_commit", "ms": 200 })).await;
    let mut stream = TcpStream::connect(api.emulator.address()).unwrap();
    let body = r#"{"username":"svc"}"#;
    write!(
        stream,
        "POST /v1/users HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {DEFAULT_ADMIN_TOKEN}\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    drop(stream);
    wait_until_handled(&api).await;
}

#[tokio::test]
async fn late_commit_with_a_status_handles_the_request_afterwards() {
    let refused = async |ms: u32| {
        let api = start_with_fault(json!({ "kind": "late_commit", "ms": ms, "status": 504 })).await;
        let response = JsonResponse::read(create(&api).await.unwrap()).await;
        assert_eq!(response.error(), (504, "INTERNAL_SERVER_ERROR"));
        assert_logged(&api, Some(504), "late_commit");
        api
    };
    assert_handled(&refused(3_600_000).await, false);
    wait_until_handled(&refused(1).await).await;
}

#[tokio::test]
async fn late_commit_returns_the_response_to_a_waiting_client() {
    let api = start_with_fault(json!({ "kind": "late_commit", "ms": 1 })).await;
    let body = JsonResponse::read(create(&api).await.unwrap()).await.ok();
    assert_eq!(body, json!({ "username": "svc" }));
    assert_logged(&api, Some(200), "late_commit");
}

#[tokio::test]
async fn late_commit_is_not_handled_after_stop() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state");
    let rules = json!([{ "fault": { "kind": "late_commit", "ms": 3_600_000, "status": 504 } }]);
    let emulator = Emulator::builder().state_file(&file);
    let api = Api::with(emulator.clone().faults(Faults::from_json(&rules).unwrap())).await;
    create(&api).await.unwrap();
    api.emulator.stop().await;
    // The state file is closed, and the account is not in it.
    let api = Api::with(emulator).await;
    assert_handled(&api, false);
}

#[tokio::test]
async fn trickle_sends_the_body_in_pieces() {
    let api = start_with_fault(json!({ "kind": "trickle", "ms": 1 })).await;
    let mut response = create(&api).await.unwrap();
    assert_eq!(response.content_length(), Some(18));
    let (mut body, mut pieces) = (Vec::new(), 0);
    while let Some(piece) = response.chunk().await.unwrap() {
        body.extend_from_slice(&piece);
        pieces += 1;
    }
    assert_eq!(body, br#"{"username":"svc"}"#);
    assert!(pieces > 1, "it was received in one piece");

    // The head arrives at once; the body would take hours.
    let api = start_with_fault(json!({ "kind": "trickle", "ms": 3_600_000 })).await;
    let mut response = create(&api).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.chunk().await.unwrap().unwrap(), "{");
    assert_handled(&api, true);
}

#[tokio::test]
async fn oversized_response_ends_on_disconnect() {
    let api = start_with_fault(json!({ "kind": "oversized" })).await;
    let mut response = create(&api).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.content_length(), None);
    let mut size = 0;
    while size < 17 << 20 {
        size += response.chunk().await.unwrap().unwrap().len();
    }
    drop(response);
    assert_handled(&api, true);
    // Stopping waits for responses in flight, except this one.
    let stopped = tokio::time::timeout(Duration::from_secs(60), api.emulator.stop());
    stopped.await.unwrap();
}

#[tokio::test]
async fn redirect_fault_returns_a_location() {
    let not_following = Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    for (fault, location) in [
        (json!({ "kind": "redirect" }), "https://elsewhere.invalid/"),
        (
            json!({ "kind": "redirect", "to": "http://localhost:9/x" }),
            "http://localhost:9/x",
        ),
    ] {
        let api = start_with_fault(fault).await;
        let url = format!("{}/v1/users", api.emulator.url());
        let response = not_following.post(url).bearer_auth(DEFAULT_ADMIN_TOKEN);
        let response = response.json(&json!({ "username": "svc" })).send().await.unwrap();
        assert_eq!(response.status(), 307);
        assert_eq!(response.headers()["location"], location);
        assert_handled(&api, false);
    }
}

#[tokio::test]
async fn fault_rules_are_set_counted_and_cleared() {
    let api = Api::start().await;
    assert_eq!(
        api.get("/_emulator/faults").await.ok(),
        json!({ "seed": 0, "rules": [] })
    );
    let first = json!({ "path": "/v1/users/*/tokens", "nth": 2, "fault": { "kind": "html_502" } });
    let second = json!({ "method": "GET", "count": 1, "fault": { "kind": "status", "status": 500 } });
    let rules = json!({ "seed": 3, "rules": [first, second] });
    let set = api.put("/_emulator/faults", rules).await.ok();
    let unmet = |rule: &Value| json!({ "rule": rule, "calls": 0, "hits": 0 });
    assert_eq!(
        set,
        json!({ "seed": 3, "rules": [unmet(&first), unmet(&second)] })
    );

    // Control requests are neither changed nor counted.
    assert_eq!(api.get("/_emulator/faults").await.ok(), set);
    let statuses = async |path: &str| {
        let mut statuses = Vec::new();
        for _ in 0..3 {
            let response = api.request(Method::GET, path).send().await.unwrap();
            statuses.push(response.status().as_u16());
        }
        statuses
    };
    let tokens = format!("/v1/users/{ADMIN_USERNAME}/tokens");
    assert_eq!(statuses(&tokens).await, [500, 502, 200]);
    assert_eq!(statuses("/v1/users").await, [200, 200, 200]);
    let met = api.get("/_emulator/faults").await.ok();
    assert_eq!(each(&met["rules"], "calls"), [3, 6]);
    assert_eq!(each(&met["rules"], "hits"), [1, 1]);
    assert_eq!(api.emulator.faults(), met);

    let cleared = api
        .request(Method::DELETE, "/_emulator/faults")
        .send()
        .await
        .unwrap();
    assert_eq!(cleared.status(), 204);
    assert_eq!(api.emulator.faults()["rules"], json!([]));
}

#[tokio::test]
async fn invalid_fault_rules_return_400_and_change_nothing() {
    let api = Api::start().await;
    let good = json!([{ "fault": { "kind": "html_502" } }]);
    api.put("/_emulator/faults", good).await.ok();
    let before = api.emulator.faults();
    let bad = json!({ "rules": [
        { "fault": { "kind": "html_502" } },
        { "path": "users", "methd": "GET", "fault": { "kind": "status", "status": 42 } },
    ] });
    let response = api.put("/_emulator/faults", bad.clone()).await;
    assert_eq!(
        response.issue_paths(),
        [
            json!(["rules", 1]),
            json!(["rules", 1, "path"]),
            json!(["rules", 1, "fault", "status"]),
        ]
    );
    let error = api.emulator.set_faults(&bad).unwrap_err().to_string();
    assert!(
        error.contains("rules.1.path: Expected a path that starts with '/'"),
        "{error}"
    );
    let request = api.request(Method::PUT, "/_emulator/faults").body("[");
    let response = JsonResponse::read(request.send().await.unwrap()).await;
    assert_eq!(response.error(), (400, "PARSE_ERROR"));
    assert_eq!(api.emulator.faults(), before);
}

#[test]
fn fault_rules_of_the_readme_are_valid() {
    let readme = include_str!("../../README.md");
    let section = &readme[readme.find("## Faults").unwrap()..];
    let start = section.find("```json\n").unwrap() + "```json\n".len();
    let end = start + section[start..].find("```").unwrap();
    section[start..end].parse::<Faults>().unwrap();
}
