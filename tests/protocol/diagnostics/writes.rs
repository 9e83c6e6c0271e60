//! Writes whose result differs from the request.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use serde_json::{Value as Json, json};

use super::fixtures::{ID, api, config, error, listed, not_found, with};
use super::pages::Pages;
use crate::host::{ACCOUNT, DUCKLINGS, Reply, ScriptedApi, Session, TOKEN, edited, eventually};

/// A case that is carried out while others wait, with its own provider and API.
type Case = Pin<Box<dyn Future<Output = Pages>>>;

/// Creates a resource, and returns the diagnostics.
fn create(
    case: &'static str,
    type_name: &'static str,
    config: &Json,
    (session, api): (Session, ScriptedApi),
) -> Case {
    let config = config.clone();
    Box::pin(async move {
        let plan = session.plan(type_name, &config, None).await;
        let diagnostics = match session.try_apply(&plan).await {
            Ok(applied) => applied.diagnostics,
            Err(failed) => failed.diagnostics,
        };
        let mut pages = Pages::default();
        pages.add(case, diagnostics, api.url());
        pages
    })
}

pub(super) async fn writes(pages: &mut Pages) {
    pages.chapter("Writes whose result differs from the request");
    let mut cases: Vec<Case> = Vec::new();
    let account = config(ACCOUNT);
    let taken = api(|request| (request.method == "POST").then(|| error(409, "CONFLICT"))).await;
    cases.push(create("an account that exists", ACCOUNT, &account, taken));
    let lost = api(|request| (request.method == "POST").then_some(Reply::CloseConnection)).await;
    cases.push(create(
        "an account that was there before, and a lost response",
        ACCOUNT,
        &account,
        lost,
    ));
    let absent = api(|request| match request.method.as_str() {
        "POST" => Some(error(500, "INTERNAL_SERVER_ERROR")),
        _ => Some(not_found()),
    })
    .await;
    cases.push(create(
        "an account that does not appear after a lost response",
        ACCOUNT,
        &account,
        absent,
    ));
    let looks = AtomicUsize::new(0);
    let blind = api(move |request| match request.method.as_str() {
        "POST" => Some(error(500, "INTERNAL_SERVER_ERROR")),
        _ if looks.fetch_add(1, Ordering::SeqCst) == 0 => Some(not_found()),
        _ => Some(error(403, "FORBIDDEN")),
    })
    .await;
    cases.push(create(
        "an account that cannot be looked for after a lost response",
        ACCOUNT,
        &account,
        blind,
    ));
    let blind = api(|request| match request.method.as_str() {
        "POST" => Some(error(500, "INTERNAL_SERVER_ERROR")),
        _ => None,
    })
    .await;
    cases.push(create(
        "an account that was present before",
        ACCOUNT,
        &account,
        blind,
    ));
    let renamed = api(|request| match request.method.as_str() {
        "POST" => Some(Reply::Json(200, json!({ "username": "loader_2" }))),
        _ => Some(not_found()),
    })
    .await;
    cases.push(create("an account with another name", ACCOUNT, &account, renamed));

    let nightly = config(TOKEN);
    let taken = api(|request| (request.method == "POST").then(|| error(409, "CONFLICT"))).await;
    cases.push(create("a token name that is taken", TOKEN, &nightly, taken));
    let other = api(|request| {
        (request.method == "POST")
            .then(|| Reply::Json(200, listed(&json!({ "name": "other", "token": "secret" }))))
    })
    .await;
    cases.push(create("a token with another name", TOKEN, &nightly, other));
    let irrevocable = api(|request| match request.method.as_str() {
        "POST" => Some(Reply::Json(
            200,
            listed(&json!({ "name": "other", "token": "secret" })),
        )),
        "DELETE" => Some(error(403, "FORBIDDEN")),
        _ => None,
    })
    .await;
    cases.push(create(
        "a token with another name that cannot be revoked",
        TOKEN,
        &nightly,
        irrevocable,
    ));
    let taken = api(|request| (request.method == "POST").then(|| error(409, "CONFLICT"))).await;
    let drawn = json!({ "username": "loader", "name_prefix": "nightly-" });
    cases.push(create(
        "a prefix of which every name is taken",
        TOKEN,
        &drawn,
        taken,
    ));
    let blind = api(|request| (request.method == "GET").then(|| error(403, "FORBIDDEN"))).await;
    cases.push(create(
        "a token whose account cannot be looked at before",
        TOKEN,
        &nightly,
        blind,
    ));
    let looks = AtomicUsize::new(0);
    let undecided = api(move |request| match request.method.as_str() {
        "POST" => Some(Reply::CloseConnection),
        "GET" if looks.fetch_add(1, Ordering::SeqCst) == 0 => Some(Reply::Json(200, json!({ "tokens": [] }))),
        _ => None,
    })
    .await;
    cases.push(create(
        "a token of the same name after a lost response",
        TOKEN,
        &with(&nightly, "token_type", json!("read_scaling")),
        undecided,
    ));
    let absent = api(|request| match request.method.as_str() {
        "POST" => Some(Reply::CloseConnection),
        _ => Some(Reply::Json(200, json!({ "tokens": [] }))),
    })
    .await;
    let (session, absent) = absent;
    let named = nightly.clone();
    cases.push(Box::pin(async move {
        let plan = session.plan(TOKEN, &named, None).await;
        // After a stop the provider does not try again, and its further requests end after half a minute.
        let (failed, ()) = tokio::join!(session.try_apply(&plan), async {
            let sent = || absent.calls().iter().any(|call| call.starts_with("POST"));
            eventually("the POST", sent).await;
            session.stop().await;
        });
        let mut pages = Pages::default();
        pages.add(
            "a token that does not appear after a lost response and a stop",
            failed.unwrap_err().diagnostics,
            absent.url(),
        );
        pages
    }));
    let revoked =
        api(|request| (request.method == "POST").then(|| Reply::Json(200, json!({ "id": ID })))).await;
    cases.push(create(
        "a token whose response lacks the secret",
        TOKEN,
        &nightly,
        revoked,
    ));
    let undescribed = api(|request| {
        (request.method == "POST").then(|| Reply::Json(200, listed(&json!({ "token": "secret" }))))
    })
    .await;
    cases.push(create(
        "a token without its description",
        TOKEN,
        &with(&nightly, "description", json!("loads")),
        undescribed,
    ));

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
    cases.push(create(
        "Ducklings that are stored differently",
        DUCKLINGS,
        &both,
        clamped,
    ));
    let one = json!({ "username": "loader", "read_write": { "instance_size": "giga" } });
    let overwritten = api(|_| None).await;
    cases.push(create(
        "Ducklings that something else overwrites",
        DUCKLINGS,
        &one,
        overwritten,
    ));
    let gets = AtomicUsize::new(0);
    let unread = api(move |request| {
        (request.method == "GET" && gets.fetch_add(1, Ordering::SeqCst) > 0).then(|| error(403, "FORBIDDEN"))
    })
    .await;
    cases.push(create(
        "Ducklings that cannot be read back",
        DUCKLINGS,
        &one,
        unread,
    ));
    let failing = api(|request| (request.method == "PUT").then(|| error(500, "INTERNAL_SERVER_ERROR"))).await;
    cases.push(create(
        "Ducklings that did not change",
        DUCKLINGS,
        &edited(&both, "read_write.instance_size", json!("giga")),
        failing,
    ));
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
    cases.push(create(
        "Ducklings with a value that the API blames",
        DUCKLINGS,
        &both,
        issue,
    ));
    for case in join_all(cases).await {
        pages.append(case);
    }
}
