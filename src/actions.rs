//! Actions: one file for each.

mod revoke_tokens;

use crate::framework::Registry;
use crate::motherduck::Connection;

/// Registers every action with one connection to the API.
pub fn register(registry: &mut Registry, connection: &Connection) {
    registry.action(revoke_tokens::RevokeTokens::new(connection.clone()));
}
