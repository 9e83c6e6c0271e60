//! Managed resources: one file for each, in the order of its life.

pub(crate) mod ducklings;
pub(crate) mod service_account;
pub(crate) mod token;

use crate::framework::{AnyResource, erase};
use crate::motherduck::Connection;

/// Every resource, on one connection to the API.
pub fn all(connection: &Connection) -> Vec<Box<AnyResource>> {
    vec![
        erase(service_account::ServiceAccount::new(connection.clone())),
        erase(token::Token::new(connection.clone())),
        erase(ducklings::Ducklings::new(connection.clone())),
    ]
}
