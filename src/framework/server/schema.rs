//! `GetProviderSchema` and `GetMetadata`.

use std::collections::BTreeMap;

use super::super::wire;
use super::Instance;
use crate::proto::tfplugin6 as proto;
use proto::{get_metadata, get_provider_schema};

/// Optional features of the protocol that this server implements.
fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        // Destroys are planned, so that deletion protection can refuse one before anything is applied.
        plan_destroy: true,
        // Schemas are static, so no call depends on this one.
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: true,
    }
}

impl Instance {
    pub(super) fn provider_schema_response(&self) -> get_provider_schema::Response {
        let schemas = self.schemas();
        /// The schemas of a list, by their names.
        macro_rules! declared {
            ($list:ident) => {
                schemas
                    .$list
                    .iter()
                    .map(|(name, offered)| ((*name).to_owned(), wire::schema(&offered.schema)))
                    .collect()
            };
        }
        let action_schemas: BTreeMap<String, proto::Schema> = declared!(actions);
        get_provider_schema::Response {
            provider: Some(wire::schema(&schemas.provider)),
            resource_schemas: declared!(resources),
            data_source_schemas: declared!(data_sources),
            ephemeral_resource_schemas: declared!(ephemeral_resources),
            list_resource_schemas: declared!(list_resources),
            action_schemas: action_schemas
                .into_iter()
                .map(|(name, schema)| (name, proto::ActionSchema { schema: Some(schema) }))
                .collect(),
            functions: self.function_declarations(),
            server_capabilities: Some(capabilities()),
            ..Default::default()
        }
    }

    pub(super) fn metadata_response(&self) -> get_metadata::Response {
        let schemas = self.schemas();
        /// The names of a list, in the protocol's message for each.
        macro_rules! named {
            ($list:ident, $message:ident) => {
                schemas
                    .$list
                    .keys()
                    .map(|name| get_metadata::$message {
                        type_name: (*name).to_owned(),
                    })
                    .collect()
            };
        }
        get_metadata::Response {
            server_capabilities: Some(capabilities()),
            resources: named!(resources, ResourceMetadata),
            data_sources: named!(data_sources, DataSourceMetadata),
            ephemeral_resources: named!(ephemeral_resources, EphemeralMetadata),
            list_resources: named!(list_resources, ListResourceMetadata),
            actions: named!(actions, ActionMetadata),
            functions: schemas
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
