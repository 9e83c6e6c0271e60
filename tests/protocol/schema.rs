//! What the provider says it offers, and what it says it does not.

use motherduck_provider::proto::tfplugin6 as proto;
use tonic::Code;

use crate::host::{ACCOUNT, Block, DUCKLINGS, Session, TOKEN};
use crate::support::plugin_client::PluginProcess;

#[tokio::test]
async fn there_are_three_resources_of_schema_version_1() {
    let process = PluginProcess::start().await;
    let mut client = process.provider();
    let schemas = client.get_provider_schema(proto::get_provider_schema::Request {});
    let schemas = schemas.await.unwrap().into_inner();
    let mut names: Vec<&String> = schemas.resource_schemas.keys().collect();
    names.sort();
    assert_eq!(names, [DUCKLINGS, ACCOUNT, TOKEN]);
    assert!(
        schemas
            .resource_schemas
            .values()
            .all(|schema| schema.version == 1)
    );
    let can = schemas.server_capabilities.unwrap();
    assert!(
        can.plan_destroy,
        "without it deletion protection cannot refuse a plan"
    );
    assert!(can.get_provider_schema_optional);
}

#[tokio::test]
async fn the_short_answer_names_the_same_resources() {
    let process = PluginProcess::start().await;
    let mut client = process.provider();
    let metadata = client.get_metadata(proto::get_metadata::Request {});
    let metadata = metadata.await.unwrap().into_inner();
    let names: Vec<&str> = metadata
        .resources
        .iter()
        .map(|resource| resource.type_name.as_str())
        .collect();
    assert_eq!(names, [DUCKLINGS, ACCOUNT, TOKEN]);
    assert!(metadata.server_capabilities.unwrap().plan_destroy);
}

#[tokio::test]
async fn core_takes_every_schema() {
    let session = Session::start().await;
    assert_is_valid(session.provider());
    for name in session.resource_types() {
        assert_is_valid(session.resource(name));
    }
}

/// What core's own check of schemas refuses, and what it lets pass and then stumbles over.
fn assert_is_valid(block: &Block) {
    const RESERVED: [&str; 9] = [
        "alias",
        "connection",
        "count",
        "depends_on",
        "for_each",
        "lifecycle",
        "provider",
        "provisioner",
        "version",
    ];
    for rule in &block.rules {
        let name = rule.name.as_str();
        assert!(
            name.bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
            "{name}"
        );
        assert!(!RESERVED.contains(&name), "{name}: the language takes it");
        assert!(
            rule.required || rule.optional || rule.computed,
            "{name}: must set Optional, Required or Computed"
        );
        assert!(
            !(rule.required && (rule.optional || rule.computed)),
            "{name}: cannot set both"
        );
        rule.nested.iter().for_each(assert_is_valid);
    }
}

#[tokio::test]
async fn secrets_are_sensitive_and_nothing_else_is() {
    let session = Session::start().await;
    let sensitive = |block: &Block| -> Vec<String> {
        let rules = block.rules.iter().filter(|rule| rule.sensitive);
        rules.map(|rule| rule.name.clone()).collect()
    };
    assert_eq!(sensitive(session.provider()), ["admin_token"]);
    assert_eq!(sensitive(session.resource(TOKEN)), ["token"]);
    assert!(sensitive(session.resource(ACCOUNT)).is_empty());
    assert!(sensitive(session.resource(DUCKLINGS)).is_empty());
}

#[tokio::test]
async fn calls_for_what_is_not_offered_are_answered_as_unimplemented() {
    let process = PluginProcess::start().await;
    let mut client = process.provider();
    macro_rules! assert_unimplemented {
        ($($call:ident($request:expr)),* $(,)?) => { $({
            let answer = client.$call($request).await.map(drop).map_err(|status| status.code());
            assert_eq!(answer, Err(Code::Unimplemented), stringify!($call));
        })* };
    }
    assert_unimplemented!(
        get_resource_identity_schemas(proto::get_resource_identity_schemas::Request::default()),
        upgrade_resource_identity(proto::upgrade_resource_identity::Request::default()),
        move_resource_state(proto::move_resource_state::Request::default()),
        generate_resource_config(proto::generate_resource_config::Request::default()),
        validate_data_resource_config(proto::validate_data_resource_config::Request::default()),
        read_data_source(proto::read_data_source::Request::default()),
        validate_ephemeral_resource_config(proto::validate_ephemeral_resource_config::Request::default()),
        open_ephemeral_resource(proto::open_ephemeral_resource::Request::default()),
        renew_ephemeral_resource(proto::renew_ephemeral_resource::Request::default()),
        close_ephemeral_resource(proto::close_ephemeral_resource::Request::default()),
        validate_list_resource_config(proto::validate_list_resource_config::Request::default()),
        list_resource(proto::list_resource::Request::default()),
        get_functions(proto::get_functions::Request::default()),
        call_function(proto::call_function::Request::default()),
        validate_action_config(proto::validate_action_config::Request::default()),
        plan_action(proto::plan_action::Request::default()),
        invoke_action(proto::invoke_action::Request::default()),
        validate_state_store_config(proto::validate_state_store::Request::default()),
        configure_state_store(proto::configure_state_store::Request::default()),
        read_state_bytes(proto::read_state_bytes::Request::default()),
        write_state_bytes(tokio_stream::iter([
            proto::write_state_bytes::RequestChunk::default()
        ])),
        lock_state(proto::lock_state::Request::default()),
        unlock_state(proto::unlock_state::Request::default()),
        get_states(proto::get_states::Request::default()),
        delete_state(proto::delete_state::Request::default()),
    );
}

#[tokio::test]
async fn an_unheard_of_resource_is_an_error_for_its_user() {
    let process = PluginProcess::start().await;
    let request = proto::validate_resource_config::Request {
        type_name: "motherduck_share".into(),
        ..Default::default()
    };
    let answer = process
        .provider()
        .validate_resource_config(request)
        .await
        .unwrap();
    let [error] = answer.into_inner().diagnostics.try_into().unwrap();
    assert!(error.detail.contains("motherduck_share"), "{error:?}");
}
