//! `GetProviderSchema` and `GetMetadata`.

use std::collections::BTreeMap;

use super::super::wire;
use super::Instance;
use crate::proto::tfplugin6 as proto;
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

impl Instance {
    pub(super) fn provider_schema_response(&self) -> get_provider_schema::Response {
        let registry = self.registry();
        /// Returns the schemas of registered blocks by name. The map is extended, because collecting it would compile
        /// a large sort for each kind of block.
        macro_rules! declared {
            ($list:ident) => {{
                let mut schemas = BTreeMap::new();
                let blocks = registry.$list.iter();
                schemas.extend(blocks.map(|(name, block)| (name.to_owned(), wire::schema(&block.schema))));
                schemas
            }};
        }
        let mut action_schemas = BTreeMap::new();
        action_schemas.extend(registry.actions.iter().map(|(name, action)| {
            let schema = Some(wire::schema(&action.schema));
            (name.to_owned(), proto::ActionSchema { schema })
        }));
        get_provider_schema::Response {
            provider: Some(wire::schema(&self.provider.schema)),
            resource_schemas: declared!(resources),
            data_source_schemas: declared!(data_sources),
            ephemeral_resource_schemas: declared!(ephemeral_resources),
            list_resource_schemas: declared!(list_resources),
            action_schemas,
            functions: self.function_declarations(),
            server_capabilities: Some(capabilities()),
            diagnostics: wire::diagnostics(registry.registration_errors()),
            ..Default::default()
        }
    }

    pub(super) fn metadata_response(&self) -> get_metadata::Response {
        let registry = self.registry();
        /// Returns the names of registered blocks in their protocol messages.
        macro_rules! named {
            ($list:ident, $message:ident) => {
                registry
                    .$list
                    .iter()
                    .map(|(name, _)| get_metadata::$message {
                        type_name: name.to_owned(),
                    })
                    .collect()
            };
        }
        get_metadata::Response {
            server_capabilities: Some(capabilities()),
            diagnostics: wire::diagnostics(registry.registration_errors()),
            resources: named!(resources, ResourceMetadata),
            data_sources: named!(data_sources, DataSourceMetadata),
            ephemeral_resources: named!(ephemeral_resources, EphemeralMetadata),
            list_resources: named!(list_resources, ListResourceMetadata),
            actions: named!(actions, ActionMetadata),
            functions: registry
                .functions
                .keys()
                .map(|name| get_metadata::FunctionMetadata {
                    name: (*name).to_owned(),
                })
                .collect(),
            ..Default::default()
        }
    }
}
