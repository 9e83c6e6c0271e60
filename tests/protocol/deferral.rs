//! A provider configuration that is not wholly known in a plan: what needs no API works, what needs it is
//! deferred or waits for apply.

use motherduck_provider::proto::tfplugin6 as proto;
use proto::deferred::Reason;
use proto::{ClientCapabilities, import_resource_state, read_resource};
use serde_json::json;

use crate::configure::{assert_reaches, config, stored, with_loader};
use crate::host::{ACCOUNT, ADMIN_TOKEN, DUCKLINGS, Session, Silent, edited, unknown};

async fn read_allowing_deferral(session: &Session) -> read_resource::Response {
    let request = read_resource::Request {
        type_name: ACCOUNT.into(),
        current_state: Some(session.resource(ACCOUNT).encode(&stored().state)),
        private: stored().private,
        client_capabilities: Some(ClientCapabilities {
            deferral_allowed: true,
            ..Default::default()
        }),
        ..Default::default()
    };
    session
        .client()
        .read_resource(request)
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test]
async fn unknown_settings_defer_what_needs_the_api_where_that_is_allowed() {
    let silent = Silent::new();
    // The environment may name another organization: it does not stand in.
    let url = silent.url();
    let environment = [
        ("MOTHERDUCK_API_BASE_URL", url.as_str()),
        ("MOTHERDUCK_ADMIN_TOKEN", ADMIN_TOKEN),
    ];
    let session = Session::start_with(&environment).await;
    for name in ["admin_token", "api_base_url", "ca_certificate_file"] {
        let settings = json!({ name: unknown() });
        session.validate_provider(&settings).await.assert_empty();
        session.configure(&settings).await.assert_empty();

        session.plan(ACCOUNT, &config(), None).await;
        session
            .assert_settled(
                ACCOUNT,
                &edited(&config(), "deletion_protection", json!(false)),
                &stored(),
            )
            .await;
        session.plan_destroy(ACCOUNT, &stored()).await.unwrap();

        let words = ["not known yet", &*format!("`{name}`"), "-target"];
        session
            .try_read(ACCOUNT, &stored())
            .await
            .unwrap_err()
            .assert_error("", &words);
        session
            .try_import(ACCOUNT, "loader")
            .await
            .unwrap_err()
            .assert_error("", &words);

        let read = read_allowing_deferral(&session).await;
        assert!(read.diagnostics.is_empty(), "{:?}", read.diagnostics);
        assert_eq!(read.deferred.unwrap().reason(), Reason::ProviderConfigUnknown);
        let state = session.resource(ACCOUNT).decode_json(read.new_state.as_ref());
        assert_eq!((state, read.private), (stored().state, stored().private));
    }
    silent.assert_untouched();
}

#[tokio::test]
async fn a_deferred_import_promises_nothing_of_the_object() {
    let session = Session::start().await;
    session
        .configure(&json!({ "admin_token": unknown() }))
        .await
        .assert_empty();
    let request = import_resource_state::Request {
        type_name: DUCKLINGS.into(),
        id: "loader".into(),
        client_capabilities: Some(ClientCapabilities {
            deferral_allowed: true,
            ..Default::default()
        }),
        ..Default::default()
    };
    let answer = session
        .client()
        .import_resource_state(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(answer.deferred.unwrap().reason(), Reason::ProviderConfigUnknown);
    let [imported] = answer.imported_resources.try_into().unwrap();
    let state = session.resource(DUCKLINGS).decode_json(imported.state.as_ref());
    assert!(
        state
            .as_object()
            .unwrap()
            .values()
            .all(|value| *value == unknown()),
        "{state}"
    );
}

#[tokio::test]
async fn other_settings_have_their_default_until_they_are_known() {
    let api = with_loader().await;
    let session = Session::start().await;
    let mut settings = Session::settings(&api.url());
    for name in [
        "request_timeout_seconds",
        "max_retries",
        "max_concurrent_requests",
        "custom_user_agent",
    ] {
        settings = edited(&settings, name, unknown());
    }
    session.configure(&settings).await.assert_empty();
    assert_reaches(&session).await;
    let read = read_allowing_deferral(&session).await;
    assert_eq!(read.deferred, None);
}

#[tokio::test]
async fn nothing_is_deferred_any_more_once_everything_is_known() {
    let api = with_loader().await;
    let session = Session::start().await;
    // As a provider in debug mode lives to see: from known to unknown and back.
    session
        .configure(&json!({ "admin_token": unknown() }))
        .await
        .assert_empty();
    session.try_read(ACCOUNT, &stored()).await.unwrap_err();
    session
        .configure(&Session::settings(&api.url()))
        .await
        .assert_empty();
    assert_reaches(&session).await;
    assert_eq!(read_allowing_deferral(&session).await.deferred, None);
}
