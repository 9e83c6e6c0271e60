//! `motherduck_ducklings`: the Ducklings of any account.

use async_trait::async_trait;

use super::account;
use crate::framework::{Block, DataSource, Diagnostics, Schema, model};
use crate::motherduck::Connection;
use crate::motherduck::duckling_blocks::{self, ReadScaling, ReadWrite};

model! {
    /// The Ducklings of an account.
    pub(super) struct State {
        username: String,
        read_write: ReadWrite,
        read_scaling: ReadScaling,
    }
}

/// The data source `motherduck_ducklings`.
pub(super) struct Ducklings {
    connection: Connection,
}

impl Ducklings {
    pub(super) fn new(connection: Connection) -> Self {
        Ducklings { connection }
    }
}

impl Block for Ducklings {
    type Model = State;

    fn type_name(&self) -> &'static str {
        "motherduck_ducklings"
    }

    fn schema(&self) -> Schema {
        let mut attributes = vec![account::attribute().description(
            "User or service account whose Ducklings these are. For a service account of the same \
             configuration refer to its `id`.",
        )];
        attributes.extend(duckling_blocks::looked_up());
        Schema {
            version: 0,
            description: "The Ducklings (compute sizes) that are configured for a user or service account. Which \
                of them run is in `motherduck_active_accounts`.",
            attributes,
        }
    }
}

#[async_trait]
impl DataSource for Ducklings {
    async fn read(&self, config: State) -> Result<State, Diagnostics> {
        let username = account::name(&config.username)?;
        let summary = format!("The Ducklings of {username:?} could not be read");
        let (read_write, read_scaling) = account::ducklings(&self.connection, username, &summary).await?;
        Ok(State {
            read_write,
            read_scaling,
            ..config
        })
    }
}
