//! List resources for `terraform query`: one file for each managed resource.

mod accounts;
mod ducklings;
mod service_account;
mod token;

use crate::framework::{AnyListResource, erase_list_resource};
use crate::motherduck::Connection;

/// Every list resource, on one connection to the API.
pub fn all(connection: &Connection) -> Vec<Box<AnyListResource>> {
    vec![
        erase_list_resource(service_account::ServiceAccounts::new(connection.clone())),
        erase_list_resource(token::Tokens::new(connection.clone())),
        erase_list_resource(ducklings::DucklingsOfAccounts::new(connection.clone())),
    ]
}
