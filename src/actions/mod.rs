//! What is done once, on request: one file for each action.

use crate::framework::AnyAction;
use crate::motherduck::Connection;

/// Every action, on one connection to the API.
pub fn all(_connection: &Connection) -> Vec<Box<AnyAction>> {
    vec![]
}
