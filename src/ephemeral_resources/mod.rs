//! Ephemeral resources: one file for each.

mod dive_embed_session;
mod token;

use crate::framework::{AnyEphemeralResource, erase_ephemeral_resource};
use crate::motherduck::Connection;

/// Every ephemeral resource, on one connection to the API.
pub fn all(connection: &Connection) -> Vec<Box<AnyEphemeralResource>> {
    vec![
        erase_ephemeral_resource(dive_embed_session::DiveEmbedSession::new(connection.clone())),
        erase_ephemeral_resource(token::Token::new(connection.clone())),
    ]
}
