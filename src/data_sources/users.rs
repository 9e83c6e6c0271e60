//! `motherduck_users`: the users of the organization, human members and service accounts.

use async_trait::async_trait;

use crate::api::{self, Error, UserFilter};
use crate::framework::{Attribute, Block, DataSource, Diagnostics, Field, Model, Schema, model};
use crate::motherduck::{Connection, errors};

model! {
    /// The users of the organization: people and service accounts. Not every region's API can list them yet;
    /// where it cannot, this is an error.
    pub(super) struct State {
        /// `true`: only service accounts; `false`: only people. Left out, both.
        is_service_account: bool,
        /// `true`: only users who can no longer sign in; `false`: only those who can. Left out, both.
        is_deprovisioned: bool,
        /// The users, in the order of their usernames.
        #[attribute(computed)]
        users: Vec<Field<User>>,
    }
}

model! {
    /// A user.
    struct User {
        /// What identifies the user in MotherDuck; opaque, and not the username.
        #[attribute(computed)]
        id: String,
        /// Name of the user, unique in the organization without regard to letter case.
        #[attribute(computed)]
        username: String,
        /// Email address, if there is one.
        #[attribute(computed)]
        email: String,
        /// First name; null for most service accounts.
        #[attribute(computed)]
        first_name: String,
        /// Last name; null for most service accounts.
        #[attribute(computed)]
        last_name: String,
        /// Whether this is a service account rather than a person.
        #[attribute(computed)]
        is_service_account: bool,
        /// Whether the user can no longer sign in.
        #[attribute(computed)]
        is_deprovisioned: bool,
        /// Roles that were granted directly, in the order of the alphabet, without those they include.
        #[attribute(computed)]
        roles: Vec<Field<String>>,
    }
}

/// The data source `motherduck_users`.
pub(super) struct Users {
    connection: Connection,
}

impl Users {
    pub(super) fn new(connection: Connection) -> Self {
        Users { connection }
    }
}

impl Block for Users {
    type Model = State;

    fn type_name(&self) -> &'static str {
        "motherduck_users"
    }

    fn schema(&self) -> Schema {
        State::schema()
    }
}

#[async_trait]
impl DataSource for Users {
    async fn read(&self, config: State) -> Result<State, Diagnostics> {
        let client = self.connection.client().await?;
        let filter = UserFilter {
            is_service_account: config.is_service_account.known().copied(),
            is_deprovisioned: config.is_deprovisioned.known().copied(),
        };
        let mut listed = match client.users(filter).await {
            Ok(listed) => listed.body,
            Err(error) => return Err(failure(&State::attributes(), &error)),
        };
        // An older server may ignore the filters.
        listed.retain(|user| fits(filter, user));
        // The API documents no order.
        listed.sort_by(|a, b| (&a.username, &a.id).cmp(&(&b.username, &b.id)));
        let users = listed.into_iter().map(shown).collect();
        Ok(State {
            users: Field::Known(users),
            ..config
        })
    }
}

fn fits(filter: UserFilter, user: &api::User) -> bool {
    filter
        .is_service_account
        .is_none_or(|wanted| wanted == user.is_service_account)
        && filter
            .is_deprovisioned
            .is_none_or(|wanted| wanted == user.is_deprovisioned)
}

fn failure(attributes: &[Attribute], error: &Error) -> Diagnostics {
    let summary = "The users of the organization could not be listed";
    if !error.is_unrouted() {
        return errors::failure(summary, error, attributes);
    }
    errors::advised(
        summary,
        error,
        "This API has no list of users (`GET /v1/users`): regions get new operations at different times. Name \
         the accounts in the configuration instead of looking them up. If the address is not one of \
         MotherDuck's API, correct `api_base_url` (or MOTHERDUCK_API_BASE_URL).",
        attributes,
    )
}

fn shown(user: api::User) -> Field<User> {
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
