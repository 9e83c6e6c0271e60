//! Actions: one file for each.

mod revoke_tokens;

use crate::framework::{AnyAction, erase_action};
use crate::motherduck::Connection;

/// Every action, on one connection to the API.
pub fn all(connection: &Connection) -> Vec<Box<AnyAction>> {
    vec![erase_action(revoke_tokens::RevokeTokens::new(connection.clone()))]
}
