//! The provider's responses to core's schema requests, which are the only source of the pages.

use std::collections::BTreeMap;

use motherduck_provider::framework::ProviderService;
use motherduck_provider::plugin::MESSAGE_LIMIT;
use motherduck_provider::proto::tfplugin6 as proto;
use motherduck_provider::provider::MotherDuck;
use proto::provider_client::ProviderClient;
use proto::{get_provider_schema, get_resource_identity_schemas};

/// The responses to core's first two requests.
pub(crate) struct Provider {
    pub(crate) schemas: get_provider_schema::Response,
    /// By type name.
    pub(crate) identities: BTreeMap<String, proto::ResourceIdentitySchema>,
}

impl Provider {
    /// Requests the schemas of a provider that is not configured.
    pub(crate) fn read_schemas() -> Self {
        let service = ProviderService::new(|| MotherDuck::new(Box::new(|_| None)));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut client = ProviderClient::new(service.grpc(MESSAGE_LIMIT));
            let schemas = client.get_provider_schema(get_provider_schema::Request {});
            let schemas = schemas.await.unwrap().into_inner();
            let identities = client.get_resource_identity_schemas(get_resource_identity_schemas::Request {});
            let identities = identities.await.unwrap().into_inner().identity_schemas;
            Self { schemas, identities }
        })
    }

    /// Returns every schema with a name that includes its kind.
    pub(crate) fn all_schemas(&self) -> Vec<(String, &proto::Schema)> {
        let schemas = &self.schemas;
        let mut all = vec![("the provider".to_owned(), schemas.provider.as_ref().unwrap())];
        let kinds = [
            ("resource", &schemas.resource_schemas),
            ("data source", &schemas.data_source_schemas),
            ("ephemeral resource", &schemas.ephemeral_resource_schemas),
            ("list resource", &schemas.list_resource_schemas),
        ];
        for (kind, named) in kinds {
            all.extend(
                named
                    .iter()
                    .map(|(name, schema)| (format!("{kind} {name}"), schema)),
            );
        }
        for (name, action) in &schemas.action_schemas {
            all.push((format!("action {name}"), action.schema.as_ref().unwrap()));
        }
        all
    }
}

/// Returns the attributes of a schema and its description.
pub(crate) fn block(schema: &proto::Schema) -> &proto::schema::Block {
    schema
        .block
        .as_ref()
        .expect("a schema without a block crashes core")
}
