//! `motherduck_ducklings`: the Ducklings of one account, or of every service account.

use async_trait::async_trait;
use futures_util::StreamExt;

use super::accounts::{AT_ONCE, Accounts};
use crate::framework::{Block, Diagnostics, ListRequest, ListResource, ListResult, ListResults, model};
use crate::motherduck::{ProviderData, account_name};
use crate::resources::ducklings::State;

model! {
    /// The Ducklings (compute sizes) of a user, or of every service account of the organization. Every
    /// account has Ducklings. Requires Terraform 1.14; OpenTofu has no `query`. Without a `limit`, Terraform
    /// returns only the first 100 objects of a block and does not report that there are more.
    pub(super) struct Config {
        /// User or service account that the Ducklings belong to. Defaults to every service account, which
        /// requires an API that lists users.
        #[attribute(validator(account_name::existing()))]
        username: String,
    }
}

/// The list resource `motherduck_ducklings`.
pub(super) struct DucklingsListResource {
    provider_data: ProviderData,
}

impl DucklingsListResource {
    pub(super) fn new(provider_data: ProviderData) -> Self {
        DucklingsListResource { provider_data }
    }
}

impl Block for DucklingsListResource {
    type Model = Config;

    fn type_name(&self) -> &'static str {
        "motherduck_ducklings"
    }
}

#[async_trait]
impl ListResource for DucklingsListResource {
    async fn list(&self, request: ListRequest<Config>, found: &mut ListResults) -> Result<(), Diagnostics> {
        let client = self.provider_data.client().await?;
        let mut accounts = match request.config.username.text() {
            Some(username) => Accounts::named(username),
            None => Accounts::of_organization(&client),
        };
        if request.config.username.is_null() && !request.include_object {
            // Every account has Ducklings, and their values are not requested.
            return accounts
                .report(found, |username| State::imported(username, None))
                .await;
        }
        let ducklings_of = |username: String| {
            let client = client.clone();
            async move { client.ducklings(&username).await }
        };
        loop {
            let at_once = found.remaining().min(AT_ONCE);
            let Some(mut responses) = accounts
                .request::<Config, _, _>(at_once, "Ducklings", ducklings_of)
                .await?
            else {
                return Ok(());
            };
            while let Some(account) = responses.next().await {
                let (username, live) = account?;
                let result = ListResult {
                    display_name: username.clone(),
                    state: State::imported(username, Some(&live.body)),
                    warnings: Diagnostics::new(),
                };
                if found.report(result).await.is_break() {
                    return Ok(());
                }
            }
        }
    }
}
