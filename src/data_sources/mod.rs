//! Data sources: one file for each.

mod account;
mod active_accounts;
mod ducklings;
mod service_account;
mod tokens;
mod users;

use crate::framework::{AnyDataSource, erase_data_source};
use crate::motherduck::Connection;

/// Every data source, on one connection to the API.
pub fn all(connection: &Connection) -> Vec<Box<AnyDataSource>> {
    vec![
        erase_data_source(service_account::ServiceAccount::new(connection.clone())),
        erase_data_source(users::Users::new(connection.clone())),
        erase_data_source(tokens::Tokens::new(connection.clone())),
        erase_data_source(ducklings::Ducklings::new(connection.clone())),
        erase_data_source(active_accounts::ActiveAccounts::new(connection.clone())),
    ]
}
