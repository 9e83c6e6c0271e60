//! `motherduck_tokens`: the valid access tokens of an account. The API never lists secrets.

use async_trait::async_trait;

use super::account;
use crate::api;
use crate::framework::{Block, DataSource, Diagnostics, Field, model};
use crate::motherduck::{ProviderData, account_name, token_checks};

model! {
    /// The valid access tokens of a user or service account, without their secrets, which the API returns
    /// only at creation. Expired and revoked tokens are not listed.
    pub(super) struct State {
        /// User or service account that the tokens belong to. For a service account of the same configuration
        /// refer to its `id`.
        #[attribute(required, validator(account_name::existing()))]
        username: String,
        /// The tokens, oldest first.
        #[attribute(computed)]
        tokens: Vec<Field<ListedToken>>,
    }
}

model! {
    /// A token.
    struct ListedToken {
        /// Id of the token, a UUID.
        #[attribute(computed)]
        id: String,
        /// Name of the token, unique for its user.
        #[attribute(computed)]
        name: String,
        /// Description of the token. Null if it has none.
        #[attribute(computed)]
        description: String,
        /// `read_write` or `read_scaling`.
        #[attribute(computed)]
        token_type: String,
        /// Whether the token can only read.
        #[attribute(computed)]
        read_only: bool,
        /// Time of creation (RFC 3339).
        #[attribute(computed)]
        created_ts: String,
        /// Time at which the token expires (RFC 3339). Null for a token that never expires.
        #[attribute(computed)]
        expire_at: String,
    }
}

/// The data source `motherduck_tokens`.
pub(super) struct TokensDataSource {
    provider_data: ProviderData,
}

impl TokensDataSource {
    pub(super) fn new(provider_data: ProviderData) -> Self {
        TokensDataSource { provider_data }
    }
}

impl Block for TokensDataSource {
    type Model = State;

    fn type_name(&self) -> &'static str {
        "motherduck_tokens"
    }
}

#[async_trait]
impl DataSource for TokensDataSource {
    async fn read(&self, config: State) -> Result<State, Diagnostics> {
        let username = account::name(&config.username)?;
        let client = self.provider_data.client().await?;
        let look = || client.tokens(username);
        let listed = self.provider_data.once_visible(&client, username, look).await;
        let summary = format!("The tokens of {username:?} could not be listed");
        let failure = |error| account::failure::<State>(&summary, username, &error);
        let mut listed = listed.map_err(failure)?.body;
        token_checks::oldest_first(&mut listed);
        let tokens = listed.into_iter().map(to_model).collect();
        Ok(State {
            tokens: Field::Known(tokens),
            ..config
        })
    }
}

fn to_model(token: api::Token) -> Field<ListedToken> {
    Field::Known(ListedToken {
        id: Field::Known(token.id),
        name: token.name.into(),
        description: token.description.into(),
        token_type: Field::Known(token.token_type),
        read_only: Field::Known(token.read_only),
        created_ts: Field::Known(token.created_ts),
        expire_at: token.expire_at.into(),
    })
}
