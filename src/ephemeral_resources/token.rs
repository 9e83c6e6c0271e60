//! `motherduck_token` for one run: `open` creates the token, and `close` revokes it.

use async_trait::async_trait;
use secrecy::SecretString;

use crate::framework::{
    Block, Diagnostic, Diagnostics, EphemeralResource, Field, Model, OpenResponse, Private, model,
};
use crate::motherduck::create_token::{self, Created, Purpose, TokenRequest};
use crate::motherduck::token_name::{Name, Prefix};
use crate::motherduck::{ProviderData, account_name, errors, token_checks, token_rules};

/// The default lifetime of a token, in seconds. It limits the lifetime of a token that a crash leaves.
const DEFAULT_TTL: i64 = 3600;

/// The names in private data of the values that `close` needs: the token and its user.
const USERNAME: &str = "username";
const ID: &str = "id";

model! {
    /// An access token for one run: Terraform creates it in every plan and every apply that needs it, and
    /// revokes it at the end, also after a failed apply. Its secret is not stored in the state or the plan
    /// and is not logged. If a crash prevents the revocation, the token expires after its `ttl`. Requires
    /// Terraform 1.10 or OpenTofu 1.11.
    pub(super) struct State {
        /// User or service account that the token belongs to. For a service account of the same configuration
        /// refer to its `id`: the token is then created after the account. Only a human member can create
        /// tokens of that member.
        #[attribute(required, validator(account_name::existing()))]
        username: String,
        /// Name of the token, 1 to 255 characters, without blanks at either end, unique for its user.
        /// `MotherDuck Extension` and `MotherDuck Flights` are reserved. By default the name is generated
        /// from `name_prefix`. Two runs at the same time cannot use the same name.
        #[attribute(optional_computed, validator(token_rules::name()))]
        name: String,
        /// Prefix of the token's name, 1 to 236 characters. The name is the prefix, the time of creation as
        /// `yyyymmddhhmmss` (UTC), a hyphen and 4 hexadecimal digits. By default the name is
        /// `terraform-ephemeral-` and 8 hexadecimal digits. Conflicts with `name`.
        #[attribute(optional_computed, validator(token_rules::name_prefix()))]
        name_prefix: String,
        /// `read_write` (the default) or `read_scaling`.
        #[attribute(default("read_write".to_owned()), validator(token_rules::token_type()))]
        token_type: String,
        /// Maximum lifetime of the token in seconds, a whole number from 300 to 31536000 (365 days). Defaults
        /// to 3600. It cannot be extended, so it must be longer than the longest run.
        #[attribute(default(DEFAULT_TTL), validator(token_rules::ttl()))]
        ttl: i64,
        /// Description of the token, at most 1000 UTF-16 units. Some regions do not store it yet.
        #[attribute(validator(token_rules::description()))]
        description: String,
        /// Id of the token, a UUID.
        #[attribute(computed)]
        id: String,
        /// The secret of the token.
        #[attribute(computed, sensitive)]
        token: SecretString,
        /// Time at which the token expires if it is not revoked before, as the API reports it (RFC 3339).
        #[attribute(computed)]
        expire_at: String,
        /// Time of creation, as the API reports it (RFC 3339).
        #[attribute(computed)]
        created_ts: String,
        /// Whether the token can only read.
        #[attribute(computed)]
        read_only: bool,
    }
}

/// The ephemeral resource `motherduck_token`.
pub(super) struct TokenEphemeralResource {
    provider_data: ProviderData,
}

impl TokenEphemeralResource {
    pub(super) fn new(provider_data: ProviderData) -> Self {
        TokenEphemeralResource { provider_data }
    }
}

impl Block for TokenEphemeralResource {
    type Model = State;

    fn type_name(&self) -> &'static str {
        "motherduck_token"
    }

    fn validate(&self, config: &State) -> Diagnostics {
        token_rules::check_name_or_prefix(&config.name, &config.name_prefix)
    }
}

#[async_trait]
impl EphemeralResource for TokenEphemeralResource {
    async fn open(&self, config: State) -> Result<OpenResponse<State>, Diagnostics> {
        let client = self.provider_data.client().await?;
        let username = config.username.text().unwrap_or_default();
        let name = match (config.name.text(), config.name_prefix.text()) {
            (Some(name), _) => Name::Fixed(name.to_owned()),
            (None, Some(prefix)) => Name::Generated(Prefix::Configured(prefix.to_owned())),
            (None, None) => Name::Generated(Prefix::Ephemeral),
        };
        let name_prefix = match &name {
            Name::Fixed(_) => Field::Null,
            Name::Generated(prefix) => Field::Known(prefix.text().to_owned()),
        };
        let request = TokenRequest {
            username,
            name,
            properties: create_token::properties(&config.ttl, &config.token_type, &config.description),
            purpose: Purpose::Ephemeral,
            attributes: State::attributes(),
        };
        let created = create_token::create(&self.provider_data, &client, request).await;
        // A token that differs from the request was revoked, because Terraform does not close an ephemeral resource
        // whose `open` failed.
        let created = created.map_err(|error| error.diagnostics)?;
        let Created {
            secret,
            token,
            sent,
            warning: may_appear,
            ..
        } = created;
        let mut private = Private::new();
        private.set(USERNAME, &username);
        private.set(ID, &token.id);
        let consequence = "The token works without it.";
        let warning = token_checks::description_missing(sent.description.as_deref(), &token, consequence);
        Ok(OpenResponse {
            result: State {
                name: Field::Known(sent.name),
                name_prefix,
                id: Field::Known(token.id),
                token: Field::Known(secret),
                expire_at: token.expire_at.into(),
                created_ts: Field::Known(token.created_ts),
                read_only: Field::Known(token.read_only),
                ..config
            },
            private,
            warnings: may_appear.into_iter().chain(warning).collect(),
        })
    }

    async fn close(&self, private: Private) -> Result<Diagnostics, Diagnostics> {
        let (Some(username), Some(id)) = (private.get::<String>(USERNAME), private.get::<String>(ID)) else {
            return Err(Diagnostic::error(
                "It is not known which token to revoke",
                "The private data of the ephemeral token was not returned to the provider. The token expires after \
                 its `ttl`; revoke it in MotherDuck's settings if that is too long.",
            )
            .into());
        };
        let client = self.provider_data.client().await?;
        match create_token::revoke(&self.provider_data, &client.settling(), &username, &id).await {
            Ok(_) => Ok(Diagnostics::new()),
            Err(error) => Err(errors::failure_with(
                &format!("The ephemeral token {id} of {username:?} could not be revoked"),
                &error,
                &Purpose::Ephemeral.about_live_token(&username, &id),
                &State::attributes(),
            )),
        }
    }
}
