//! What tells one object from all others.

/// An attribute of an identity. Its type is that of the schema's attribute of the same name.
#[derive(Debug, Clone, Copy)]
pub struct IdentityAttribute {
    /// As in the schema.
    pub name: &'static str,
    /// What it is, in plain words.
    pub description: &'static str,
}
