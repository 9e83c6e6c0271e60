//! `motherduck_token`: the access tokens of one account, or of every service account.

use async_trait::async_trait;
use futures_util::StreamExt;
use jiff::Timestamp;

use super::accounts::{AT_ONCE, Accounts};
use crate::api;
use crate::framework::{Block, Diagnostics, ListRequest, ListResource, ListResult, ListResults, model};
use crate::motherduck::{ProviderData, account_name, token_checks, token_rules};
use crate::resources::token;

/// A limit above the number of tokens of most accounts. Several accounts are requested in parallel only while
/// more tokens are requested.
const MANY_TOKENS: usize = 32;

model! {
    /// The live access tokens of a user, or of every service account of the organization, the oldest of each
    /// account first. Tokens with a blank name and those that MotherDuck created for itself are left out.
    /// Secrets are not listed: the API returns them only at creation. Requires Terraform 1.14; OpenTofu has
    /// no `query`. Without a `limit`, Terraform returns only the first 100 objects of a block and does not
    /// report that there are more.
    pub(super) struct Config {
        /// User or service account that the tokens belong to. Defaults to every service account, which
        /// requires an API that lists users.
        #[attribute(validator(account_name::existing()))]
        username: String,
    }
}

/// The list resource `motherduck_token`.
pub(super) struct TokenListResource {
    provider_data: ProviderData,
}

impl TokenListResource {
    pub(super) fn new(provider_data: ProviderData) -> Self {
        TokenListResource { provider_data }
    }
}

impl Block for TokenListResource {
    type Model = Config;

    fn type_name(&self) -> &'static str {
        "motherduck_token"
    }
}

#[async_trait]
impl ListResource for TokenListResource {
    async fn list(&self, request: ListRequest<Config>, found: &mut ListResults) -> Result<(), Diagnostics> {
        let client = self.provider_data.client().await?;
        let mut accounts = match request.config.username.text() {
            Some(username) => Accounts::named(username),
            None => Accounts::of_organization(&client),
        };
        let tokens_of = |username: String| {
            let client = client.clone();
            async move { client.tokens(&username).await }
        };
        loop {
            let at_once = (found.remaining() / MANY_TOKENS).clamp(1, AT_ONCE);
            let Some(mut responses) = accounts
                .request::<Config, _, _>(at_once, "tokens", tokens_of)
                .await?
            else {
                return Ok(());
            };
            while let Some(account) = responses.next().await {
                let (username, listed) = account?;
                let now = listed.date.unwrap_or_else(Timestamp::now);
                for token in nameable(listed.body) {
                    let taken_over = token::imported(&username, &token, now)?;
                    let result = ListResult {
                        display_name: display_name(&username, &token),
                        state: taken_over.state,
                        warnings: taken_over.warnings,
                    };
                    if found.report(result).await.is_break() {
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// Returns a name to display. It distinguishes tokens whose names differ only in letter case.
fn display_name(username: &str, token: &api::Token) -> String {
    let name = token.name.as_deref().unwrap_or_default();
    let end = match &token.expire_at {
        Some(end) => format!("expires {end}"),
        None => "never expires".to_owned(),
    };
    format!("{name} ({username}), {}, {end}", token.token_type)
}

/// Returns the tokens whose names can be configured, oldest first.
fn nameable(mut tokens: Vec<api::Token>) -> Vec<api::Token> {
    tokens.retain(|token| {
        let name = token.name.as_deref().unwrap_or_default();
        token_rules::check_name(name).is_ok()
    });
    token_checks::oldest_first(&mut tokens);
    tokens
}
