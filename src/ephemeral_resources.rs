//! Ephemeral resources: one file for each.

mod dive_embed_session;
mod token;

use crate::framework::Registry;
use crate::motherduck::Connection;

/// Registers every ephemeral resource with one connection to the API.
pub fn register(registry: &mut Registry, connection: &Connection) {
    registry.ephemeral_resource(dive_embed_session::DiveEmbedSession::new(connection.clone()));
    registry.ephemeral_resource(token::Token::new(connection.clone()));
}
