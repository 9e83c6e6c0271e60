//! `motherduck_active_accounts`: the accounts with running Ducklings.

use async_trait::async_trait;

use crate::api;
use crate::framework::{Block, DataSource, Diagnostics, Field, model};
use crate::motherduck::{ProviderData, errors};

model! {
    /// The accounts of users and service accounts that have running Ducklings at the time of the read. The
    /// list can be empty.
    pub(super) struct State {
        /// The accounts, in the order of their usernames.
        #[attribute(computed)]
        accounts: Vec<Field<Account>>,
    }
}

model! {
    /// The accounts, sorted by username.
    struct Account {
        /// Name of the user or service account that the Ducklings belong to.
        #[attribute(computed)]
        username: String,
        /// The running Ducklings of the account, sorted by id.
        #[attribute(computed)]
        ducklings: Vec<Field<Duckling>>,
    }
}

model! {
    /// A running Duckling.
    struct Duckling {
        /// Id of the Duckling, unique within the account: `rw`, or `rs.` and a number.
        #[attribute(computed)]
        id: String,
        /// `read_write` or `read_scaling`.
        #[attribute(computed)]
        r#type: String,
        /// `active`, or `cooldown` while the Duckling waits for the next query.
        #[attribute(computed)]
        status: String,
    }
}

/// The data source `motherduck_active_accounts`.
pub(super) struct ActiveAccountsDataSource {
    provider_data: ProviderData,
}

impl ActiveAccountsDataSource {
    pub(super) fn new(provider_data: ProviderData) -> Self {
        ActiveAccountsDataSource { provider_data }
    }
}

impl Block for ActiveAccountsDataSource {
    type Model = State;

    fn type_name(&self) -> &'static str {
        "motherduck_active_accounts"
    }
}

#[async_trait]
impl DataSource for ActiveAccountsDataSource {
    async fn read(&self, _config: State) -> Result<State, Diagnostics> {
        let client = self.provider_data.client().await?;
        let active = client.active_accounts().await;
        let failure = |error| errors::failure("The active accounts could not be listed", &error, &[]);
        let mut active = active.map_err(failure)?.body;
        // The API documents no order of accounts and Ducklings.
        for account in &mut active {
            account.ducklings.sort();
        }
        active.sort();
        let accounts = active.into_iter().map(to_model).collect();
        Ok(State {
            accounts: Field::Known(accounts),
        })
    }
}

fn to_model(account: api::ActiveAccount) -> Field<Account> {
    let duckling = |duckling: api::RunningDuckling| {
        Field::Known(Duckling {
            id: Field::Known(duckling.id),
            r#type: Field::Known(duckling.kind),
            status: Field::Known(duckling.status),
        })
    };
    Field::Known(Account {
        username: Field::Known(account.username),
        ducklings: Field::Known(account.ducklings.into_iter().map(duckling).collect()),
    })
}
