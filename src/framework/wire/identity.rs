//! Converts identity schemas to protocol messages.

use super::super::schema::IdentityAttribute;
use super::super::value::Type;
use crate::proto::tfplugin6 as proto;
use proto::resource_identity_schema;

/// The version of every identity schema. Core treats objects stored without an identity as this version.
pub(in super::super) const IDENTITY_VERSION: i64 = 0;

/// Converts an identity schema. Every attribute is required for an import.
pub(in super::super) fn identity_schema(
    attributes: &[IdentityAttribute],
    object: &Type,
) -> proto::ResourceIdentitySchema {
    let of = |name: &str| match object {
        Type::Object(attributes) => attributes.get(name).map(Type::to_json).unwrap_or_default(),
        _ => String::new(),
    };
    proto::ResourceIdentitySchema {
        version: IDENTITY_VERSION,
        identity_attributes: attributes
            .iter()
            .map(|attribute| resource_identity_schema::IdentityAttribute {
                name: attribute.name.to_owned(),
                r#type: of(attribute.name).into_bytes(),
                required_for_import: true,
                description: attribute.description.to_owned(),
                ..Default::default()
            })
            .collect(),
    }
}
