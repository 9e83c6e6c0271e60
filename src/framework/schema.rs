//! Schemas: attributes, their types, their rules, and the effects of changes.

mod attribute;
mod attribute_type;
mod configurable;
mod fill;
mod validate;
mod validator;
mod walk;
mod write_only;

pub use attribute::{Attribute, Kind, Nesting, Presence, SemanticEquality};
pub use attribute_type::AttributeType;
pub(super) use configurable::{is_rewritten, keep_configurable, rewritten};
pub(super) use fill::fill_defaults;
pub use validate::validate;
pub use validator::Validator;
pub(super) use write_only::{nullify_write_only, write_only_errors};

use super::value::{Type, Value};

/// The schema of a provider's configuration, or of a resource, data source and so on.
#[derive(Debug, Clone)]
pub struct Schema {
    /// The version of the stored state. It is increased when an older state needs more than defaults for
    /// missing attributes.
    pub version: i64,
    /// The description for the documentation, in Markdown. As in a doc comment, a blank line begins a paragraph, and
    /// every other line continues the one before it.
    pub description: &'static str,
    /// The attributes.
    pub attributes: Vec<Attribute>,
}

impl Schema {
    /// Returns the type of the object that the schema describes.
    pub fn object_type(&self) -> Type {
        attribute::object_type(&self.attributes)
    }

    /// Returns the attributes of the identity, none for a resource whose objects have no identity.
    pub(super) fn identity(&self) -> impl Iterator<Item = &Attribute> {
        self.attributes
            .iter()
            .filter(|attribute| attribute.identity.is_some())
    }

    /// Returns the type of an identity.
    pub(super) fn identity_type(&self) -> Type {
        attribute::object_type(self.identity())
    }

    /// Returns an object whose attributes are all unknown, for a deferred response.
    pub(super) fn all_unknown(&self) -> Value {
        let attributes = self.attributes.iter();
        Value::Object(
            attributes
                .map(|attribute| (attribute.name, Value::Unknown))
                .collect(),
        )
    }
}
