//! Applies that create and delete service accounts, and their error messages.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::{DuplicateStatus, Emulator};
use serde_json::{Value as Json, json};

use crate::host::{ACCOUNT, DUCKLINGS, Reply, Session, calls, seed_users, smallest_ducklings};

fn config() -> Json {
    json!({ "username": "loader" })
}

fn not_found() -> Reply {
    Reply::error(404, "NOT_FOUND", "User not found")
}

#[tokio::test]
async fn create_read_and_delete_encode_the_username_in_the_path() {
    let (session, api) = Session::on_emulator().await;
    let stored = session
        .create(
            ACCOUNT,
            &json!({ "username": "Größe_7", "deletion_protection": false }),
        )
        .await;
    let expected = json!({ "username": "Größe_7", "deletion_protection": false, "id": "Größe_7" });
    assert_eq!(stored.state, expected);
    assert_eq!(session.refresh(ACCOUNT, &stored).await, stored);
    let plan = session.plan_destroy(ACCOUNT, &stored).await.unwrap();
    let done = session.apply(&plan).await;
    assert!(done.stored.is_none() && done.diagnostics.is_empty());
    let name = "Gr%C3%B6%C3%9Fe_7";
    assert_eq!(
        calls(&api),
        [
            format!("GET /v1/users/{name}/instances"),
            "POST /v1/users".to_owned(),
            format!("GET /v1/users/{name}/instances"),
            format!("DELETE /v1/users/{name}")
        ]
    );
}

#[tokio::test]
async fn duplicate_username_is_an_error_with_an_import_block() {
    for status in [DuplicateStatus::BadRequest, DuplicateStatus::Conflict] {
        let api = CheckedEmulator::start(Emulator::builder().behaviour(|of| of.duplicate_status = status))
            .await
            .unwrap();
        seed_users(
            &api,
            &json!([{ "username": "LOADER", "is_service_account": true }]),
        );
        let session = Session::on(&api.url()).await;
        let failed = session.try_create(ACCOUNT, &config()).await.unwrap_err();
        let block = "import {\n  to = motherduck_service_account.NAME\n  id = \"loader\"\n}";
        failed.assert_error("username", &["exists already", block, "another username"]);
        assert_eq!(failed.stored, None, "it is not adopted without an import");
    }
}

#[tokio::test]
async fn rejected_username_is_an_error_with_the_api_response() {
    let api = CheckedEmulator::start(Emulator::builder().behaviour(|of| of.ascii_usernames = true))
        .await
        .unwrap();
    let session = Session::on(&api.url()).await;
    let failed = session
        .try_create(ACCOUNT, &json!({ "username": "größe" }))
        .await
        .unwrap_err();
    failed.assert_error(
        "username",
        &["could not be created", "POST /v1/users", "400 BAD_REQUEST"],
    );
    failed.diagnostics.assert_omits("import {");
}

#[tokio::test]
async fn create_with_lost_response_succeeds_if_the_account_was_absent() {
    let created = AtomicBool::new(false);
    let (session, api) = Session::on_script(move |request| match request.line().as_str() {
        "POST /v1/users" => {
            created.store(true, Ordering::SeqCst);
            Reply::CloseConnection
        }
        _ if created.load(Ordering::SeqCst) => Reply::ok(smallest_ducklings()),
        _ => not_found(),
    })
    .await;
    let applied = session.try_create(ACCOUNT, &config()).await.unwrap();
    applied.assert_empty();
    let expected = json!({ "username": "loader", "deletion_protection": true, "id": "loader" });
    assert_eq!(applied.object().state, expected);
    let look = "GET /v1/users/loader/instances";
    assert_eq!(
        api.calls(),
        [look, "POST /v1/users", look],
        "the POST is not repeated"
    );
}

#[tokio::test]
async fn create_that_returns_another_username_is_an_error_and_in_state() {
    let (session, _api) = Session::on_script(|request| match request.method.as_str() {
        "POST" => Reply::ok(json!({ "username": "svc_loader" })),
        _ => not_found(),
    })
    .await;
    let failed = session.try_create(ACCOUNT, &config()).await.unwrap_err();
    failed.assert_error("username", &["\"loader\"", "\"svc_loader\"", "in the state"]);
    let kept = failed.stored.unwrap();
    assert_eq!(
        (&kept["username"], &kept["id"]),
        (&json!("svc_loader"), &json!("svc_loader"))
    );
}

#[tokio::test]
async fn requests_for_a_new_account_are_retried_after_404() {
    // The first request of each kind for the new account returns 404.
    let met = Mutex::new(HashSet::new());
    let (session, api) = Session::on_script(move |request| {
        let line = request.line();
        if line == "POST /v1/users" {
            return Reply::ok(json!({ "username": "loader" }));
        }
        if met.lock().unwrap().insert(line) {
            return not_found();
        }
        Reply::ok(smallest_ducklings())
    })
    .await;
    let account = session.create(ACCOUNT, &config()).await;
    session.refresh(ACCOUNT, &account).await;
    let block = json!({ "instance_size": "pulse" });
    session
        .create(DUCKLINGS, &json!({ "username": "loader", "read_write": block }))
        .await;
    session
        .read_data_source("motherduck_service_account", &config())
        .await;
    let repeated = api
        .calls()
        .iter()
        .filter(|call| *call == "PUT /v1/users/loader/instances")
        .count();
    assert_eq!(repeated, 2);
}

#[tokio::test]
async fn delete_of_a_missing_account_succeeds() {
    let (session, _api) = Session::on_emulator().await;
    let stored = session
        .create(
            ACCOUNT,
            &json!({ "username": "loader", "deletion_protection": false }),
        )
        .await;
    for _ in 0..2 {
        session.destroy(ACCOUNT, &stored).await.assert_empty();
    }
}

#[tokio::test]
async fn rejected_delete_is_an_error_and_state_is_unchanged() {
    let (session, _api) = Session::on_script(|request| match request.method.as_str() {
        "DELETE" => Reply::Json(
            403,
            json!({ "code": "FORBIDDEN", "message": "Unauthorized",
            "issues": [{ "message": "minimum role org_admin is required" }] }),
        ),
        _ => Reply::ok(json!({ "username": "loader" })),
    })
    .await;
    let stored = session
        .create(
            ACCOUNT,
            &json!({ "username": "loader", "deletion_protection": false }),
        )
        .await;
    let plan = session.plan_destroy(ACCOUNT, &stored).await.unwrap();
    let failed = session.try_apply(&plan).await.unwrap_err();
    failed.assert_error(
        "",
        &[
            "could not be deleted",
            "403 FORBIDDEN",
            "minimum role org_admin is required",
            "organization Admin",
        ],
    );
    assert_eq!(failed.stored, Some(stored));
}
