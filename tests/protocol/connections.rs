//! Several connections to one `--debug` process. Each has its own configuration.

use std::sync::Arc;

use motherduck_contract::CheckedEmulator;
use motherduck_provider::proto::tfplugin6 as proto;
use serde_json::json;

use crate::host::{ACCOUNT, Session, TOKEN, add_loader, calls, emulator, eventually, set_faults, token_ids};
use crate::support::plugin_client::{DebugProcess, in_time};

/// Returns a connection that is configured for an organization.
async fn configured(process: &DebugProcess, api: &CheckedEmulator) -> Session {
    let session = Session::attached(process.connect().await).await;
    session.configure_for(&api.url()).await;
    session
}

/// Returns the usernames of an organization's service accounts.
fn accounts(api: &CheckedEmulator) -> Vec<String> {
    let state = api.state();
    let accounts = state["accounts"].as_array().unwrap().iter();
    accounts
        .filter(|account| account["is_service_account"] == true)
        .map(|account| account["username"].as_str().unwrap().to_owned())
        .collect()
}

/// Returns the number of live tokens of `loader`.
fn tokens(api: &CheckedEmulator) -> usize {
    token_ids::<Vec<_>>(api).len()
}

#[tokio::test]
async fn each_connection_uses_its_own_configuration() {
    let process = DebugProcess::start().await;
    let (left_api, right_api) = (emulator().await, emulator().await);
    // A host first checks whether a server listens, and closes that connection.
    drop(process.peer.connect().await.unwrap());
    let left = configured(&process, &left_api).await;
    // This connection is configured last.
    let right = configured(&process, &right_api).await;

    let config = |name: &str| json!({ "username": name, "deletion_protection": false });
    let on_left = left.create(ACCOUNT, &config("svc_left")).await;
    right.create(ACCOUNT, &config("svc_right")).await;
    assert_eq!(accounts(&left_api), ["svc_left"]);
    assert_eq!(accounts(&right_api), ["svc_right"]);

    // The other organization still has its account of this name.
    right.create(ACCOUNT, &config("svc_left")).await;
    left.destroy(ACCOUNT, &on_left).await;
    assert_eq!(accounts(&left_api), [""; 0]);
    assert_eq!(accounts(&right_api), ["svc_left", "svc_right"]);
}

#[tokio::test]
async fn unconfigured_connection_does_not_use_another_configuration() {
    let process = DebugProcess::start().await;
    let api = emulator().await;
    configured(&process, &api).await;
    let other = Session::attached(process.connect().await).await;
    let plan = other
        .plan(ACCOUNT, &json!({ "username": "svc_other" }), None)
        .await;
    let applied = other.try_apply(&plan).await.expect_err("nothing to call");
    applied.assert_error("", &["before the provider was configured"]);
    assert_eq!(calls(&api), [""; 0]);
}

#[tokio::test]
async fn stop_ends_only_calls_of_its_own_connection() {
    let process = DebugProcess::start().await;
    let left_api = emulator().await;
    let right_api = emulator().await;
    let (left, right) = (
        Arc::new(configured(&process, &left_api).await),
        Arc::new(configured(&process, &right_api).await),
    );
    // With this `Retry-After` both would retry for a quarter of an hour.
    let failing = json!([{ "fault": { "kind": "status", "status": 503, "retry_after": 60 } }]);
    for api in [&left_api, &right_api] {
        set_faults(api, &failing);
    }
    let patient = |api: &CheckedEmulator| {
        let mut settings = Session::settings(&api.url());
        settings["max_retries"] = 15.into();
        settings
    };
    left.configure(&patient(&left_api)).await.assert_empty();
    right.configure(&patient(&right_api)).await.assert_empty();
    let read = |session: &Arc<Session>| {
        let session = Arc::clone(session);
        tokio::spawn(async move {
            session
                .try_read_data_source("motherduck_tokens", &json!({ "username": "svc" }))
                .await
        })
    };
    let (on_left, on_right) = (read(&left), read(&right));
    for api in [&left_api, &right_api] {
        eventually("the first attempt", || !calls(api).is_empty()).await;
    }
    left.stop().await;
    let diagnostics = in_time("the end of the read", on_left)
        .await
        .unwrap()
        .unwrap_err();
    diagnostics.assert_error("", &["interrupted"]);
    // Calls on this connection get responses after the other connection was stopped.
    right
        .validate(ACCOUNT, &json!({ "username": "svc" }))
        .await
        .assert_empty();
    assert!(!on_right.is_finished());
    on_right.abort();
}

#[tokio::test]
async fn closed_connection_revokes_its_open_ephemeral_tokens() {
    let process = DebugProcess::start().await;
    let (left_api, right_api) = (emulator().await, emulator().await);
    for api in [&left_api, &right_api] {
        add_loader(api);
    }
    let left = configured(&process, &left_api).await;
    let right = configured(&process, &right_api).await;
    for session in [&left, &right] {
        session.open(TOKEN, &json!({ "username": "loader" })).await;
    }
    drop(left);
    eventually("the token of the connection to be revoked", || {
        tokens(&left_api) == 0
    })
    .await;
    // The other connection is still open, and its open ephemeral resource is not closed.
    assert_eq!(tokens(&right_api), 1);
    drop(right);
    eventually("the token of the other one to be revoked", || {
        tokens(&right_api) == 0
    })
    .await;
}

#[tokio::test]
async fn configure_succeeds_on_a_connection_without_a_schema_request() {
    let process = DebugProcess::start().await;
    let first = Session::attached(process.connect().await).await;
    let mut client = process.connect().await;
    let api = emulator().await;
    let request = proto::configure_provider::Request {
        terraform_version: "1.13.0".into(),
        config: Some(first.provider().encode(&Session::settings(&api.url()))),
        client_capabilities: None,
    };
    let configured = in_time("configuration", client.configure_provider(request)).await;
    assert!(configured.unwrap().into_inner().diagnostics.is_empty());
    let request = proto::read_data_source::Request {
        type_name: "motherduck_users".into(),
        config: Some(first.data_source("motherduck_users").encode(&json!({}))),
        ..Default::default()
    };
    let read = in_time("a data source", client.read_data_source(request)).await;
    let read = read.unwrap().into_inner();
    assert!(read.diagnostics.is_empty(), "{:?}", read.diagnostics);
    assert_eq!(calls(&api), ["GET /v1/users"]);
}
