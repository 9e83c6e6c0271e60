//! `motherduck_service_account`: an existing account with its Ducklings.

use async_trait::async_trait;

use super::account;
use crate::framework::{Attribute, Block, DataSource, Diagnostics, Schema, model};
use crate::motherduck::Connection;
use crate::motherduck::duckling_blocks::{self, ReadScaling, ReadWrite};

model! {
    /// A service account.
    pub(super) struct State {
        username: String,
        id: String,
        read_write: ReadWrite,
        read_scaling: ReadScaling,
    }
}

/// The data source `motherduck_service_account`.
pub(super) struct ServiceAccount {
    connection: Connection,
}

impl ServiceAccount {
    pub(super) fn new(connection: Connection) -> Self {
        ServiceAccount { connection }
    }
}

impl Block for ServiceAccount {
    type Model = State;

    fn type_name(&self) -> &'static str {
        "motherduck_service_account"
    }

    fn schema(&self) -> Schema {
        let mut attributes = vec![
            account::attribute().description(
                "Name of the account. One that is not there is an error. Letter case does not matter.",
            ),
            Attribute::string("id")
                .computed()
                .description("The username, as configured. Refer to it where the account has to be there."),
        ];
        attributes.extend(duckling_blocks::looked_up());
        Schema {
            version: 0,
            description: "A service account that is managed elsewhere, with its Ducklings (compute sizes). The \
                API does not tell here whether a user is a service account: use `motherduck_users` where that \
                matters.",
            attributes,
        }
    }
}

#[async_trait]
impl DataSource for ServiceAccount {
    async fn read(&self, config: State) -> Result<State, Diagnostics> {
        let username = account::name(&config.username)?;
        let summary = format!("Service account {username:?} could not be read");
        let (read_write, read_scaling) = account::ducklings(&self.connection, username, &summary).await?;
        Ok(State {
            id: config.username.clone(),
            read_write,
            read_scaling,
            ..config
        })
    }
}
