//! Ephemeral tokens with a failing API: a created token is revoked, or an error names its id.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use motherduck_emulator::Emulator;
use serde_json::json;
use tokio::sync::Notify;

use crate::ephemeral::{HOUR, ID, SECRET, config, created_token, named, on};
use crate::host::{Reply, Request, ScriptedApi, Session, TOKEN, edited};

/// An API with one response for each method.
async fn responding(
    post: impl Fn() -> Reply + Send + Sync + 'static,
    delete: impl Fn() -> Reply + Send + Sync + 'static,
) -> (Session, ScriptedApi) {
    let api = ScriptedApi::start(move |request: &Request| match request.method.as_str() {
        "POST" => post(),
        "DELETE" => delete(),
        _ => Reply::Json(200, json!({ "tokens": [] })),
    })
    .await;
    (Session::on(api.url()).await, api)
}

fn done() -> Reply {
    Reply::Json(200, json!({}))
}

fn failed() -> Reply {
    Reply::Json(
        500,
        json!({ "code": "INTERNAL_SERVER_ERROR", "message": format!("Internal Error of {SECRET}") }),
    )
}

#[tokio::test]
async fn created_token_that_differs_from_the_request_is_revoked() {
    let wrong = || Reply::Json(200, created_token("read_scaling", HOUR));
    let (session, api) = responding(wrong, done).await;
    let diagnostics = session.try_open(TOKEN, &named()).await.unwrap_err();
    let words = [
        "differs from the request",
        "has the type read_scaling",
        "was revoked",
        ID,
    ];
    diagnostics.assert_error("", &words);
    assert!(!diagnostics.text().contains("s3cret"), "{diagnostics:#?}");
    assert_eq!(
        api.calls(),
        [
            "GET /v1/users/loader/tokens".to_owned(),
            "POST /v1/users/loader/tokens".to_owned(),
            format!("DELETE /v1/users/loader/tokens/{ID}")
        ]
    );
}

#[tokio::test]
async fn differing_token_that_cannot_be_revoked_is_an_error_with_its_id() {
    let (session, _api) = responding(|| Reply::Json(200, created_token("read_scaling", HOUR)), failed).await;
    let diagnostics = session.try_open(TOKEN, &named()).await.unwrap_err();
    diagnostics.assert_error("", &["differs from the request", "is live", ID]);
    diagnostics.assert_error(
        "",
        &[
            "could not be revoked",
            "500 INTERNAL_SERVER_ERROR",
            "until its `ttl` is over",
        ],
    );
}

#[tokio::test]
async fn duplicate_name_is_an_error_that_suggests_name_prefix() {
    let (session, _api) = on(Emulator::builder()).await;
    let named = edited(&config(), "name", json!("one-run"));
    session.open(TOKEN, &named).await;
    let diagnostics = session.try_open(TOKEN, &named).await.unwrap_err();
    diagnostics.assert_error("name", &["\"one-run\"", "already", "`name_prefix`"]);
}

#[tokio::test]
async fn rejected_create_is_an_error_with_the_api_response() {
    let (session, api) = on(Emulator::builder()).await;
    api.seed(&json!({ "users": [{ "username": "grace", "is_service_account": false }] }))
        .unwrap();
    for (username, path, words) in [
        ("grace", "", ["403 FORBIDDEN", "another human member"]),
        ("nobody", "username", ["404 NOT_FOUND", "Check the username"]),
    ] {
        let diagnostics = session.try_open(TOKEN, &json!({ "username": username })).await;
        diagnostics.unwrap_err().assert_error(path, &words);
    }
}

#[tokio::test]
async fn failed_revocation_is_an_error_with_token_id_and_expiry() {
    let unrouted = || Reply::Other(404, "text/plain", "Not Found");
    for delete in [failed, unrouted] {
        let (session, _api) =
            responding(|| Reply::Json(200, created_token("read_write", HOUR)), delete).await;
        let opened = session.open(TOKEN, &named()).await;
        let diagnostics = session.close(TOKEN, opened.private).await;
        diagnostics.assert_error(
            "",
            &["could not be revoked", ID, "is valid until its `ttl` is over"],
        );
    }
}

#[tokio::test]
async fn close_revokes_the_token_despite_a_stop() {
    let (requested, better) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
    let (on_request, is_better) = (Arc::clone(&requested), Arc::clone(&better));
    let api = ScriptedApi::start(move |request: &Request| {
        match request.method.as_str() {
            "POST" => return Reply::Json(200, created_token("read_write", HOUR)),
            "GET" => return Reply::Json(200, json!({ "tokens": [] })),
            _ => {}
        }
        on_request.notify_one();
        if is_better.load(Ordering::SeqCst) {
            done()
        } else {
            Reply::Other(503, "text/plain", "later")
        }
    })
    .await;
    // With retries this would take minutes.
    let session = Session::with(api.url(), "max_retries", json!(20)).await;
    let opened = session.open(TOKEN, &named()).await;
    let (diagnostics, ()) = tokio::join!(session.close(TOKEN, opened.private), async {
        requested.notified().await;
        better.store(true, Ordering::SeqCst);
        session.stop().await;
    });
    diagnostics.assert_empty();
}
