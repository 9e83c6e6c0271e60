//! The provider's schemas and capabilities.

use motherduck_provider::proto::tfplugin6 as proto;
use proto::diagnostic::Severity;
use proto::schema::Attribute;

use crate::host::{ACCOUNT, DUCKLINGS, Session, TOKEN};
use crate::support::plugin_client::PluginProcess;

#[tokio::test]
async fn three_resources_have_schema_version_1() {
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
}

/// The provider announces exactly the capabilities that it implements.
#[tokio::test]
async fn all_server_capabilities_are_announced() {
    let process = PluginProcess::start().await;
    let mut client = process.provider();
    let schemas = client.get_provider_schema(proto::get_provider_schema::Request {});
    let mut other = process.provider();
    let metadata = other.get_metadata(proto::get_metadata::Request {});
    let can = proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: true,
    };
    assert_eq!(schemas.await.unwrap().into_inner().server_capabilities, Some(can));
    assert_eq!(
        metadata.await.unwrap().into_inner().server_capabilities,
        Some(can)
    );
}

#[tokio::test]
async fn metadata_and_schemas_have_the_same_names() {
    let process = PluginProcess::start().await;
    let mut client = process.provider();
    let schemas = client.get_provider_schema(proto::get_provider_schema::Request {});
    let schemas = schemas.await.unwrap().into_inner();
    let metadata = client.get_metadata(proto::get_metadata::Request {});
    let metadata = metadata.await.unwrap().into_inner();
    macro_rules! assert_same {
        ($($short:ident($name:ident): $long:ident),* $(,)?) => { $(
            let short: Vec<&String> = metadata.$short.iter().map(|thing| &thing.$name).collect();
            let long: Vec<&String> = schemas.$long.keys().collect();
            assert_eq!(short, long, stringify!($short));
        )* };
    }
    assert_same!(
        resources(type_name): resource_schemas,
        data_sources(type_name): data_source_schemas,
        ephemeral_resources(type_name): ephemeral_resource_schemas,
        list_resources(type_name): list_resource_schemas,
        actions(type_name): action_schemas,
        functions(name): functions,
        state_stores(type_name): state_store_schemas,
    );
    let functions = client.get_functions(proto::get_functions::Request {});
    assert_eq!(functions.await.unwrap().into_inner().functions, schemas.functions);
}

#[tokio::test]
async fn only_secrets_are_sensitive() {
    fn add_sensitive(found: &mut Vec<String>, path: &str, attributes: &[Attribute]) {
        for attribute in attributes {
            let path = format!("{path}.{}", attribute.name);
            if let Some(nested) = &attribute.nested_type {
                add_sensitive(found, &path, &nested.attributes);
            }
            if attribute.sensitive {
                found.push(path);
            }
        }
    }
    let schemas = Session::start().await.schemas().await;
    let actions = schemas
        .action_schemas
        .iter()
        .filter_map(|(name, action)| Some((name, action.schema.as_ref()?)));
    let mut found = Vec::new();
    let mut add = |kind: &str, name: &str, schema: &proto::Schema| {
        let attributes = &schema.block.as_ref().unwrap().attributes;
        add_sensitive(&mut found, &format!("{kind} {name}"), attributes);
    };
    add("provider", "motherduck", schemas.provider.as_ref().unwrap());
    for (kind, blocks) in [
        ("resource", &schemas.resource_schemas),
        ("data", &schemas.data_source_schemas),
        ("ephemeral", &schemas.ephemeral_resource_schemas),
        ("list", &schemas.list_resource_schemas),
    ] {
        for (name, schema) in blocks {
            add(kind, name, schema);
        }
    }
    for (name, schema) in actions {
        add("action", name, schema);
    }
    assert_eq!(
        found,
        [
            "provider motherduck.admin_token",
            "resource motherduck_token.token",
            "ephemeral motherduck_dive_embed_session.session",
            "ephemeral motherduck_token.token",
        ]
    );
}

#[tokio::test]
#[allow(clippy::needless_update, reason = "some requests hold nothing else")]
async fn state_store_calls_are_errors() {
    let process = PluginProcess::start().await;
    let mut client = process.provider();
    let type_name = || "motherduck_attic".to_owned();
    macro_rules! assert_unknown {
        ($($call:ident($message:ident)),* $(,)?) => { $({
            let request = proto::$message::Request { type_name: type_name(), ..Default::default() };
            let response = client.$call(request).await.unwrap().into_inner();
            let [error] = response.diagnostics.try_into().unwrap();
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
    let mut responses = client.read_state_bytes(request).await.unwrap().into_inner();
    let response = responses.message().await.unwrap().unwrap();
    assert_eq!(response.diagnostics[0].severity(), Severity::Error);
    assert!(responses.message().await.unwrap().is_none());

    let meta = proto::RequestChunkMeta {
        type_name: type_name(),
        ..Default::default()
    };
    let chunk = proto::write_state_bytes::RequestChunk {
        meta: Some(meta),
        ..Default::default()
    };
    let response = client
        .write_state_bytes(tokio_stream::iter([chunk]))
        .await
        .unwrap();
    assert_eq!(response.into_inner().diagnostics[0].severity(), Severity::Error);
}
