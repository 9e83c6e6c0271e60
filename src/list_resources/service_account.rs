//! `motherduck_service_account`: the service accounts of the organization.

use async_trait::async_trait;

use super::accounts::Accounts;
use crate::framework::{Block, Diagnostics, ListRequest, ListResource, ListResults, Model, Schema, model};
use crate::motherduck::Connection;
use crate::resources::service_account::State;

model! {
    /// The service accounts of the organization, without those that are deprovisioned. An account whose name
    /// Terraform could not give it is left out with a warning; its tokens and Ducklings can be listed all the
    /// same. Needs an API that lists users. Needs Terraform 1.14; OpenTofu has no `query`. A block lists at
    /// most 100 objects where it sets no `limit`: Terraform stops there without a word.
    pub(super) struct Config {}
}

/// The list resource `motherduck_service_account`.
pub(super) struct ServiceAccounts {
    connection: Connection,
}

impl ServiceAccounts {
    pub(super) fn new(connection: Connection) -> Self {
        ServiceAccounts { connection }
    }
}

impl Block for ServiceAccounts {
    type Model = Config;

    fn type_name(&self) -> &'static str {
        "motherduck_service_account"
    }

    fn schema(&self) -> Schema {
        Config::schema()
    }
}

#[async_trait]
impl ListResource for ServiceAccounts {
    async fn list(&self, _: ListRequest<Config>, found: &mut ListResults) -> Result<(), Diagnostics> {
        let client = self.connection.client().await?;
        let accounts = Accounts::of_organization(&client);
        accounts.report(found, State::imported).await
    }
}
