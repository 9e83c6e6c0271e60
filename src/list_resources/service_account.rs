//! `motherduck_service_account`: the service accounts of the organization.

use async_trait::async_trait;

use super::accounts::Accounts;
use crate::framework::{Block, Diagnostics, ListRequest, ListResource, ListResults, model};
use crate::motherduck::ProviderData;
use crate::resources::service_account::State;

model! {
    /// The service accounts of the organization, except deprovisioned ones. An account whose name is invalid
    /// in a Terraform configuration is left out with a warning; its tokens and Ducklings can still be listed.
    /// Requires an API that lists users, and Terraform 1.14; OpenTofu has no `query`. Without a `limit`,
    /// Terraform returns only the first 100 objects of a block and does not report that there are more.
    pub(super) struct Config {}
}

/// The list resource `motherduck_service_account`.
pub(super) struct ServiceAccountListResource {
    provider_data: ProviderData,
}

impl ServiceAccountListResource {
    pub(super) fn new(provider_data: ProviderData) -> Self {
        ServiceAccountListResource { provider_data }
    }
}

impl Block for ServiceAccountListResource {
    type Model = Config;

    fn type_name(&self) -> &'static str {
        "motherduck_service_account"
    }
}

#[async_trait]
impl ListResource for ServiceAccountListResource {
    async fn list(&self, _: ListRequest<Config>, found: &mut ListResults) -> Result<(), Diagnostics> {
        let client = self.provider_data.client().await?;
        let accounts = Accounts::of_organization(&client);
        accounts.report(found, State::imported).await
    }
}
