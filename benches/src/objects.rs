//! An object of each resource type.

use serde_json::{Value, json};

/// The existing account, which has the Ducklings and the token.
pub(crate) const ACCOUNT: &str = "loader";

/// The account to create, which does not exist.
pub(crate) const NEW_ACCOUNT: &str = "newcomer";

/// A resource type, and a configuration of an object.
pub(crate) struct Object {
    pub(crate) type_name: &'static str,
    pub(crate) config: Value,
    /// The state to read, if it is not that of the created object.
    pub(crate) existing: Option<Value>,
}

/// Returns one object of each type.
pub(crate) fn all() -> [Object; 3] {
    [
        Object {
            type_name: "motherduck_service_account",
            config: json!({ "username": NEW_ACCOUNT, "deletion_protection": false }),
            existing: Some(json!({ "username": ACCOUNT, "deletion_protection": false, "id": ACCOUNT })),
        },
        Object {
            type_name: "motherduck_token",
            config: json!({ "username": ACCOUNT, "name_prefix": "nightly-" }),
            existing: None,
        },
        Object {
            type_name: "motherduck_ducklings",
            config: json!({
                "username": ACCOUNT,
                "read_write": { "instance_size": "standard" },
                "read_scaling": { "instance_size": "pulse", "flock_size": 3 },
            }),
            existing: None,
        },
    ]
}
