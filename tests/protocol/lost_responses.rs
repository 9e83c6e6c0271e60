//! Token creations without a usable response: one apply creates exactly one token, and no other token
//! remains.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use motherduck_contract::CheckedEmulator;
use motherduck_emulator::Emulator;
use serde_json::{Value as Json, json};

use crate::host::{
    Reply, Request, ScriptedApi, Session, TOKEN, TOKEN_ID, calls, edited, eventually, set_faults, token_ids,
    with_loader,
};

const TOKENS: &str = "/v1/users/loader/tokens";

/// Returns ways to lose the response to a request that was carried out: at once, and after the timeout. The fault matrix
/// has all others.
fn lost_responses() -> [Json; 2] {
    [drop_after(), json!({ "kind": "delay", "ms": 60_000 })]
}

fn fault(method: &str, path: &str, count: u32, fault: &Json) -> Json {
    json!({ "method": method, "path": path, "count": count, "fault": fault })
}

/// Returns a fault that carries out a request and closes the connection without a response.
fn drop_after() -> Json {
    json!({ "kind": "drop_after" })
}

/// Applies this fault to the next requests that create a token.
fn fail_creates(api: &CheckedEmulator, count: u32, with: &Json) {
    set_faults(api, &json!([fault("POST", TOKENS, count, with)]));
}

/// Starts an organization with the account `loader`, and a provider with a request timeout of one second.
async fn set_up() -> (Session, CheckedEmulator) {
    let api = with_loader(Emulator::builder()).await;
    let session = Session::start().await;
    session
        .configure_with(
            &api.url(),
            &json!({ "request_timeout_seconds": 1, "max_retries": 4 }),
        )
        .await;
    (session, api)
}

fn live(api: &CheckedEmulator) -> Vec<String> {
    token_ids(api)
}

fn fixed() -> Json {
    json!({
        "username": "loader", "name": "nightly", "ttl": 3600, "token_type": "read_scaling",
        "description": "for the loads",
    })
}

fn prefixed() -> Json {
    let mut config = edited(&fixed(), "name", Json::Null);
    config["name_prefix"] = json!("etl-");
    config
}

/// Returns the number of requests of each method.
fn counts(api: &CheckedEmulator) -> [usize; 3] {
    ["GET", "POST", "DELETE"].map(|method| calls(api).iter().filter(|call| call.starts_with(method)).count())
}

#[tokio::test]
async fn create_with_lost_response_results_in_one_token() {
    for lost in lost_responses() {
        let (session, api) = set_up().await;
        for config in [fixed(), prefixed()] {
            api.clear_requests();
            fail_creates(&api, 1, &lost);
            let applied = session.try_create(TOKEN, &config).await.unwrap();
            applied.assert_empty();
            let stored = applied.object();
            assert_eq!(live(&api), [stored["id"].as_str().unwrap()], "{lost} {config}");
            let [_, posts, deletes] = counts(&api);
            assert_eq!((posts, deletes), (2, 1), "{lost}: {:?}", calls(&api));
            session.assert_plan_is_empty(TOKEN, &config, &stored).await;
            session.destroy(TOKEN, &stored).await.assert_empty();
        }
    }
}

#[tokio::test]
async fn open_with_lost_response_results_in_one_token() {
    for lost in lost_responses() {
        let (session, api) = set_up().await;
        fail_creates(&api, 1, &lost);
        let opened = session.open(TOKEN, &json!({ "username": "loader" })).await;
        opened.diagnostics.assert_empty();
        assert_eq!(live(&api), [opened.result["id"].as_str().unwrap()], "{lost}");
        session.close(TOKEN, opened.private).await.assert_empty();
        assert!(live(&api).is_empty());
    }
}

#[tokio::test]
async fn failed_listing_after_a_lost_response_is_repeated() {
    let look = json!({ "kind": "status", "status": 403 });
    let (session, api) = set_up().await;
    // The attempts after this one need no listing before them.
    let first = session
        .create(TOKEN, &edited(&fixed(), "name", json!("first")))
        .await;
    session.destroy(TOKEN, &first).await;
    for config in [fixed(), prefixed()] {
        api.set_faults(&json!([
            fault("POST", TOKENS, 1, &drop_after()),
            fault("GET", TOKENS, 3, &look),
        ]))
        .unwrap();
        let stored = session.create(TOKEN, &config).await;
        assert_eq!(live(&api), [stored["id"].as_str().unwrap()], "{look} {config}");
        session.destroy(TOKEN, &stored).await;
    }
}

#[tokio::test]
async fn token_created_after_the_timeout_is_revoked() {
    let late = json!({ "kind": "late_commit", "ms": 2500 });
    // With a fixed name the API refuses the second request, or the late one.
    let (session, api) = set_up().await;
    fail_creates(&api, 1, &late);
    let stored = session.create(TOKEN, &fixed()).await;
    session.end().await;
    assert_eq!(live(&api), [stored["id"].as_str().unwrap()]);

    // A late token with a drawn name is revoked when the process ends.
    let (session, api) = set_up().await;
    fail_creates(&api, 1, &late);
    let stored = session.create(TOKEN, &prefixed()).await;
    session.end().await;
    assert_eq!(live(&api), [stored["id"].as_str().unwrap()]);
}

#[tokio::test]
async fn concurrent_creates_with_a_lost_response_result_in_one_token_each() {
    for config in [prefixed(), fixed()] {
        let (session, api) = set_up().await;
        let plans: Vec<_> = join_all((0..5).map(|number| {
            let mut config = config.clone();
            if config["name"].is_string() {
                config["name"] = json!(format!("nightly-{number}"));
            }
            let session = &session;
            async move { session.plan(TOKEN, &config, None).await }
        }))
        .await;
        fail_creates(&api, 1, &drop_after());
        let applied = join_all(plans.iter().map(|plan| session.apply(plan))).await;
        let mut ids: Vec<String> = applied
            .into_iter()
            .map(|applied| applied.object()["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        let mut live = live(&api);
        live.sort();
        assert_eq!(live, ids);
    }
}

#[tokio::test]
async fn concurrent_creates_of_one_name_result_in_one_token() {
    let (session, api) = set_up().await;
    let plan = session.plan(TOKEN, &fixed(), None).await;
    fail_creates(&api, 1, &drop_after());
    let (one, other) = tokio::join!(session.try_apply(&plan), session.try_apply(&plan));
    let ((Ok(created), Err(refused)) | (Err(refused), Ok(created))) = (one, other) else {
        panic!("the number of created tokens is not one");
    };
    let id = created.object()["id"].as_str().unwrap().to_owned();
    refused.diagnostics.assert_error("name", &["already", &id]);
    assert_eq!(live(&api), [id]);
}

#[tokio::test]
async fn create_is_retried_at_most_max_retries_times() {
    let (session, api) = set_up().await;
    let settings = edited(&Session::settings(&api.url()), "max_retries", json!(2));
    session.configure(&settings).await.assert_empty();
    for config in [fixed(), prefixed()] {
        api.clear_requests();
        fail_creates(&api, 9, &drop_after());
        let failed = session.try_create(TOKEN, &config).await.unwrap_err();
        failed.assert_error("", &["could not be created", "was revoked", "`max_retries`"]);
        assert_eq!(failed.stored, None);
        assert_eq!(counts(&api)[1], 3);
        assert!(live(&api).is_empty());
    }
}

#[tokio::test]
async fn failed_listing_before_a_create_is_an_error_and_sends_no_post() {
    let (session, api) = set_up().await;
    set_faults(
        &api,
        &json!([{ "method": "GET", "path": TOKENS, "fault": { "kind": "status", "status": 403 } }]),
    );
    let failed = session.try_create(TOKEN, &fixed()).await.unwrap_err();
    failed.assert_error("", &["No request to create the token was sent", "`name_prefix`"]);
    assert_eq!(counts(&api), [1, 0, 0]);
}

#[tokio::test]
async fn stop_after_a_lost_response_revokes_the_token_without_a_retry() {
    for config in [fixed(), prefixed()] {
        let (session, api) = set_up().await;
        // The first listings after the request fail. With a fixed name there is one before the request too.
        let mut looks = fault("GET", TOKENS, 3, &json!({ "kind": "status", "status": 403 }));
        looks["nth"] = json!(if config["name"].is_string() { 2 } else { 1 });
        let late = json!({ "kind": "delay", "ms": 60_000 });
        set_faults(&api, &json!([fault("POST", TOKENS, 1, &late), looks]));
        let plan = session.plan(TOKEN, &config, None).await;
        let (failed, ()) = tokio::join!(session.try_apply(&plan), async {
            let sent = || counts(&api)[1] > 0 || !live(&api).is_empty();
            eventually("the request", sent).await;
            session.stop().await;
        });
        failed
            .unwrap_err()
            .diagnostics
            .assert_error("", &["was revoked", "run was stopped"]);
        assert!(live(&api).is_empty());
        assert_eq!(counts(&api)[1], 1, "{:?}", calls(&api));
    }
}

// --- Tokens of others ---

/// Returns a token with the attributes of [`fixed`], created just now.
fn as_sent() -> Json {
    let now = Timestamp::now();
    let end = now + SignedDuration::from_secs(3600);
    json!({
        "id": TOKEN_ID, "name": "nightly", "description": "for the loads", "created_ts": now.to_string(),
        "expire_at": end.to_string(), "read_only": true, "token_type": "read_scaling",
    })
}

/// Starts an API that loses every response to a creation. It lists `before` until the first creation, and
/// then `after`.
async fn losing(before: Vec<Json>, after: Vec<Json>) -> (Session, ScriptedApi) {
    let is_sent = AtomicBool::new(false);
    let api = ScriptedApi::start(move |request: &Request| match request.method.as_str() {
        "POST" => {
            is_sent.store(true, Ordering::SeqCst);
            Reply::CloseConnection
        }
        "DELETE" => Reply::ok(json!({})),
        _ if is_sent.load(Ordering::SeqCst) => Reply::ok(json!({ "tokens": after })),
        _ => Reply::ok(json!({ "tokens": before })),
    })
    .await;
    let session = Session::with(api.url(), "max_retries", json!(0)).await;
    (session, api)
}

#[tokio::test]
async fn only_a_token_that_matches_the_request_is_revoked() {
    let (session, api) = losing(vec![], vec![as_sent()]).await;
    let failed = session.try_create(TOKEN, &fixed()).await.unwrap_err();
    failed.assert_error("", &["was revoked", TOKEN_ID]);
    assert_eq!(
        api.calls()[1..],
        [
            format!("POST {TOKENS}"),
            format!("GET {TOKENS}"),
            format!("DELETE {TOKENS}/{TOKEN_ID}")
        ]
    );

    for (what, value) in [
        (
            "created_ts",
            json!((Timestamp::now() - SignedDuration::from_secs(10)).to_string()),
        ),
        ("created_ts", json!("not a time")),
        ("expire_at", Json::Null),
        ("expire_at", json!("2099-01-01T00:00:00Z")),
        ("token_type", json!("read_write")),
        ("description", json!("by hand")),
        ("description", Json::Null),
    ] {
        let (session, api) = losing(vec![], vec![edited(&as_sent(), what, value)]).await;
        let failed = session.try_create(TOKEN, &fixed()).await.unwrap_err();
        let import_id = format!("loader/{TOKEN_ID}");
        failed.assert_error("", &["may exist", "so it was not revoked", &import_id]);
        assert_eq!(failed.stored, None);
        assert!(
            !api.calls().iter().any(|call| call.starts_with("DELETE")),
            "{what}: {:?}",
            api.calls()
        );
    }
}
