//! Converts identity schemas to protocol messages.

use super::super::schema::Schema;
use crate::proto::tfplugin6 as proto;
use proto::resource_identity_schema;

/// The version of every identity schema. Core treats objects stored without an identity as this version.
pub(in super::super) const IDENTITY_VERSION: i64 = 0;

/// Converts an identity schema, if the objects have identities. Every attribute is required for an import.
pub(in super::super) fn identity_schema(schema: &Schema) -> Option<proto::ResourceIdentitySchema> {
    let attributes: Vec<_> = schema
        .identity()
        .map(|attribute| resource_identity_schema::IdentityAttribute {
            name: attribute.name.to_owned(),
            r#type: attribute.value_type().to_json().into_bytes(),
            required_for_import: true,
            description: attribute.identity.unwrap_or_default().to_owned(),
            ..Default::default()
        })
        .collect();
    (!attributes.is_empty()).then_some(proto::ResourceIdentitySchema {
        version: IDENTITY_VERSION,
        identity_attributes: attributes,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::model::Model;
    use super::*;

    crate::model! {
        struct Anonymous {
            name: String,
        }
    }

    #[test]
    fn identity_schema_without_identity_attributes_is_none() {
        assert_eq!(identity_schema(&Anonymous::schema()), None);
    }
}
