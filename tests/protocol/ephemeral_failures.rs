//! Ephemeral tokens with a failing API: a created token is revoked, or an error names its id.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use motherduck_emulator::Emulator;
use serde_json::json;
use tokio::sync::Notify;

use crate::ephemeral::{HOUR, NAME, config, named, on};
use crate::host::{
    Reply, Request, ScriptedApi, Session, TOKEN, TOKEN_ID, TOKEN_SECRET, created_token, edited, seed_users,
};

fn done() -> Reply {
    Reply::ok(json!({}))
}

fn failed() -> Reply {
    Reply::error(
        500,
        "INTERNAL_SERVER_ERROR",
        &format!("Internal Error of {TOKEN_SECRET}"),
    )
}

#[tokio::test]
async fn created_token_that_differs_from_the_request_is_revoked() {
    let wrong = || Reply::ok(created_token(NAME, "read_scaling", HOUR));
    let (session, api) = Session::on_token_api(wrong, done).await;
    let diagnostics = session.try_open(TOKEN, &named()).await.unwrap_err();
    let words = [
        "differs from the request",
        "has the type read_scaling",
        "was revoked",
        TOKEN_ID,
    ];
    diagnostics.assert_error("", &words);
    diagnostics.assert_omits("s3cret");
    assert_eq!(
        api.calls(),
        [
            "GET /v1/users/loader/tokens".to_owned(),
            "POST /v1/users/loader/tokens".to_owned(),
            format!("DELETE /v1/users/loader/tokens/{TOKEN_ID}")
        ]
    );
}

#[tokio::test]
async fn differing_token_that_cannot_be_revoked_is_an_error_with_its_id() {
    let (session, _api) =
        Session::on_token_api(|| Reply::ok(created_token(NAME, "read_scaling", HOUR)), failed).await;
    let diagnostics = session.try_open(TOKEN, &named()).await.unwrap_err();
    diagnostics.assert_error("", &["differs from the request", "is live", TOKEN_ID]);
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
    seed_users(
        &api,
        &json!([{ "username": "grace", "is_service_account": false }]),
    );
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
            Session::on_token_api(|| Reply::ok(created_token(NAME, "read_write", HOUR)), delete).await;
        let opened = session.open(TOKEN, &named()).await;
        let diagnostics = session.close(TOKEN, opened.private).await;
        diagnostics.assert_error(
            "",
            &[
                "could not be revoked",
                TOKEN_ID,
                "is valid until its `ttl` is over",
            ],
        );
    }
}

#[tokio::test]
async fn close_revokes_the_token_despite_a_stop() {
    let (requested, better) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
    let (on_request, is_better) = (Arc::clone(&requested), Arc::clone(&better));
    let api = ScriptedApi::start(move |request: &Request| {
        match request.method.as_str() {
            "POST" => return Reply::ok(created_token(NAME, "read_write", HOUR)),
            "GET" => return Reply::ok(json!({ "tokens": [] })),
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
