//! Functions, which need no API: one file for each.

mod connection_string;

use crate::framework::Registry;

/// Registers every function.
pub fn register(registry: &mut Registry) {
    registry.function(connection_string::ConnectionStringFunction);
}
