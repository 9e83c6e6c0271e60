//! Applies that create and revoke tokens, and tokens that differ from the request.

use std::sync::atomic::{AtomicUsize, Ordering};

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::{Emulator, EmulatorBuilder};
use serde_json::{Value as Json, json};

use crate::host::{
    Action, Reply, Session, TOKEN, TOKEN_ID, TOKEN_SECRET, assert_same_token, calls, created_token, edited,
    seed_users, tokens,
};

fn config() -> Json {
    json!({ "username": "loader", "name": "nightly" })
}

async fn on(emulator: EmulatorBuilder) -> (Session, CheckedEmulator) {
    let api = CheckedEmulator::start(emulator).await.unwrap();
    let users = json!([
        { "username": "loader", "is_service_account": true },
        { "username": "grace", "is_service_account": false },
    ]);
    seed_users(&api, &users);
    (Session::on(&api.url()).await, api)
}

#[tokio::test]
async fn create_returns_the_token_and_delete_revokes_it() {
    let (session, api) = on(Emulator::builder()).await;
    let config = json!({
        "username": "loader", "name": "nightly", "description": "for the loads", "token_type": "read_scaling",
        "ttl": 3600, "early_rotation_seconds": 60, "keepers": { "month": "1" },
    });
    let stored = session.create(TOKEN, &config).await;
    let [live] = tokens(&api).try_into().unwrap();
    assert_same_token(&stored.state, &live);
    assert_eq!(
        (&stored["read_only"], &stored["ready_for_rotation"]),
        (&json!(true), &json!(false))
    );
    assert!(
        stored["token"]
            .as_str()
            .is_some_and(|secret| secret.starts_with("eyJ"))
    );

    session.destroy(TOKEN, &stored).await.assert_empty();
    assert!(tokens(&api).is_empty());
    // Revoking a token that was already revoked elsewhere succeeds.
    session.destroy(TOKEN, &stored).await.assert_empty();
}

#[tokio::test]
async fn token_without_ttl_has_null_expire_at() {
    let (session, _api) = on(Emulator::builder()).await;
    let stored = session.create(TOKEN, &config()).await;
    assert_eq!((&stored["expire_at"], &stored["ttl"]), (&Json::Null, &Json::Null));
    assert_eq!(
        (&stored["description"], &stored["token_type"]),
        (&Json::Null, &json!("read_write"))
    );
}

#[tokio::test]
async fn create_before_destroy_creates_before_it_revokes() {
    let (session, api) = on(Emulator::builder()).await;
    let old = session.create(TOKEN, &config()).await;
    api.clear_requests();
    // Names are unique, so each token has its own.
    let next = edited(&config(), "name", json!("nightly-2"));
    let plan = session.plan(TOKEN, &next, Some(&old)).await;
    assert_eq!(plan.action, Action::Replace);
    // With `create_before_destroy` the destroy of the old token is planned during the apply.
    let new = session.create(TOKEN, &next).await;
    session.destroy(TOKEN, &old).await;
    assert_eq!(calls(&api)[0], "POST /v1/users/loader/tokens");
    let [live] = tokens(&api).try_into().unwrap();
    assert_eq!(live["id"], new["id"]);
}

#[tokio::test]
async fn duplicate_name_is_an_error_with_the_existing_token() {
    let (session, api) = on(Emulator::builder()).await;
    let stored = session
        .create(TOKEN, &edited(&config(), "ttl", json!(3600)))
        .await;
    let id = stored["id"].as_str().unwrap();
    let failed = session.try_create(TOKEN, &config()).await.unwrap_err();
    let import_id = format!("loader/{id}");
    let (created, end) = (&stored["created_ts"], &stored["expire_at"]);
    failed.assert_error(
        "name",
        &[
            "\"loader\" has a token named \"nightly\" already",
            &import_id,
            created.as_str().unwrap(),
            end.as_str().unwrap(),
            "`name_prefix`",
        ],
    );
    assert_eq!(failed.stored, None);
    let [live] = tokens(&api).try_into().unwrap();
    assert_eq!(live["id"], id);
}

#[tokio::test]
async fn unsupported_description_is_a_warning_and_in_state() {
    let (session, _api) = on(Emulator::builder().behaviour(|of| of.ignore_descriptions = true)).await;
    let described = edited(&config(), "description", json!("for the loads"));
    let applied = session.try_create(TOKEN, &described).await.unwrap();
    applied.assert_warning("description", &["was not stored", "region"]);
    let stored = applied.object();
    let stored = session.refresh(TOKEN, &stored).await;
    assert_eq!(stored["description"], "for the loads");
    session.assert_plan_is_empty(TOKEN, &described, &stored).await;
}

#[tokio::test]
async fn rejected_create_is_an_error_with_the_api_response() {
    let (session, _api) = on(Emulator::builder()).await;
    let cases = [
        (
            "grace",
            "",
            ["403 FORBIDDEN", "another human member", "organization Admin"],
        ),
        (
            "nobody",
            "username",
            ["404 NOT_FOUND", "User not found", "refer to the `id`"],
        ),
    ];
    for (username, path, words) in cases {
        let failed = session
            .try_create(TOKEN, &edited(&config(), "username", json!(username)))
            .await
            .unwrap_err();
        failed.assert_error(path, &words);
        assert_eq!(failed.stored, None);
    }
}

// --- Responses that the emulator does not send ---

#[tokio::test]
async fn created_token_that_differs_from_the_request_is_revoked() {
    let (session, api) = Session::on_token_api(
        || Reply::ok(created_token("nightly", "read_scaling", None)),
        || Reply::ok(json!({})),
    )
    .await;
    let failed = session.try_create(TOKEN, &config()).await.unwrap_err();
    let words = [
        "differs from the request",
        "has the type read_scaling",
        "was revoked",
        TOKEN_ID,
    ];
    failed.assert_error("", &words);
    assert_eq!(failed.stored, None);
    assert_eq!(
        api.calls()[2],
        format!("DELETE /v1/users/loader/tokens/{TOKEN_ID}")
    );
    failed.diagnostics.assert_omits("s3cret");
}

#[tokio::test]
async fn differing_token_that_cannot_be_revoked_is_in_state() {
    let refuse = || Reply::error(500, "INTERNAL_SERVER_ERROR", "Internal Error");
    let (session, _api) = Session::on_token_api(
        || Reply::ok(created_token("nightly", "read_scaling", None)),
        refuse,
    )
    .await;
    let failed = session.try_create(TOKEN, &config()).await.unwrap_err();
    failed.assert_error("", &["differs from the request", "is live", "tainted", TOKEN_ID]);
    failed.assert_error("", &["could not be revoked", "500 INTERNAL_SERVER_ERROR"]);
    failed.diagnostics.assert_omits("s3cret");
    let kept = failed
        .stored
        .expect("no exemption allows an unreported live token");
    assert_eq!(
        (&kept["id"], &kept["token"]),
        (&json!(TOKEN_ID), &json!(TOKEN_SECRET))
    );
}

#[tokio::test]
async fn destroy_of_a_differing_token_ignores_revoke_on_destroy() {
    let wrong = created_token("nightly", "read_scaling", Some("2026-01-01T01:00:00Z"));
    let failures = AtomicUsize::new(0);
    let revoke = move || match failures.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::error(403, "FORBIDDEN", "Forbidden"),
        _ => Reply::ok(json!({})),
    };
    let (session, api) = Session::on_token_api(move || Reply::ok(wrong.clone()), revoke).await;
    let config = json!({
        "username": "loader", "name_prefix": "nightly", "ttl": 3600, "revoke_on_destroy": false,
    });
    let plan = session.plan(TOKEN, &config, None).await;
    let failed = session.try_apply(&plan).await.unwrap_err();
    failed.assert_error(
        "",
        &["differs from the request", "is live", "the next apply revokes it"],
    );
    let kept = failed.stored.unwrap();
    session.apply_once(&plan.delete_of_tainted(&kept)).await.unwrap();
    let deleted = format!("DELETE /v1/users/loader/tokens/{TOKEN_ID}");
    let revoked = api.calls().into_iter().filter(|call| *call == deleted).count();
    assert_eq!(revoked, 2, "{:#?}", api.calls());
}

#[tokio::test]
async fn create_sends_only_configured_arguments() {
    let (session, api) = Session::on_token_api(
        || Reply::ok(created_token("nightly", "read_write", None)),
        || Reply::ok(json!({})),
    )
    .await;
    session.create(TOKEN, &config()).await;
    assert_eq!(
        api.requests()[1].body,
        json!({ "name": "nightly", "token_type": "read_write" })
    );
}
