//! Tokens for the length of a run, and an API that fails: what was minted is revoked, or told with its id.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use motherduck_emulator::Emulator;
use serde_json::json;
use tokio::sync::Notify;

use crate::ephemeral::{HOUR, ID, SECRET, config, live, minted, on};
use crate::host::{Canned, Reply, Request, Session, TOKEN, edited};

/// An API that answers requests of each method so.
async fn answering(
    post: impl Fn() -> Reply + Send + Sync + 'static,
    delete: impl Fn() -> Reply + Send + Sync + 'static,
) -> (Session, Canned) {
    let api = Canned::start(move |request: &Request| match request.method.as_str() {
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
async fn a_token_of_another_kind_or_end_is_revoked_again() {
    for (made, words) in [
        (minted("read_scaling", HOUR), "one of type read_scaling was made"),
        (minted("read_write", None), "this token never expires"),
        (
            minted("read_write", Some("2026-01-01T02:00:00Z")),
            "this token lives for 7200",
        ),
    ] {
        let (session, api) = answering(move || Reply::Json(200, made.clone()), done).await;
        let notes = session.try_open(TOKEN, &config()).await.unwrap_err();
        notes.assert_error("", &["not what was asked for", words, "revoked again", ID]);
        assert!(!notes.text().contains("s3cret"), "{notes:#?}");
        assert_eq!(
            api.calls(),
            [
                "POST /v1/users/loader/tokens".to_owned(),
                format!("DELETE /v1/users/loader/tokens/{ID}")
            ]
        );
    }
}

#[tokio::test]
async fn a_wrong_token_that_cannot_be_revoked_is_told_with_its_id() {
    let (session, _api) = answering(|| Reply::Json(200, minted("read_scaling", HOUR)), failed).await;
    let notes = session.try_open(TOKEN, &config()).await.unwrap_err();
    notes.assert_error("", &["not what was asked for", "is live", ID]);
    notes.assert_error(
        "",
        &[
            "could not be revoked",
            "500 INTERNAL_SERVER_ERROR",
            "until its `ttl` is over",
        ],
    );
}

#[tokio::test]
async fn an_answer_without_the_secret_is_revoked_again() {
    let useless = || Reply::Json(200, json!({ "id": ID }));
    let (session, api) = answering(useless, done).await;
    let notes = session.try_open(TOKEN, &config()).await.unwrap_err();
    notes.assert_error("", &["could not be created", "revoked again", ID]);
    assert_eq!(api.calls()[1], format!("DELETE /v1/users/loader/tokens/{ID}"));
}

/// An API that makes a token and loses the answer.
async fn losing(delete: impl Fn() -> Reply + Send + Sync + 'static) -> (Session, Canned) {
    let named = Mutex::new(String::new());
    let api = Canned::start(move |request: &Request| match request.method.as_str() {
        "POST" => {
            request.body["name"]
                .as_str()
                .unwrap()
                .clone_into(&mut named.lock().unwrap());
            Reply::HangUp
        }
        "DELETE" => delete(),
        _ => {
            let mut token = minted("read_write", HOUR);
            token["name"] = json!(*named.lock().unwrap());
            token["created_ts"] = json!("9999-01-01T00:00:00Z");
            let mut other = token.clone();
            other["id"] = json!("of-another-name");
            other["name"] = json!("terraform-ephemeral-");
            Reply::Json(200, json!({ "tokens": [other, token] }))
        }
    })
    .await;
    (Session::on(api.url()).await, api)
}

#[tokio::test]
async fn a_lost_answer_is_looked_into_and_what_has_a_drawn_name_is_revoked() {
    let (session, api) = losing(done).await;
    let notes = session.try_open(TOKEN, &config()).await.unwrap_err();
    notes.assert_error("", &["could not be created", "revoked again", ID]);
    assert!(!notes.text().contains("may have been"), "{notes:#?}");
    assert_eq!(
        api.calls(),
        [
            "POST /v1/users/loader/tokens".to_owned(),
            "GET /v1/users/loader/tokens".to_owned(),
            format!("DELETE /v1/users/loader/tokens/{ID}"),
        ]
    );

    let (session, _api) = losing(failed).await;
    let notes = session.try_open(TOKEN, &config()).await.unwrap_err();
    notes.assert_error("", &["could not be created", "is live", ID]);
    notes.assert_error("", &["could not be revoked", "until its `ttl` is over"]);
}

#[tokio::test]
async fn after_a_lost_answer_a_token_of_a_chosen_name_is_told_and_left_alone() {
    let (session, api) = losing(done).await;
    let named = edited(&config(), "name", json!("one-run"));
    let notes = session.try_open(TOKEN, &named).await.unwrap_err();
    notes.assert_error("", &["could not be created", "not known whether"]);
    notes.assert_error("", &["may have been created", ID, "until its `ttl` is over"]);
    assert!(!notes.text().contains("import"), "{notes:#?}");
    assert_eq!(
        api.calls(),
        ["POST /v1/users/loader/tokens", "GET /v1/users/loader/tokens"]
    );
}

#[tokio::test]
async fn a_lost_answer_leaves_no_token_behind() {
    let (session, api) = on(Emulator::builder()).await;
    api.set_faults(
        &json!([{ "method": "POST", "path": "/v1/users/*/tokens", "fault": { "kind": "drop_after" } }]),
    )
    .unwrap();
    let notes = session.try_open(TOKEN, &config()).await.unwrap_err();
    notes.assert_error("", &["could not be created", "revoked again"]);
    assert!(live(&api).is_empty());
}

#[tokio::test]
async fn a_name_in_use_is_an_error_that_says_to_leave_it_out() {
    let (session, _api) = on(Emulator::builder()).await;
    let named = edited(&config(), "name", json!("one-run"));
    session.open(TOKEN, &named).await;
    let notes = session.try_open(TOKEN, &named).await.unwrap_err();
    notes.assert_error("name", &["\"one-run\"", "already", "Leave `name` out"]);
}

#[tokio::test]
async fn what_the_api_refuses_is_told_in_its_words() {
    let (session, api) = on(Emulator::builder()).await;
    api.seed(&json!({ "users": [{ "username": "grace", "is_service_account": false }] }))
        .unwrap();
    for (username, path, words) in [
        ("grace", "", ["403 FORBIDDEN", "another human member"]),
        ("nobody", "username", ["404 NOT_FOUND", "Check the username"]),
    ] {
        let notes = session.try_open(TOKEN, &json!({ "username": username })).await;
        notes.unwrap_err().assert_error(path, &words);
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_revoked_is_told_with_its_id_and_end() {
    let unrouted = || Reply::Other(404, "text/plain", "Not Found");
    for delete in [failed, unrouted] {
        let (session, _api) = answering(|| Reply::Json(200, minted("read_write", HOUR)), delete).await;
        let opened = session.open(TOKEN, &config()).await;
        let notes = session.close(TOKEN, opened.private).await;
        notes.assert_error(
            "",
            &["could not be revoked", ID, "lives on until its `ttl` is over"],
        );
    }
}

#[tokio::test]
async fn an_interrupt_does_not_keep_it_from_being_revoked() {
    let (asked, better) = (Arc::new(Notify::new()), Arc::new(AtomicBool::new(false)));
    let (heard, is_better) = (Arc::clone(&asked), Arc::clone(&better));
    let api = Canned::start(move |request: &Request| {
        if request.method == "POST" {
            return Reply::Json(200, minted("read_write", HOUR));
        }
        heard.notify_one();
        if is_better.load(Ordering::SeqCst) {
            done()
        } else {
            Reply::Other(503, "text/plain", "later")
        }
    })
    .await;
    let session = Session::start().await;
    // So many repetitions would take minutes.
    session
        .configure(&edited(&Session::settings(api.url()), "max_retries", json!(20)))
        .await
        .assert_empty();
    let opened = session.open(TOKEN, &config()).await;
    let (notes, ()) = tokio::join!(session.close(TOKEN, opened.private), async {
        asked.notified().await;
        better.store(true, Ordering::SeqCst);
        session.interrupt().await;
    });
    notes.assert_empty();
}
