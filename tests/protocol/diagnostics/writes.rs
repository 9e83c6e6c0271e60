//! Writes whose result differs from the request.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value as Json, json};

use super::pages::Pages;
use super::world::{ID, api, config, error, gone, listed, with};
use crate::host::{ACCOUNT, Canned, DUCKLINGS, Reply, Session, TOKEN, edited};

pub(super) async fn writes(pages: &mut Pages) {
    pages.chapter("Writes whose result differs from the request");
    let create = async |pages: &mut Pages,
                        case: &str,
                        type_name: &str,
                        config: &Json,
                        (session, api): (Session, Canned)| {
        let plan = session.plan(type_name, config, None).await;
        let notes = match session.try_apply(&plan).await {
            Ok(applied) => applied.notes,
            Err(failed) => failed.notes,
        };
        pages.add(case, notes, api.url());
    };
    let account = config(ACCOUNT);
    let taken = api(|request| (request.method == "POST").then(|| error(409, "CONFLICT"))).await;
    create(pages, "an account that exists", ACCOUNT, &account, taken).await;
    let lost = api(|request| (request.method == "POST").then_some(Reply::HangUp)).await;
    create(
        pages,
        "an account that was there before, and a lost response",
        ACCOUNT,
        &account,
        lost,
    )
    .await;
    let absent = api(|request| match request.method.as_str() {
        "POST" => Some(error(500, "INTERNAL_SERVER_ERROR")),
        _ => Some(gone()),
    })
    .await;
    create(
        pages,
        "an account that does not appear after a lost response",
        ACCOUNT,
        &account,
        absent,
    )
    .await;
    let looks = AtomicUsize::new(0);
    let blind = api(move |request| match request.method.as_str() {
        "POST" => Some(error(500, "INTERNAL_SERVER_ERROR")),
        _ if looks.fetch_add(1, Ordering::SeqCst) == 0 => Some(gone()),
        _ => Some(error(403, "FORBIDDEN")),
    })
    .await;
    create(
        pages,
        "an account that cannot be looked for after a lost response",
        ACCOUNT,
        &account,
        blind,
    )
    .await;
    let blind = api(|request| match request.method.as_str() {
        "POST" => Some(error(500, "INTERNAL_SERVER_ERROR")),
        _ => None,
    })
    .await;
    create(
        pages,
        "an account that was present before",
        ACCOUNT,
        &account,
        blind,
    )
    .await;
    let renamed = api(|request| match request.method.as_str() {
        "POST" => Some(Reply::Json(200, json!({ "username": "loader_2" }))),
        _ => Some(gone()),
    })
    .await;
    create(pages, "an account with another name", ACCOUNT, &account, renamed).await;

    let nightly = config(TOKEN);
    let taken = api(|request| (request.method == "POST").then(|| error(409, "CONFLICT"))).await;
    create(pages, "a token name that is taken", TOKEN, &nightly, taken).await;
    let other = api(|request| {
        (request.method == "POST")
            .then(|| Reply::Json(200, listed(&json!({ "name": "other", "token": "secret" }))))
    })
    .await;
    create(pages, "a token with another name", TOKEN, &nightly, other).await;
    let irrevocable = api(|request| match request.method.as_str() {
        "POST" => Some(Reply::Json(
            200,
            listed(&json!({ "name": "other", "token": "secret" })),
        )),
        "DELETE" => Some(error(403, "FORBIDDEN")),
        _ => None,
    })
    .await;
    create(
        pages,
        "a token with another name that cannot be revoked",
        TOKEN,
        &nightly,
        irrevocable,
    )
    .await;
    let taken = api(|request| (request.method == "POST").then(|| error(409, "CONFLICT"))).await;
    let drawn = json!({ "username": "loader", "name_prefix": "nightly-" });
    create(
        pages,
        "a prefix of which every name is taken",
        TOKEN,
        &drawn,
        taken,
    )
    .await;
    let blind = api(|request| (request.method == "GET").then(|| error(403, "FORBIDDEN"))).await;
    create(
        pages,
        "a token whose account cannot be looked at before",
        TOKEN,
        &nightly,
        blind,
    )
    .await;
    let looks = AtomicUsize::new(0);
    let undecided = api(move |request| match request.method.as_str() {
        "POST" => Some(Reply::HangUp),
        "GET" if looks.fetch_add(1, Ordering::SeqCst) == 0 => Some(Reply::Json(200, json!({ "tokens": [] }))),
        _ => None,
    })
    .await;
    create(
        pages,
        "a token of the same name after a lost response",
        TOKEN,
        &with(&nightly, "token_type", json!("read_scaling")),
        undecided,
    )
    .await;
    let absent = api(|request| match request.method.as_str() {
        "POST" => Some(Reply::HangUp),
        _ => Some(Reply::Json(200, json!({ "tokens": [] }))),
    })
    .await;
    let (session, absent) = absent;
    let plan = session.plan(TOKEN, &nightly, None).await;
    // After a stop the provider does not try again, and its further requests end after half a minute.
    let (failed, ()) = tokio::join!(session.try_apply(&plan), async {
        while !absent.calls().iter().any(|call| call.starts_with("POST")) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        session.interrupt().await;
    });
    pages.add(
        "a token that does not appear after a lost response and a stop",
        failed.unwrap_err().notes,
        absent.url(),
    );
    let revoked =
        api(|request| (request.method == "POST").then(|| Reply::Json(200, json!({ "id": ID })))).await;
    create(
        pages,
        "a token whose response lacks the secret",
        TOKEN,
        &nightly,
        revoked,
    )
    .await;
    let undescribed = api(|request| {
        (request.method == "POST").then(|| Reply::Json(200, listed(&json!({ "token": "secret" }))))
    })
    .await;
    create(
        pages,
        "a token without its description",
        TOKEN,
        &with(&nightly, "description", json!("loads")),
        undescribed,
    )
    .await;

    let both = config(DUCKLINGS);
    let clamped = api(|request| {
        (request.method == "PUT").then(|| {
            Reply::Json(
                200,
                edited(&request.body["config"], "read_scaling.flock_size", json!(1)),
            )
        })
    })
    .await;
    create(
        pages,
        "Ducklings that are stored differently",
        DUCKLINGS,
        &both,
        clamped,
    )
    .await;
    let one = json!({ "username": "loader", "read_write": { "instance_size": "giga" } });
    let overwritten = api(|_| None).await;
    create(
        pages,
        "Ducklings that something else overwrites",
        DUCKLINGS,
        &one,
        overwritten,
    )
    .await;
    let gets = AtomicUsize::new(0);
    let unread = api(move |request| {
        (request.method == "GET" && gets.fetch_add(1, Ordering::SeqCst) > 0).then(|| error(403, "FORBIDDEN"))
    })
    .await;
    create(
        pages,
        "Ducklings that cannot be read back",
        DUCKLINGS,
        &one,
        unread,
    )
    .await;
    let failing = api(|request| (request.method == "PUT").then(|| error(500, "INTERNAL_SERVER_ERROR"))).await;
    create(
        pages,
        "Ducklings that did not change",
        DUCKLINGS,
        &edited(&both, "read_write.instance_size", json!("giga")),
        failing,
    )
    .await;
    let issue =
        api(|request| {
            (request.method == "PUT").then(|| {
            Reply::Json(400, json!({
                "code": "BAD_REQUEST", "message": "Bad Request",
                "issues": [{ "message": "too many", "path": ["config", "read_scaling", "flock_size"] }],
            }))
        })
        })
        .await;
    create(
        pages,
        "Ducklings with a value that the API blames",
        DUCKLINGS,
        &both,
        issue,
    )
    .await;
}
