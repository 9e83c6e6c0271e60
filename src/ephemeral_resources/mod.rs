//! What lives only while Terraform runs: one file for each ephemeral resource.

use crate::framework::AnyEphemeralResource;
use crate::motherduck::Connection;

/// Every ephemeral resource, on one connection to the API.
pub fn all(_connection: &Connection) -> Vec<Box<AnyEphemeralResource>> {
    vec![]
}
