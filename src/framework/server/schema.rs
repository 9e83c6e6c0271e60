//! `GetProviderSchema` and `GetMetadata`: what there is.

use super::super::wire;
use super::Shared;
use crate::proto::tfplugin6 as proto;

/// What this server can do beyond the first version of the protocol. Only what is implemented is announced.
fn capabilities() -> proto::ServerCapabilities {
    proto::ServerCapabilities {
        // Destroys are planned here, so that deletion protection can refuse one before anything is applied.
        plan_destroy: true,
        // Schemas are static: no call depends on this one having been made.
        get_provider_schema_optional: true,
        ..Default::default()
    }
}

impl Shared {
    pub(super) fn provider_schema_answer(&self) -> proto::get_provider_schema::Response {
        let resource_schemas = self
            .schemas()
            .resources
            .iter()
            .map(|(name, served)| ((*name).to_owned(), wire::schema(&served.schema)))
            .collect();
        proto::get_provider_schema::Response {
            provider: Some(wire::schema(self.provider_schema())),
            resource_schemas,
            server_capabilities: Some(capabilities()),
            ..Default::default()
        }
    }

    pub(super) fn metadata_answer(&self) -> proto::get_metadata::Response {
        let resources = self
            .schemas()
            .resources
            .keys()
            .map(|name| proto::get_metadata::ResourceMetadata {
                type_name: (*name).to_owned(),
            })
            .collect();
        proto::get_metadata::Response {
            server_capabilities: Some(capabilities()),
            resources,
            ..Default::default()
        }
    }
}
