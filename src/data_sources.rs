//! Data sources: one file for each.

mod account;
mod active_accounts;
mod ducklings;
mod service_account;
mod tokens;
mod users;

use crate::framework::Registry;
use crate::motherduck::ProviderData;

/// Registers every data source with the provider data.
pub fn register(registry: &mut Registry, provider_data: &ProviderData) {
    registry.data_source(service_account::ServiceAccountDataSource::new(
        provider_data.clone(),
    ));
    registry.data_source(users::UsersDataSource::new(provider_data.clone()));
    registry.data_source(tokens::TokensDataSource::new(provider_data.clone()));
    registry.data_source(ducklings::DucklingsDataSource::new(provider_data.clone()));
    registry.data_source(active_accounts::ActiveAccountsDataSource::new(
        provider_data.clone(),
    ));
}
