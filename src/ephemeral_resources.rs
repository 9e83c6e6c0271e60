//! Ephemeral resources: one file for each.

mod dive_embed_session;
mod token;

use crate::framework::Registry;
use crate::motherduck::ProviderData;

/// Registers every ephemeral resource with the provider data.
pub fn register(registry: &mut Registry, provider_data: &ProviderData) {
    registry.ephemeral_resource(dive_embed_session::DiveEmbedSessionEphemeralResource::new(
        provider_data.clone(),
    ));
    registry.ephemeral_resource(token::TokenEphemeralResource::new(provider_data.clone()));
}
