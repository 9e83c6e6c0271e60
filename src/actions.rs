//! Actions: one file for each.

mod revoke_tokens;

use crate::framework::Registry;
use crate::motherduck::ProviderData;

/// Registers every action with the provider data.
pub fn register(registry: &mut Registry, provider_data: &ProviderData) {
    registry.action(revoke_tokens::RevokeTokensAction::new(provider_data.clone()));
}
