//! Data sources: one file for each.

mod account;
mod active_accounts;
mod ducklings;
mod service_account;
mod tokens;
mod users;

use crate::framework::Registry;
use crate::motherduck::Connection;

/// Registers every data source with one connection to the API.
pub fn register(registry: &mut Registry, connection: &Connection) {
    registry.data_source(service_account::ServiceAccount::new(connection.clone()));
    registry.data_source(users::Users::new(connection.clone()));
    registry.data_source(tokens::Tokens::new(connection.clone()));
    registry.data_source(ducklings::Ducklings::new(connection.clone()));
    registry.data_source(active_accounts::ActiveAccounts::new(connection.clone()));
}
