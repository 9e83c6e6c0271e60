//! Lists that fail at the beginning or in the middle.

use std::sync::Arc;

use motherduck_emulator::Emulator;
use motherduck_provider::proto::tfplugin6 as proto;
use proto::list_resource;
use serde_json::json;
use tokio::sync::{Notify, mpsc};

use crate::host::{
    ACCOUNT, DUCKLINGS, Diagnostics, ListQuery, Reply, Session, TOKEN, seed_users, smallest_ducklings,
    unknown,
};
use crate::list_resources::{TYPES, account, failure, listed, token};
use crate::support::plugin_client::in_time;

#[tokio::test]
async fn results_before_an_error_are_sent() {
    let (session, _api) = Session::on_script(|request| match request.endpoint().as_str() {
        "GET /v1/users" if request.path.contains("page_token") => failure(),
        "GET /v1/users" => {
            Reply::ok(json!({ "users": [listed("aaa"), listed("bbb")], "next_page_token": "2" }))
        }
        "GET /v1/users/aaa/tokens" => Reply::ok(json!({ "tokens": [token("one", "1"), token("two", "2")] })),
        "GET /v1/users/aaa/instances" => Reply::ok(smallest_ducklings()),
        _ => failure(),
    })
    .await;
    let tokens = vec![
        "one (aaa), read_write, never expires",
        "two (aaa), read_write, never expires",
    ];
    let cases = [
        (
            ListQuery::all(ACCOUNT),
            vec!["aaa", "bbb"],
            "The service accounts could not be listed",
        ),
        (
            ListQuery::all(TOKEN),
            tokens.clone(),
            "The tokens of \"bbb\" could not be listed",
        ),
        // The requests are sent in parallel, and the results keep their order.
        (
            ListQuery::all(TOKEN).limit(1000),
            tokens.clone(),
            "The tokens of \"bbb\"",
        ),
        (
            ListQuery::all(DUCKLINGS).with_resources(),
            vec!["aaa"],
            "The Ducklings of \"bbb\" could not be listed",
        ),
    ];
    for (query, names, words) in cases {
        let listed = session.try_list(&query).await;
        assert_eq!(listed.names(), names);
        listed
            .diagnostics
            .assert_error("", &[words, "500 INTERNAL_SERVER_ERROR"]);
    }
}

#[tokio::test]
async fn account_deleted_during_the_list_is_skipped() {
    let (session, _api) = Session::on_script(|request| match request.endpoint().as_str() {
        "GET /v1/users" => Reply::ok(json!({ "users": [listed("aaa"), listed("bbb")] })),
        path if path.contains("/aaa/") => Reply::error(404, "NOT_FOUND", "entity not found"),
        path if path.ends_with("tokens") => Reply::ok(json!({ "tokens": [token("one", "1")] })),
        _ => Reply::ok(smallest_ducklings()),
    })
    .await;
    for (query, names) in [
        (ListQuery::all(TOKEN), ["one (bbb), read_write, never expires"]),
        (ListQuery::all(DUCKLINGS).with_resources().limit(1), ["bbb"]),
    ] {
        let listed = session.try_list(&query).await;
        listed.diagnostics.assert_empty();
        assert_eq!(listed.names(), names);
    }
    // A list for a missing account that `username` names is an error.
    for type_name in [TOKEN, DUCKLINGS] {
        let listed = session
            .try_list(&ListQuery::all(type_name).of_account("aaa"))
            .await;
        assert!(listed.found.is_empty());
        listed.diagnostics.assert_error(
            "",
            &["\"aaa\" could not be listed", "404 NOT_FOUND", "no such account"],
        );
    }
}

#[tokio::test]
async fn not_found_without_the_api_code_is_an_error() {
    let (session, _api) = Session::on_script(|request| match request.endpoint().as_str() {
        "GET /v1/users" => Reply::ok(json!({ "users": [listed("aaa")] })),
        _ => Reply::Other(404, "text/plain", "Not Found"),
    })
    .await;
    let listed = session.try_list(&ListQuery::all(TOKEN)).await;
    listed.diagnostics.assert_error(
        "",
        &["The tokens of \"aaa\" could not be listed", "404", "api_base_url"],
    );
}

#[tokio::test]
async fn list_without_users_endpoint_requires_username() {
    let api = Emulator::builder()
        .behaviour(|of| of.missing_users_endpoint = true)
        .start()
        .await
        .unwrap();
    seed_users(&api, &json!([account("svc", &["nightly"])]));
    let session = Session::on(&api.url()).await;
    for type_name in TYPES {
        let listed = session.try_list(&ListQuery::all(type_name)).await;
        assert!(listed.found.is_empty());
        listed.diagnostics.assert_error(
            "",
            &[
                "service accounts could not be listed",
                "have to be named",
                "`username`",
            ],
        );
    }
    assert_eq!(
        session.list(&ListQuery::all(TOKEN).of_account("svc")).await[0].name,
        "nightly (svc), read_write, never expires"
    );
    assert_eq!(
        session.list(&ListQuery::all(DUCKLINGS).of_account("svc")).await[0].name,
        "svc"
    );
}

#[tokio::test]
async fn invalid_username_is_a_validation_error() {
    let session = Session::start().await;
    for type_name in [TOKEN, DUCKLINGS] {
        let diagnostics = session
            .validate_list(type_name, &json!({ "username": ".." }))
            .await;
        diagnostics.assert_error("username", &["a part of a URL path"]);
        session
            .validate_list(type_name, &json!({ "username": unknown() }))
            .await
            .assert_empty();
    }
    session.validate_list(ACCOUNT, &json!({})).await.assert_empty();
}

/// Expects that a list request returns a single error at this attribute path, and no results. An empty path
/// stands for no attribute.
async fn assert_refused(session: &Session, request: list_resource::Request, path: &str, words: &[&str]) {
    let mut client = session.client();
    let events = in_time("a list", client.list_resource(request)).await;
    let mut events = events.unwrap().into_inner();
    let event = in_time("an event", events.message()).await.unwrap().unwrap();
    assert_eq!((&event.identity, &event.resource_object), (&None, &None));
    Diagnostics::read(&event.diagnostic).assert_error(path, words);
    let end = in_time("the end", events.message()).await.unwrap();
    assert_eq!(end, None);
}

#[tokio::test]
async fn list_validates_its_configuration_before_any_request() {
    let (session, unused) = Session::on_unused_api().await;
    for type_name in [TOKEN, DUCKLINGS] {
        let request = session.list_request(&ListQuery::all(type_name).of_account(".."));
        assert_refused(&session, request, "username", &["a part of a URL path"]).await;
    }
    unused.assert_no_connection();
}

#[tokio::test]
async fn cancelled_list_ends_its_requests() {
    // Accounts are read one after the other, or several at once. The first result is sent before the next one
    // is read.
    for (limit, in_flight) in [(10, 1), (100, 2)] {
        let (sender, mut requests) = mpsc::unbounded_channel();
        let abandoned = Arc::new(Notify::new());
        let left = Arc::clone(&abandoned);
        let (session, api) = Session::on_script(move |request| match request.endpoint().as_str() {
            "GET /v1/users" => Reply::ok(json!({ "users": [listed("aaa"), listed("bbb"), listed("ccc")] })),
            "GET /v1/users/aaa/tokens" => Reply::ok(json!({ "tokens": [token("one", "1")] })),
            _ => {
                let _ = sender.send(());
                Reply::NoResponse(Arc::clone(&left))
            }
        })
        .await;
        let mut client = session.client();
        let request = session.list_request(&ListQuery::all(TOKEN).limit(limit));
        let events = in_time("a list", client.list_resource(request)).await;
        let mut events = events.unwrap().into_inner();
        let first = in_time("an event", events.message()).await.unwrap().unwrap();
        assert_eq!(first.display_name, "one (aaa), read_write, never expires");

        for _ in 0..in_flight {
            in_time("the next request", requests.recv()).await;
        }
        drop(events);

        in_time("the end of the request in flight", abandoned.notified()).await;
        assert_eq!(api.requests().len(), 2 + in_flight, "{:?}", api.calls());
    }
}
