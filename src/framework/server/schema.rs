//! `GetProviderSchema` and `GetMetadata`.

use std::collections::BTreeMap;

use super::super::block::Block;
use super::super::registry::Blocks;
use super::super::value::Value;
use super::super::wire;
use super::Instance;
use crate::proto::tfplugin6 as proto;
use proto::get_metadata::{
    ActionMetadata, DataSourceMetadata, EphemeralMetadata, FunctionMetadata, ListResourceMetadata,
    ResourceMetadata,
};
use proto::{get_metadata, get_provider_schema};

/// Returns the optional features of the protocol that this server implements.
fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        // Core plans destroys too, so that `deletion_protection` can refuse one before anything is applied.
        plan_destroy: true,
        // Schemas are static, so no call depends on this one.
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: true,
    }
}

impl<B: Block<Model = Value> + ?Sized, A: Default> Blocks<B, A> {
    /// Returns the schemas by type name. The map is extended, because collecting it would compile a large sort for
    /// each kind of block.
    fn schemas<S>(&self, message: fn(proto::Schema) -> S) -> BTreeMap<String, S> {
        let mut schemas = BTreeMap::new();
        schemas.extend(
            self.iter()
                .map(|(name, block)| (name.to_owned(), message(wire::schema(&block.schema)))),
        );
        schemas
    }

    fn type_names<M>(&self, message: fn(String) -> M) -> Vec<M> {
        self.iter().map(|(name, _)| message(name.to_owned())).collect()
    }
}

impl Instance {
    pub(super) fn provider_schema_response(&self) -> get_provider_schema::Response {
        let registry = self.registry();
        get_provider_schema::Response {
            provider: Some(wire::schema(&self.provider.schema)),
            resource_schemas: registry.resources.schemas(|schema| schema),
            data_source_schemas: registry.data_sources.schemas(|schema| schema),
            ephemeral_resource_schemas: registry.ephemeral_resources.schemas(|schema| schema),
            list_resource_schemas: registry.list_resources.schemas(|schema| schema),
            action_schemas: registry
                .actions
                .schemas(|schema| proto::ActionSchema { schema: Some(schema) }),
            functions: self.function_declarations(),
            server_capabilities: Some(capabilities()),
            diagnostics: wire::diagnostics(registry.registration_errors()),
            ..Default::default()
        }
    }

    pub(super) fn metadata_response(&self) -> get_metadata::Response {
        let registry = self.registry();
        get_metadata::Response {
            server_capabilities: Some(capabilities()),
            diagnostics: wire::diagnostics(registry.registration_errors()),
            resources: registry
                .resources
                .type_names(|type_name| ResourceMetadata { type_name }),
            data_sources: registry
                .data_sources
                .type_names(|type_name| DataSourceMetadata { type_name }),
            ephemeral_resources: registry
                .ephemeral_resources
                .type_names(|type_name| EphemeralMetadata { type_name }),
            list_resources: registry
                .list_resources
                .type_names(|type_name| ListResourceMetadata { type_name }),
            actions: registry
                .actions
                .type_names(|type_name| ActionMetadata { type_name }),
            functions: registry
                .functions
                .keys()
                .map(|name| FunctionMetadata {
                    name: (*name).to_owned(),
                })
                .collect(),
            ..Default::default()
        }
    }
}
