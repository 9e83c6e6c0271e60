//! Attributes of identities.

/// An attribute of an identity. Its type is that of the schema's attribute with the same name.
#[derive(Debug, Clone, Copy)]
pub struct IdentityAttribute {
    /// The name, as in the schema.
    pub name: &'static str,
    /// The description, as plain text.
    pub description: &'static str,
}
