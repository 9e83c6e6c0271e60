//! List resources for `terraform query`: one file for each managed resource.

mod accounts;
mod ducklings;
mod service_account;
mod token;

use crate::framework::Registry;
use crate::motherduck::ProviderData;

/// Registers every list resource with the provider data.
pub fn register(registry: &mut Registry, provider_data: &ProviderData) {
    registry.list_resource(service_account::ServiceAccountListResource::new(
        provider_data.clone(),
    ));
    registry.list_resource(token::TokenListResource::new(provider_data.clone()));
    registry.list_resource(ducklings::DucklingsListResource::new(provider_data.clone()));
}
