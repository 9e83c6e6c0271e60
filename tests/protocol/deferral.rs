//! A provider configuration with unknown values in a plan: calls that need no API succeed, and all others are
//! deferred or return an error.

use motherduck_emulator::Emulator;
use motherduck_provider::framework::{Type, Value, msgpack};
use motherduck_provider::proto::tfplugin6 as proto;
use proto::deferred::Reason;
use proto::diagnostic::Severity;
use proto::{
    ClientCapabilities, Deferred, Diagnostic, DynamicValue, import_resource_state, invoke_action,
    list_resource, open_ephemeral_resource, plan_action, read_data_source, read_resource,
};
use serde_json::json;

use crate::configure::{assert_reaches, config, stored};
use crate::data_sources;
use crate::host::{
    ACCOUNT, ADMIN_TOKEN, DUCKLINGS, Session, TOKEN, UnusedApi, dynamic_value, edited, unknown, with_loader,
};
use crate::support::plugin_client::in_time;

#[allow(clippy::unnecessary_wraps, reason = "as the messages hold it")]
fn client(deferral_allowed: bool) -> Option<ClientCapabilities> {
    Some(ClientCapabilities {
        deferral_allowed,
        ..Default::default()
    })
}

/// Starts a provider whose `admin_token` is unknown.
async fn with_unknown_admin_token() -> Session {
    let session = Session::start().await;
    let settings = json!({ "admin_token": unknown() });
    session.configure(&settings).await.assert_empty();
    session
}

async fn read_allowing_deferral(session: &Session) -> read_resource::Response {
    let request = read_resource::Request {
        type_name: ACCOUNT.into(),
        current_state: Some(session.resource(ACCOUNT).encode(&stored().state)),
        private: stored().private,
        client_capabilities: client(true),
        ..Default::default()
    };
    session.send_read(request).await
}

#[tokio::test]
async fn unknown_provider_configuration_defers_resource_reads() {
    let unused = UnusedApi::new();
    // The environment may name another organization, so the provider does not use it.
    let url = unused.url();
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
            .assert_plan_is_empty(
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
    unused.assert_no_connection();
}

#[tokio::test]
async fn deferred_import_returns_only_unknown_attributes() {
    let session = with_unknown_admin_token().await;
    let request = import_resource_state::Request {
        type_name: DUCKLINGS.into(),
        id: "loader".into(),
        client_capabilities: client(true),
        ..Default::default()
    };
    let response = session.send_import(request).await;
    assert_eq!(response.deferred.unwrap().reason(), Reason::ProviderConfigUnknown);
    let [imported] = response.imported_resources.try_into().unwrap();
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
async fn unknown_optional_settings_have_defaults_and_defer_nothing() {
    let api = with_loader(Emulator::builder()).await;
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
async fn configure_with_known_values_ends_deferral() {
    let api = with_loader(Emulator::builder()).await;
    // The values become known, unknown and known again, as with a provider in debug mode.
    let session = with_unknown_admin_token().await;
    session.try_read(ACCOUNT, &stored()).await.unwrap_err();
    session.configure_for(&api.url()).await;
    assert_reaches(&session).await;
    assert_eq!(read_allowing_deferral(&session).await.deferred, None);
    for (type_name, config) in data_sources::all() {
        let read = session.send_data_source_read(type_name, &config, true).await;
        assert_eq!(
            (read.deferred, read.diagnostics),
            (None, Vec::new()),
            "{type_name}"
        );
    }
}

// --- Everything besides resources ---

/// Returns the type of an object with these attributes. Null and unknown values have the same encoding for every type, so
/// all attributes are strings here.
fn object_type(schema: &proto::Schema) -> Type {
    let attributes = schema.block.as_ref().unwrap().attributes.iter();
    Type::object(attributes.map(|attribute| (attribute.name.clone(), Type::String)))
}

/// Returns a configuration in which every required attribute has a value, and no other attribute.
fn filled_in(schema: &proto::Schema) -> DynamicValue {
    let attributes = &schema.block.as_ref().unwrap().attributes;
    let members = attributes.iter().map(|attribute| {
        let value = match attribute.name.as_str() {
            _ if !attribute.required => Value::Null,
            "dive_id" => Value::string("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
            _ => Value::string("loader"),
        };
        (attribute.name.clone(), value)
    });
    dynamic_value(msgpack::encode(&Value::Object(members.collect()), &object_type(schema)).unwrap())
}

/// Expects a deferral with the reason "provider config unknown" and no diagnostics.
#[track_caller]
fn assert_deferred(deferred: Option<Deferred>, diagnostics: &[Diagnostic]) {
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!(deferred.unwrap().reason(), Reason::ProviderConfigUnknown);
}

/// Expects an object whose attributes are all unknown.
#[track_caller]
fn assert_all_unknown(schema: &proto::Schema, response: Option<&DynamicValue>) {
    let value = msgpack::decode(&response.unwrap().msgpack, &object_type(schema)).unwrap();
    let members = value.as_object().unwrap();
    assert!(members.values().all(Value::is_unknown), "{value:?}");
}

/// Expects one error, which says that the configuration is not known yet.
#[track_caller]
fn assert_not_known_yet(diagnostics: &[Diagnostic]) {
    let [error] = diagnostics else {
        panic!("{diagnostics:?}")
    };
    assert_eq!(error.severity(), Severity::Error);
    assert!(error.summary.contains("not known yet"), "{error:?}");
    assert!(error.detail.contains("`admin_token`"), "{error:?}");
}

#[tokio::test]
async fn data_source_read_is_deferred_or_an_error() {
    let session = with_unknown_admin_token().await;
    let schemas = session.schemas().await;
    for (name, schema) in &schemas.data_source_schemas {
        let read = async |deferral_allowed| {
            let request = read_data_source::Request {
                type_name: name.clone(),
                config: Some(filled_in(schema)),
                client_capabilities: client(deferral_allowed),
                ..Default::default()
            };
            let response = in_time(name, session.client().read_data_source(request)).await;
            response.unwrap().into_inner()
        };
        let deferred = read(true).await;
        assert_deferred(deferred.deferred, &deferred.diagnostics);
        assert_all_unknown(schema, deferred.state.as_ref());
        let refused = read(false).await;
        assert_eq!((refused.deferred, refused.state), (None, None));
        assert_not_known_yet(&refused.diagnostics);
    }
}

#[tokio::test]
async fn ephemeral_resource_open_is_deferred_or_an_error() {
    let session = with_unknown_admin_token().await;
    let schemas = session.schemas().await;
    for (name, schema) in &schemas.ephemeral_resource_schemas {
        let open = async |deferral_allowed| {
            let request = open_ephemeral_resource::Request {
                type_name: name.clone(),
                config: Some(filled_in(schema)),
                client_capabilities: client(deferral_allowed),
            };
            let response = in_time(name, session.client().open_ephemeral_resource(request)).await;
            response.unwrap().into_inner()
        };
        let deferred = open(true).await;
        assert_deferred(deferred.deferred, &deferred.diagnostics);
        assert_all_unknown(schema, deferred.result.as_ref());
        let refused = open(false).await;
        assert_eq!((refused.deferred, refused.result), (None, None));
        assert_not_known_yet(&refused.diagnostics);
    }
}

#[tokio::test]
async fn list_with_unknown_provider_configuration_is_an_error() {
    let session = with_unknown_admin_token().await;
    let schemas = session.schemas().await;
    for (name, schema) in &schemas.list_resource_schemas {
        let request = list_resource::Request {
            type_name: name.clone(),
            config: Some(filled_in(schema)),
            limit: 1,
            ..Default::default()
        };
        let mut client = session.client();
        let mut events = client.list_resource(request).await.unwrap().into_inner();
        let event = in_time(name, events.message()).await.unwrap().unwrap();
        assert_not_known_yet(&event.diagnostic);
        assert!(events.message().await.unwrap().is_none());
    }
}

#[tokio::test]
async fn action_plan_is_deferred_and_invoke_is_an_error() {
    let session = with_unknown_admin_token().await;
    let schemas = session.schemas().await;
    for (name, action) in &schemas.action_schemas {
        let config = filled_in(action.schema.as_ref().unwrap());
        let plan = async |deferral_allowed| {
            let request = plan_action::Request {
                action_type: name.clone(),
                config: Some(config.clone()),
                client_capabilities: client(deferral_allowed),
            };
            session.client().plan_action(request).await.unwrap().into_inner()
        };
        let deferred = plan(true).await;
        assert_deferred(deferred.deferred, &deferred.diagnostics);
        // The plan of an action needs no API.
        assert_eq!(plan(false).await, plan_action::Response::default());

        let request = invoke_action::Request {
            action_type: name.clone(),
            config: Some(config.clone()),
            ..Default::default()
        };
        let mut client = session.client();
        let mut events = client.invoke_action(request).await.unwrap().into_inner();
        let event = in_time(name, events.message()).await.unwrap().unwrap().r#type;
        let Some(invoke_action::event::Type::Completed(completed)) = event else {
            panic!("{event:?}");
        };
        assert_not_known_yet(&completed.diagnostics);
    }
}

#[tokio::test]
async fn deferred_import_by_identity_returns_that_identity() {
    let session = with_unknown_admin_token().await;
    for (type_name, identity) in [
        (ACCOUNT, &json!({ "username": "loader" })),
        (DUCKLINGS, &json!({ "username": "loader" })),
        (TOKEN, &json!({ "username": "loader", "id": "3fa8" })),
    ] {
        let identity = session.encode_identity(type_name, identity);
        let import = async |deferral_allowed| {
            let request = import_resource_state::Request {
                type_name: type_name.into(),
                identity: identity.clone(),
                client_capabilities: client(deferral_allowed),
                ..Default::default()
            };
            session.send_import(request).await
        };
        let deferred = import(true).await;
        assert_deferred(deferred.deferred, &deferred.diagnostics);
        let [imported] = deferred.imported_resources.try_into().unwrap();
        assert_eq!(imported.identity, identity);
        let refused = import(false).await;
        assert_not_known_yet(&refused.diagnostics);
        assert!(refused.imported_resources.is_empty());
    }
}
