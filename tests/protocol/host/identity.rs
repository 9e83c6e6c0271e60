//! Resource identities in requests and responses.

use std::collections::BTreeMap;

use motherduck_provider::framework::{Type, Value, msgpack};
use motherduck_provider::proto::tfplugin6 as proto;
use proto::provider_client::ProviderClient;
use proto::{
    RawState, ResourceIdentityData, get_resource_identity_schemas, import_resource_state,
    upgrade_resource_identity,
};
use serde_json::Value as Json;
use tonic::transport::Channel;

use super::schema::encode;
use super::steps::Applied;
use super::value::{to_json, to_value};
use super::{Diagnostics, Session};
use crate::support::plugin_client::in_time;
use crate::support::type_json::parse_type;

/// Requests the types of all identities, as core does after it has requested the schemas.
pub(super) async fn types_of(client: &mut ProviderClient<Channel>) -> BTreeMap<String, Type> {
    let request = get_resource_identity_schemas::Request {};
    let response = in_time("the identities", client.get_resource_identity_schemas(request)).await;
    let response = response.expect("the identities are served").into_inner();
    Diagnostics::read(&response.diagnostics).assert_empty();
    let schemas = response.identity_schemas.into_iter();
    schemas.map(|(name, schema)| (name, read(&schema))).collect()
}

fn read(schema: &proto::ResourceIdentitySchema) -> Type {
    // Core treats a stored object without an identity as version 0. With another version it would send an
    // upgrade request without an identity.
    assert_eq!(schema.version, 0);
    assert!(!schema.identity_attributes.is_empty());
    let attributes = schema.identity_attributes.iter().map(|attribute| {
        assert!(
            attribute.required_for_import ^ attribute.optional_for_import,
            "{attribute:?}"
        );
        assert!(!attribute.description.is_empty(), "{attribute:?}");
        let of = parse_type(&attribute.r#type).expect("the type of an attribute");
        (attribute.name.clone(), of)
    });
    Type::object(attributes)
}

impl Session {
    pub(crate) fn encode_identity(&self, type_name: &str, identity: &Json) -> Option<ResourceIdentityData> {
        let of = &self.identities[type_name];
        (!identity.is_null()).then(|| ResourceIdentityData {
            identity_data: Some(encode(&to_value(identity, of), of)),
        })
    }

    /// Decodes the identity of a response with the schema's type. Returns null if there is none.
    pub(crate) fn decode_identity(&self, type_name: &str, response: Option<&ResourceIdentityData>) -> Value {
        let Some(response) = response else {
            return Value::Null;
        };
        let data = response.identity_data.as_ref().expect("an identity has data");
        msgpack::decode(&data.msgpack, &self.identities[type_name])
            .expect("an identity that matches the schema")
    }

    /// Imports the object with this identity and refreshes it.
    pub(crate) async fn try_import_by(
        &self,
        type_name: &str,
        identity: &Json,
    ) -> Result<Applied, Diagnostics> {
        let request = import_resource_state::Request {
            type_name: type_name.into(),
            identity: self.encode_identity(type_name, identity),
            ..Default::default()
        };
        self.try_import_with(request).await
    }

    /// Upgrades a stored identity.
    pub(crate) async fn upgrade_identity(
        &self,
        type_name: &str,
        version: i64,
        stored: &str,
    ) -> Result<Json, Diagnostics> {
        let request = upgrade_resource_identity::Request {
            type_name: type_name.into(),
            version,
            raw_identity: Some(RawState {
                json: stored.into(),
                ..Default::default()
            }),
        };
        let response = in_time("the upgrade", self.client().upgrade_resource_identity(request)).await;
        let response = response.expect("a response").into_inner();
        let diagnostics = Diagnostics::read(&response.diagnostics);
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        diagnostics.assert_empty();
        let identity = response.upgraded_identity.as_ref();
        assert!(identity.is_some(), "provider returned no identity after upgrade");
        Ok(to_json(&self.decode_identity(type_name, identity)))
    }
}
