//! What exists already, for `terraform query`: one file for each managed resource.

use crate::framework::AnyListResource;
use crate::motherduck::Connection;

/// Every list resource, on one connection to the API.
pub fn all(_connection: &Connection) -> Vec<Box<AnyListResource>> {
    vec![]
}
