//! What the provider manages: one file for each resource, in the order of its life, and what they share.

mod account_name;
mod connection;
mod ducklings;
mod explain;
mod service_account;
mod token;

pub use connection::{Connection, Unusable};

use crate::framework::{AnyResource, erase};

/// Every resource, on one connection to the API.
pub fn all(connection: &Connection) -> Vec<Box<AnyResource>> {
    vec![
        erase(service_account::ServiceAccount::new(connection.clone())),
        erase(token::Token::new(connection.clone())),
        erase(ducklings::Ducklings::new(connection.clone())),
    ]
}
