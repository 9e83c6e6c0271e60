//! List resources for `terraform query`: one file for each managed resource.

mod accounts;
mod ducklings;
mod service_account;
mod token;

use crate::framework::Registry;
use crate::motherduck::Connection;

/// Registers every list resource with one connection to the API.
pub fn register(registry: &mut Registry, connection: &Connection) {
    registry.list_resource(service_account::ServiceAccounts::new(connection.clone()));
    registry.list_resource(token::Tokens::new(connection.clone()));
    registry.list_resource(ducklings::DucklingsOfAccounts::new(connection.clone()));
}
