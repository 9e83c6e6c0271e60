//! `motherduck_users`: the users of the organization, human members and service accounts.

use async_trait::async_trait;

use crate::api::{self, Error, UserFilter};
use crate::framework::{Block, DataSource, Diagnostics, Field, Model, model};
use crate::motherduck::{ProviderData, errors};

model! {
    /// The users of the organization: people and service accounts. The API of some regions cannot list users
    /// yet; there, reading this data source fails.
    pub(super) struct State {
        /// `true` lists only service accounts, `false` only people. Defaults to both.
        is_service_account: bool,
        /// `true` lists only deprovisioned users, who cannot sign in any more; `false` lists only the others.
        /// Defaults to both.
        is_deprovisioned: bool,
        /// The users, sorted by username.
        #[attribute(computed)]
        users: Vec<Field<User>>,
    }
}

model! {
    /// A user.
    struct User {
        /// Id of the user in MotherDuck: an opaque text that differs from the username.
        #[attribute(computed)]
        id: String,
        /// Name of the user, unique in the organization; letter case does not matter.
        #[attribute(computed)]
        username: String,
        /// Email address. Null if the user has none.
        #[attribute(computed)]
        email: String,
        /// First name. Null for most service accounts.
        #[attribute(computed)]
        first_name: String,
        /// Last name. Null for most service accounts.
        #[attribute(computed)]
        last_name: String,
        /// Whether the user is a service account.
        #[attribute(computed)]
        is_service_account: bool,
        /// Whether the user is deprovisioned and cannot sign in any more.
        #[attribute(computed)]
        is_deprovisioned: bool,
        /// The directly granted roles, sorted by name, without the roles that these include.
        #[attribute(computed)]
        roles: Vec<Field<String>>,
    }
}

/// The data source `motherduck_users`.
pub(super) struct UsersDataSource {
    provider_data: ProviderData,
}

impl UsersDataSource {
    pub(super) fn new(provider_data: ProviderData) -> Self {
        UsersDataSource { provider_data }
    }
}

impl Block for UsersDataSource {
    type Model = State;

    fn type_name(&self) -> &'static str {
        "motherduck_users"
    }
}

#[async_trait]
impl DataSource for UsersDataSource {
    async fn read(&self, config: State) -> Result<State, Diagnostics> {
        let client = self.provider_data.client().await?;
        let filter = UserFilter {
            is_service_account: config.is_service_account.known().copied(),
            is_deprovisioned: config.is_deprovisioned.known().copied(),
        };
        let listed = client.users(filter).await;
        let mut listed = listed.map_err(|error| failure(&error))?.body;
        // An older server may ignore the filters.
        listed.retain(|user| fits(filter, user));
        // The API documents no order.
        listed.sort_by(|a, b| (&a.username, &a.id).cmp(&(&b.username, &b.id)));
        let users = listed.into_iter().map(to_model).collect();
        Ok(State {
            users: Field::Known(users),
            ..config
        })
    }
}

fn fits(filter: UserFilter, user: &api::User) -> bool {
    let accepts = |wanted: Option<bool>, value: bool| wanted.is_none_or(|wanted| wanted == value);
    accepts(filter.is_service_account, user.is_service_account)
        && accepts(filter.is_deprovisioned, user.is_deprovisioned)
}

fn failure(error: &Error) -> Diagnostics {
    let summary = "The users of the organization could not be listed";
    if !error.is_unrouted() {
        return errors::failure(summary, error, &State::attributes());
    }
    let next_step = "This API has no list of users (`GET /v1/users`): regions get new operations at different \
                     times. Name the accounts in the configuration instead of looking them up. If the \
                     address is not one of MotherDuck's API, correct `api_base_url` (or \
                     MOTHERDUCK_API_BASE_URL).";
    errors::failure_with(summary, error, next_step, &State::attributes())
}

fn to_model(user: api::User) -> Field<User> {
    let mut roles = user.roles;
    roles.sort();
    Field::Known(User {
        id: Field::Known(user.id),
        username: Field::Known(user.username),
        email: user.email.into(),
        first_name: user.first_name.into(),
        last_name: user.last_name.into(),
        is_service_account: Field::Known(user.is_service_account),
        is_deprovisioned: Field::Known(user.is_deprovisioned),
        roles: Field::Known(roles.into_iter().map(Field::Known).collect()),
    })
}
