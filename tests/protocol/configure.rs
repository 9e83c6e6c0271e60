//! The provider configuration: attributes, environment variables, changes, and interrupted configuration.

use std::sync::Arc;

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::Emulator;
use serde_json::{Value as Json, json};
use tokio::sync::Notify;

use crate::host::{
    ACCOUNT, ADMIN_TOKEN, Action, ListQuery, Reply, ScriptedApi, Session, StoredObject, TOKEN, add_loader,
    calls, edited, with_loader,
};
use crate::{data_sources, list_resources};

pub(crate) fn config() -> Json {
    json!({ "username": "loader" })
}

pub(crate) fn stored() -> StoredObject {
    let state = json!({ "username": "loader", "deletion_protection": false, "id": "loader" });
    StoredObject::without_identity(state, b"theirs".to_vec())
}

/// Expects that a refresh reaches the API, in which the account `loader` exists.
pub(crate) async fn assert_reaches(session: &Session) {
    let read = session.read(ACCOUNT, &stored()).await;
    assert!(read.stored.is_some(), "{:#?}", read.diagnostics);
}

// --- Nothing configured ---

#[tokio::test]
async fn missing_admin_token_is_an_error_only_of_calls_that_need_the_api() {
    let session = Session::start().await;
    session.validate_provider(&json!({})).await.assert_empty();
    session.configure(&json!({})).await.assert_empty();
    let plan = session.plan(ACCOUNT, &config(), None).await;
    let change = session
        .plan(
            ACCOUNT,
            &edited(&config(), "deletion_protection", json!(true)),
            Some(&stored()),
        )
        .await;
    assert_eq!(change.action, Action::Update);
    session.apply(&change).await;
    session.plan_destroy(ACCOUNT, &stored()).await.unwrap();

    let mut failed = vec![
        session.try_apply(&plan).await.unwrap_err().diagnostics,
        session.try_read(ACCOUNT, &stored()).await.unwrap_err(),
        session.try_import(ACCOUNT, "loader").await.unwrap_err(),
        session.try_open(TOKEN, &config()).await.unwrap_err(),
    ];
    for (type_name, config) in data_sources::all() {
        failed.push(session.data_source_error(type_name, &config).await);
    }
    for type_name in list_resources::TYPES {
        failed.push(session.try_list(&ListQuery::all(type_name)).await.diagnostics);
    }
    failed.push(
        session
            .invoke("motherduck_revoke_tokens", &config())
            .await
            .diagnostics,
    );
    for diagnostics in failed {
        diagnostics.assert_error(
            "",
            &[
                "`admin_token`",
                "MOTHERDUCK_ADMIN_TOKEN",
                "MOTHERDUCK_TOKEN",
                "organization Admin",
            ],
        );
    }
}

#[tokio::test]
async fn unconfigured_provider_plans_a_create_and_read_is_an_error() {
    let session = Session::start().await;
    session.plan(ACCOUNT, &config(), None).await;
    let diagnostics = session.try_read(ACCOUNT, &stored()).await.unwrap_err();
    diagnostics.assert_error("", &["before the provider was configured", "report"]);
}

// --- The environment ---

#[tokio::test]
async fn environment_variables_set_unset_arguments() {
    let api = with_loader(Emulator::builder()).await;
    let environment = [
        ("MOTHERDUCK_API_BASE_URL", &*api.url()),
        ("MOTHERDUCK_ADMIN_TOKEN", ADMIN_TOKEN),
    ];
    let session = Session::start_with(&environment).await;
    session.configure(&json!({})).await.assert_empty();
    assert_reaches(&session).await;
}

#[tokio::test]
async fn requests_have_the_configured_user_agent() {
    let api = ScriptedApi::start(|_| Reply::ok(json!({ "username": "loader" }))).await;
    let session = Session::start_with(&[("TF_APPEND_USER_AGENT", "ci/7\r\nX-Odd: y")]).await;
    let settings = json!({ "custom_user_agent": "team/1" });
    session.configure_with(api.url(), &settings).await;
    session.create(ACCOUNT, &config()).await;
    let user_agent = &api.requests()[0].user_agent;
    let own = concat!("terraform-provider-motherduck/", env!("CARGO_PKG_VERSION"));
    assert!(user_agent.starts_with(own), "{user_agent}");
    assert!(
        user_agent.ends_with("Terraform/1.13.0 team/1 ci/7X-Odd: y"),
        "{user_agent}"
    );
}

#[tokio::test]
async fn invalid_environment_variable_is_an_error_of_read_and_not_of_plan() {
    let session = Session::start_with(&[("MOTHERDUCK_ADMIN_TOKEN", "s3cret\nmore")]).await;
    session.configure(&json!({})).await.assert_empty();
    session.plan(ACCOUNT, &config(), None).await;
    let diagnostics = session.try_read(ACCOUNT, &stored()).await.unwrap_err();
    diagnostics.assert_error("", &["MOTHERDUCK_ADMIN_TOKEN"]);
    diagnostics.assert_omits("s3cret");
}

// --- Changed configuration ---

#[tokio::test]
async fn second_configure_replaces_the_first() {
    let (first, second) = (
        with_loader(Emulator::builder()).await,
        with_loader(Emulator::builder()).await,
    );
    let session = Session::on(&first.url()).await;
    assert_reaches(&session).await;
    session.configure_for(&second.url()).await;
    assert_reaches(&session).await;
    assert_eq!((calls(&first).len(), calls(&second).len()), (1, 1));
}

// --- Interrupted ---

#[tokio::test]
async fn calls_after_stop_succeed() {
    let api = with_loader(Emulator::builder()).await;
    let session = Session::start().await;
    session.stop().await;
    session.configure_for(&api.url()).await;
    assert_reaches(&session).await;
    session.stop().await;
    assert_reaches(&session).await;
}

#[tokio::test]
async fn stop_ends_retries_with_an_error() {
    let requested = Arc::new(Notify::new());
    let on_request = Arc::clone(&requested);
    let api = ScriptedApi::start(move |_| {
        on_request.notify_one();
        Reply::Other(503, "text/plain", "later")
    })
    .await;
    // With retries this would take minutes.
    let session = Session::with(api.url(), "max_retries", json!(20)).await;
    let stored = stored();
    let (read, ()) = tokio::join!(session.try_read(ACCOUNT, &stored), async {
        requested.notified().await;
        session.stop().await;
    });
    read.unwrap_err().assert_error("", &["interrupted", "Run again"]);
}

#[tokio::test]
async fn endless_certificate_file_blocks_neither_other_calls_nor_the_exit() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe.pem");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    let session = Session::start().await;
    let settings = edited(
        &Session::settings("https://127.0.0.1:1"),
        "ca_certificate_file",
        json!(pipe.to_str()),
    );
    session.configure(&settings).await.assert_empty();
    let stored = stored();
    // There are more calls than runtime threads, to show that the calls do not block the threads.
    let reads = (0..64).map(|_| session.try_read(ACCOUNT, &stored));
    let mut reads = Box::pin(futures_util::future::join_all(reads));
    let stop = || async {
        // Meanwhile the provider serves a call that needs no API, and the stop. The stop ends the calls that
        // have begun.
        session.validate_provider(&settings).await.assert_empty();
        session.stop().await;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    let ended = loop {
        tokio::select! {
            ended = &mut reads => break ended,
            () = stop() => {}
        }
    };
    drop(reads);
    for read in ended {
        read.unwrap_err().assert_error("", &["Interrupted"]);
    }
    // The provider process ends although one of its threads still waits for the file.
    session.end().await;
}

// --- TLS ---

#[tokio::test]
async fn ca_certificate_file_adds_a_trusted_authority() {
    let api = CheckedEmulator::start(Emulator::builder().tls(true))
        .await
        .unwrap();
    add_loader(&api);
    let session = Session::on(&api.url()).await;
    let diagnostics = session.try_read(ACCOUNT, &stored()).await.unwrap_err();
    diagnostics.assert_error("", &["certificate", "not trusted", &api.address().to_string()]);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, api.certificate_authority_pem().unwrap()).unwrap();
    let settings = json!({ "ca_certificate_file": file.to_str() });
    session.configure_with(&api.url(), &settings).await;
    assert_reaches(&session).await;

    let missing = json!({ "ca_certificate_file": folder.path().join("missing.pem").to_str() });
    session.configure_with(&api.url(), &missing).await;
    session.plan(ACCOUNT, &config(), None).await;
    let diagnostics = session.try_read(ACCOUNT, &stored()).await.unwrap_err();
    diagnostics.assert_error("ca_certificate_file", &["missing.pem", "Nothing was sent"]);
}
