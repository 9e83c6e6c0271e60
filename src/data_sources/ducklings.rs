//! `motherduck_ducklings`: the Ducklings of any account.

use async_trait::async_trait;

use super::account::{self, ReadScaling, ReadWrite};
use crate::framework::{Block, DataSource, Diagnostics, model};
use crate::motherduck::{ProviderData, account_name};

model! {
    /// The configured Ducklings (compute sizes) of a user or service account. The data source
    /// `motherduck_active_accounts` lists the running ones.
    pub(super) struct State {
        /// User or service account that the Ducklings belong to. For a service account of the same
        /// configuration refer to its `id`.
        #[attribute(required, validator(account_name::existing()))]
        username: String,
        /// The Duckling of read-write tokens.
        #[attribute(computed)]
        read_write: ReadWrite,
        /// The pool of Ducklings of read-scaling tokens.
        #[attribute(computed)]
        read_scaling: ReadScaling,
    }
}

/// The data source `motherduck_ducklings`.
pub(super) struct DucklingsDataSource {
    provider_data: ProviderData,
}

impl DucklingsDataSource {
    pub(super) fn new(provider_data: ProviderData) -> Self {
        DucklingsDataSource { provider_data }
    }
}

impl Block for DucklingsDataSource {
    type Model = State;

    fn type_name(&self) -> &'static str {
        "motherduck_ducklings"
    }
}

#[async_trait]
impl DataSource for DucklingsDataSource {
    async fn read(&self, config: State) -> Result<State, Diagnostics> {
        let username = account::name(&config.username)?;
        let summary = format!("The Ducklings of {username:?} could not be read");
        let (read_write, read_scaling) =
            account::ducklings::<State>(&self.provider_data, username, &summary).await?;
        Ok(State {
            read_write,
            read_scaling,
            ..config
        })
    }
}
