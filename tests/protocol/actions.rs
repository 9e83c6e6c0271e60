//! The action that revokes tokens: which tokens it revokes, in which order, its progress events and its
//! completion.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, mpsc};

use motherduck_contract::CheckedEmulator;
use serde_json::{Value as Json, json};
use tokio::sync::Notify;

use crate::host::{Reply, Request, ScriptedApi, Session, calls, edited, eventually, token_ids, unknown};
use crate::support::plugin_client::in_time;

const REVOKE: &str = "motherduck_revoke_tokens";

fn config() -> Json {
    json!({ "username": "loader" })
}

fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-00000000000{number}")
}

fn token(number: u32, name: &str, token_type: &str, created_ts: &str) -> Json {
    json!({ "id": id(number), "name": name, "token_type": token_type, "created_ts": created_ts })
}

/// An account with four tokens. The API lists the newest first.
async fn with_tokens() -> (Session, CheckedEmulator) {
    let tokens = json!([
        token(1, "ci-late", "read_write", "2026-01-03T00:00:00Z"),
        token(2, "ci-early", "read_write", "2026-01-01T00:00:00Z"),
        token(3, "ci-reads", "read_scaling", "2026-01-02T00:00:00Z"),
        token(4, "laptop", "read_write", "2026-01-02T00:00:00Z"),
    ]);
    Session::on_users(&json!([{ "username": "loader", "is_service_account": true, "tokens": tokens }])).await
}

/// Returns the numbers of the remaining tokens.
fn left(api: &CheckedEmulator) -> Vec<u32> {
    let live: Vec<String> = token_ids(api);
    let numbers = (1..=4).filter(|number| live.contains(&id(*number)));
    numbers.collect()
}

/// Returns arguments with an invalid value each.
fn invalid_arguments() -> [(&'static str, Json); 7] {
    [
        ("username", json!("")),
        ("username", json!(" ")),
        ("name_prefix", json!("")),
        ("token_type", json!("admin")),
        ("except_ids", json!([null])),
        ("except_ids", json!([""])),
        ("except_ids", json!([id(1), " "])),
    ]
}

// --- Success ---

#[tokio::test]
async fn invoke_revokes_tokens_oldest_first_with_progress_for_each() {
    let (session, api) = with_tokens().await;
    session.validate_action(REVOKE, &config()).await.assert_empty();
    session.plan_action(REVOKE, &config()).await.assert_empty();
    assert_eq!(calls(&api), [""; 0], "a plan sends no request");

    let invoked = session.invoke(REVOKE, &config()).await;
    invoked.diagnostics.assert_empty();
    assert_eq!(
        invoked.progress,
        [
            "Of the 4 tokens of \"loader\", 4 will be revoked.".to_owned(),
            format!("Revoked \"ci-early\" ({}).", id(2)),
            format!("Revoked \"ci-reads\" ({}).", id(3)),
            format!("Revoked \"laptop\" ({}).", id(4)),
            format!("Revoked \"ci-late\" ({}).", id(1)),
            "Done: 4 of 4 tokens revoked.".to_owned(),
        ]
    );
    let deletes: Vec<String> = [2, 3, 4, 1]
        .map(|number| format!("DELETE /v1/users/loader/tokens/{}", id(number)))
        .into();
    assert_eq!(calls(&api)[0], "GET /v1/users/loader/tokens");
    assert_eq!(calls(&api)[1..], deletes);

    // A second run finds no token and succeeds.
    let invoked = session.invoke(REVOKE, &config()).await;
    invoked.diagnostics.assert_empty();
    assert_eq!(
        invoked.progress,
        [
            "Of the 0 tokens of \"loader\", 0 will be revoked.",
            "Done: 0 of 0 tokens revoked."
        ]
    );
}

#[tokio::test]
async fn arguments_select_the_tokens_to_revoke() {
    let (session, api) = with_tokens().await;
    let config = json!({
        "username": "loader", "name_prefix": "ci-", "token_type": "read_write",
        "except_ids": [id(1).to_uppercase(), "no-token"],
    });
    let diagnostics = session.invoke(REVOKE, &config).await.diagnostics;
    diagnostics.assert_warning("except_ids", &["\"no-token\" matches no token"]);
    assert_eq!(left(&api), [1, 3, 4]);
}

#[tokio::test]
async fn invalid_argument_is_an_error_and_unknown_argument_is_valid() {
    let (session, unused) = Session::on_unused_api().await;
    for (name, value) in invalid_arguments() {
        let diagnostics = session
            .validate_action(REVOKE, &edited(&config(), name, value))
            .await;
        assert_eq!(diagnostics.error_paths(), [name], "{diagnostics:#?}");
    }
    let mut unknowns = config();
    for name in ["username", "name_prefix", "token_type", "except_ids"] {
        unknowns = edited(&unknowns, name, unknown());
    }
    session.validate_action(REVOKE, &unknowns).await.assert_empty();
    session.plan_action(REVOKE, &unknowns).await.assert_empty();
    let inside = edited(&config(), "except_ids", json!([unknown()]));
    session.validate_action(REVOKE, &inside).await.assert_empty();
    unused.assert_no_connection();
}

// --- Cancelled calls and invalid calls ---

#[tokio::test]
async fn invoke_with_an_unknown_value_is_an_error_and_sends_no_request() {
    let (session, unused) = Session::on_unused_api().await;
    let config = edited(&config(), "name_prefix", unknown());
    let invoked = session.invoke(REVOKE, &config).await;
    invoked.diagnostics.assert_error("", &["unknown values"]);
    assert_eq!(invoked.progress, [""; 0]);
    unused.assert_no_connection();
}

#[tokio::test]
async fn plan_and_invoke_validate_values_known_after_validation() {
    let (session, api) = with_tokens().await;
    for (name, value) in invalid_arguments() {
        let config = edited(&config(), name, value);
        assert_eq!(session.plan_action(REVOKE, &config).await.error_paths(), [name]);
        let invoked = session.invoke(REVOKE, &config).await;
        assert_eq!(invoked.diagnostics.error_paths(), [name], "{invoked:#?}");
        assert_eq!(invoked.progress, [""; 0]);
    }
    assert_eq!(left(&api), [1, 2, 3, 4]);
    assert_eq!(calls(&api), [""; 0]);
}

#[tokio::test]
async fn set_of_60000_except_ids_is_decoded_within_the_deadline() {
    const IDS: usize = 60_000;
    let (session, api) = with_tokens().await;
    let mut ids: Vec<String> = (0..IDS)
        .map(|number| format!("{number:08}-0000-4000-8000-000000000000"))
        .collect();
    ids.extend([id(1), id(2), id(3), id(4)]);
    let config = edited(&config(), "except_ids", json!(ids));
    session.validate_action(REVOKE, &config).await.assert_empty();
    assert!(session.plan_action(REVOKE, &config).await.is_empty());
    assert_eq!(left(&api), [1, 2, 3, 4]);
}

#[tokio::test]
async fn revocations_continue_after_the_client_cancels_the_stream() {
    let (session, api) = with_tokens().await;
    let request = session.invocation(REVOKE, &config()).await;
    let mut events = session
        .client()
        .invoke_action(request)
        .await
        .unwrap()
        .into_inner();
    assert!(events.message().await.unwrap().is_some(), "the call has begun");
    drop(events);
    eventually("the last token to be revoked", || left(&api).is_empty()).await;
}

// --- API errors ---

/// An API that lists two tokens. `response` is the response to the revocation of one of them.
async fn revoking(
    retries: u32,
    delete: impl Fn(&Request) -> Reply + Send + Sync + 'static,
) -> (Session, ScriptedApi) {
    let gone = Mutex::new(HashSet::new());
    let api = ScriptedApi::start(move |request: &Request| {
        if request.method == "DELETE" {
            let reply = delete(request);
            if let Reply::Json(404, _) = reply {
                gone.lock().unwrap().insert(request.path.clone());
            }
            return reply;
        }
        let mut tokens = [
            token(1, "first", "read_write", "2026-01-01T00:00:00Z"),
            token(2, "second", "read_write", "2026-01-02T00:00:00Z"),
        ];
        for token in &mut tokens {
            token["read_only"] = json!(false);
        }
        // Once a DELETE has returned 404 for a token, the listing omits it.
        let gone = gone.lock().unwrap();
        let is_there = |token: &&Json| {
            let id = token["id"].as_str().unwrap();
            !gone.iter().any(|path| path.ends_with(id))
        };
        let tokens: Vec<&Json> = tokens.iter().filter(is_there).collect();
        Reply::ok(json!({ "tokens": tokens }))
    })
    .await;
    let session = Session::with(api.url(), "max_retries", json!(retries)).await;
    (session, api)
}

#[tokio::test]
async fn token_already_deleted_counts_as_revoked() {
    let gone = json!({ "code": "NOT_FOUND", "message": "Token not found" });
    let (session, _api) = revoking(0, move |_| Reply::Json(404, gone.clone())).await;
    let invoked = session.invoke(REVOKE, &config()).await;
    invoked.diagnostics.assert_empty();
    assert_eq!(
        invoked.progress[1],
        format!("Gone already: \"first\" ({}).", id(1))
    );
    assert_eq!(invoked.progress[3], "Done: 2 of 2 tokens revoked.");
}

#[tokio::test]
async fn failed_revocation_is_an_error_and_other_tokens_are_revoked() {
    let (session, api) = revoking(0, |request| {
        if request.path.ends_with(&id(1)) {
            let body = json!({ "code": "FORBIDDEN", "message": "Not yours" });
            Reply::Json(403, body)
        } else {
            Reply::ok(json!({}))
        }
    })
    .await;
    let invoked = session.invoke(REVOKE, &config()).await;
    let refused = format!("\"first\" ({})", id(1));
    let revoked = format!("\"second\" ({})", id(2));
    invoked.diagnostics.assert_error(
        "",
        &[
            "1 of 2 tokens of \"loader\" could not be revoked",
            &refused,
            "Not yours",
            &format!("Revoked:\n- {revoked}"),
            "invoke the action again",
        ],
    );
    assert!(invoked.progress[1].contains(&refused) && invoked.progress[1].contains("Not yours"));
    assert_eq!(invoked.progress[2], format!("Revoked {revoked}."));
    assert_eq!(invoked.progress[3], "Done: 1 of 2 tokens revoked.");
    assert_eq!(api.calls().len(), 3);
}

#[tokio::test]
async fn stop_during_retries_is_an_error_with_the_remaining_tokens() {
    let requested = Arc::new(Notify::new());
    let on_request = Arc::clone(&requested);
    // With retries this would take minutes.
    let (session, api) = revoking(20, move |_| {
        on_request.notify_one();
        Reply::Other(503, "text/plain", "later")
    })
    .await;
    let config = config();
    let (invoked, ()) = tokio::join!(session.invoke(REVOKE, &config), async {
        requested.notified().await;
        session.stop().await;
    });
    invoked
        .diagnostics
        .assert_error("", &["2 of 2 tokens", "interrupted", "Revoked: none"]);
    assert!(
        !api.calls().iter().any(|call| call.ends_with(&id(2))),
        "{:?}",
        api.calls()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stop_prevents_further_revocations_and_progress_events() {
    let requested = Arc::new(Notify::new());
    let on_request = Arc::clone(&requested);
    let (go_on, held) = mpsc::channel();
    let held = Mutex::new(held);
    let (session, api) = revoking(0, move |_| {
        on_request.notify_one();
        let held = held.lock().expect("no test panicked here");
        tokio::task::block_in_place(|| held.recv()).expect("the test can continue");
        Reply::ok(json!({}))
    })
    .await;
    let config = config();
    let (invoked, ()) = tokio::join!(session.invoke(REVOKE, &config), async {
        in_time("the first token to be revoked", requested.notified()).await;
        session.stop().await;
        go_on.send(()).unwrap();
    });
    // The request in flight was carried out, and the next one was not sent.
    let [list, revoke] = api.calls().try_into().expect("two requests");
    assert!(
        list.starts_with("GET ") && revoke.ends_with(&id(1)),
        "{list} {revoke}"
    );
    let revoked = format!("Revoked:\n- \"first\" ({})", id(1));
    invoked
        .diagnostics
        .assert_error("", &["1 of 2 tokens", "interrupted", &id(2), &revoked]);
    assert_eq!(
        invoked.progress,
        ["Of the 2 tokens of \"loader\", 2 will be revoked."]
    );
}

#[tokio::test]
async fn failed_token_listing_is_an_error_and_revokes_nothing() {
    let (session, api) = with_tokens().await;
    let nobody = edited(&config(), "username", json!("nobody"));
    let invoked = session.invoke(REVOKE, &nobody).await;
    invoked.diagnostics.assert_error(
        "",
        &["could not be listed", "404 NOT_FOUND", "Nothing was revoked"],
    );
    assert_eq!(invoked.progress, [""; 0]);
    assert_eq!(left(&api), [1, 2, 3, 4]);
}
