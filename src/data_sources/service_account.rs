//! `motherduck_service_account`: an existing account with its Ducklings.

use async_trait::async_trait;

use super::account::{self, ReadScaling, ReadWrite};
use crate::framework::{Block, DataSource, Diagnostics, model};
use crate::motherduck::{ProviderData, account_name};

model! {
    /// A service account that is managed elsewhere, with its Ducklings (compute sizes). This data source
    /// cannot check that the user is a service account, because the API does not report it here: use
    /// `motherduck_users` if that matters.
    pub(super) struct State {
        /// Name of the account; letter case does not matter. An account that does not exist is an error.
        #[attribute(required, validator(account_name::existing()))]
        username: String,
        /// The username, as configured. Refer to it where the account has to exist.
        #[attribute(computed)]
        id: String,
        /// The Duckling of read-write tokens.
        #[attribute(computed)]
        read_write: ReadWrite,
        /// The pool of Ducklings of read-scaling tokens.
        #[attribute(computed)]
        read_scaling: ReadScaling,
    }
}

/// The data source `motherduck_service_account`.
pub(super) struct ServiceAccountDataSource {
    provider_data: ProviderData,
}

impl ServiceAccountDataSource {
    pub(super) fn new(provider_data: ProviderData) -> Self {
        ServiceAccountDataSource { provider_data }
    }
}

impl Block for ServiceAccountDataSource {
    type Model = State;

    fn type_name(&self) -> &'static str {
        "motherduck_service_account"
    }
}

#[async_trait]
impl DataSource for ServiceAccountDataSource {
    async fn read(&self, config: State) -> Result<State, Diagnostics> {
        let username = account::name(&config.username)?;
        let summary = format!("Service account {username:?} could not be read");
        let (read_write, read_scaling) =
            account::ducklings::<State>(&self.provider_data, username, &summary).await?;
        Ok(State {
            id: config.username.clone(),
            read_write,
            read_scaling,
            ..config
        })
    }
}
