//! Managed resources: one file for each, with its operations from create to import.

pub(crate) mod ducklings;
pub(crate) mod service_account;
pub(crate) mod token;

use crate::framework::Registry;
use crate::motherduck::ProviderData;

/// Reads an id as the imports of the resources do, for fuzzing.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_import_id(id: &str) {
    if let Ok((username, token_id)) = token::split_import_id(id) {
        assert_eq!(token::import_id(username, token_id).as_deref(), Some(id));
    }
    if let Ok(username) = crate::motherduck::account_name::from_import_id(id.to_owned(), "svc") {
        assert_eq!(username, id);
    }
}

/// Registers every resource with the provider data.
pub fn register(registry: &mut Registry, provider_data: &ProviderData) {
    registry
        .resource(service_account::ServiceAccountResource::new(
            provider_data.clone(),
        ))
        .with_import()
        .with_moves()
        .with_destroy_plan();
    registry
        .resource(token::TokenResource::new(provider_data.clone()))
        .with_import()
        .with_moves()
        .with_upgrade()
        .with_undelivered_create();
    registry
        .resource(ducklings::DucklingsResource::new(provider_data.clone()))
        .with_import()
        .with_moves()
        .with_destroy_plan();
}
