//! What the provider says it offers, and what it says it does not.

use motherduck_provider::proto::tfplugin6 as proto;
use proto::diagnostic::Severity;

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
    for name in session.data_source_types() {
        assert_is_valid(session.data_source(name));
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
#[allow(clippy::needless_update, reason = "some requests hold nothing else")]
async fn a_state_store_is_an_error_for_its_user() {
    let process = PluginProcess::start().await;
    let mut client = process.provider();
    let type_name = || "motherduck_attic".to_owned();
    macro_rules! assert_unknown {
        ($($call:ident($message:ident)),* $(,)?) => { $({
            let request = proto::$message::Request { type_name: type_name(), ..Default::default() };
            let answer = client.$call(request).await.unwrap().into_inner();
            let [error] = answer.diagnostics.try_into().unwrap();
            assert!(error.detail.contains("motherduck_attic"), "{error:?}");
            assert_eq!(error.severity(), Severity::Error, stringify!($call));
        })* };
    }
    assert_unknown!(
        validate_state_store_config(validate_state_store),
        configure_state_store(configure_state_store),
        get_states(get_states),
        delete_state(delete_state),
        lock_state(lock_state),
        unlock_state(unlock_state),
    );

    let request = proto::read_state_bytes::Request {
        type_name: type_name(),
        ..Default::default()
    };
    let mut answers = client.read_state_bytes(request).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap();
    assert_eq!(answer.diagnostics[0].severity(), Severity::Error);
    assert!(answers.message().await.unwrap().is_none());

    let meta = proto::RequestChunkMeta {
        type_name: type_name(),
        ..Default::default()
    };
    let chunk = proto::write_state_bytes::RequestChunk {
        meta: Some(meta),
        ..Default::default()
    };
    let answer = client
        .write_state_bytes(tokio_stream::iter([chunk]))
        .await
        .unwrap();
    assert_eq!(answer.into_inner().diagnostics[0].severity(), Severity::Error);
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
