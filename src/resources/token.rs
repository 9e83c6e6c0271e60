//! `motherduck_token`: an access token. Its secret is returned once, on creation, and stored in the state.

mod create;
mod import;
mod lifetime;
mod moves;
mod plan;
mod reported;

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::api::Client;
use crate::framework::{
    ApplyError, ApplyResult, Block, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, Field, Model,
    Path, PlanRequest, PlanResponse, ReadResponse, Resource, ResourceState, ResourceWithMoves,
    ResourceWithUndeliveredCreate, ResourceWithUpgrade, StateMover, StateUpgrader, UpdateRequest, Validator,
    Value, model,
};
use crate::motherduck::create_token::{self, CreateError, Purpose, TokenRequest};
use crate::motherduck::{ProviderData, account_name, errors, token_rules};
pub(crate) use import::import_id;
#[cfg(any(test, fuzzing))]
pub(super) use import::split_import_id;
pub(crate) use reported::imported;

/// Private state key: `ttl` was computed from `created_ts` and `expire_at`, not configured.
const TTL_REBUILT: &str = "ttl_rebuilt";
/// Private state key: the token was imported or moved, so the first configured `keepers` do not replace it.
const RECORDS_FIRST_KEEPERS: &str = "first_keepers";

/// Private state key: the API stored no description at creation, and the state keeps the configured one.
const DESCRIPTION_AS_SENT: &str = "description_as_sent";

/// Private state key of a plan that changes `revoke_on_destroy` in place: whether a destroy with the value
/// before the change leaves the token valid until it expires. With `-replace` in the same run, the plan of the
/// new token and the delete receive the key.
const PRIOR_LEAVES_TOKEN_VALID: &str = "left_to_expire_before";

model! {
    /// An access token of a user or service account. The API returns its secret once, at creation; the secret
    /// is stored in the state as a sensitive value. A token cannot be changed: a change replaces it. With
    /// `name_prefix` and `lifecycle { create_before_destroy = true }` the new token is created before the old
    /// one is revoked, and with `revoke_on_destroy = false` the old one stays valid until it expires.
    #[schema(version = 1)]
    pub(crate) struct State {
        /// User or service account that the token belongs to. For a service account of the same configuration
        /// refer to its `id`.
        #[attribute(with(account_name::resource_rules), validator(account_name::existing()))]
        username: String,
        /// Name of the token, 1 to 255 characters, without blanks at either end, unique for its user.
        /// `MotherDuck Extension` and `MotherDuck Flights` are reserved. Exactly one of `name` and
        /// `name_prefix` must be set.
        #[attribute(
            optional_computed,
            use_state_for_unknown,
            always_generated,
            requires_replace,
            validator(token_rules::name()),
        )]
        name: String,
        /// Prefix of the token's name, 1 to 236 characters. The name is the prefix, the time of creation as
        /// `yyyymmddhhmmss` (UTC), a hyphen and 4 hexadecimal digits. Every token has a unique name, as
        /// `create_before_destroy` requires. A change replaces the token, except when the prefix was unset
        /// before and the token's name begins with the new prefix.
        // `plan` decides whether a change replaces the token, because that depends on the token's name.
        #[attribute(validator(token_rules::name_prefix()))]
        name_prefix: String,
        /// Description of the token, at most 1000 UTF-16 units. Some regions do not store it yet.
        #[attribute(
            optional_computed,
            use_state_for_unknown,
            requires_replace,
            validator(token_rules::description()),
        )]
        description: String,
        /// `read_write` (the default) or `read_scaling`.
        #[attribute(
            default("read_write".to_owned()),
            requires_replace,
            validator(token_rules::token_type()),
        )]
        token_type: String,
        /// Lifetime of the token in seconds, a whole number from 300 to 31536000 (365 days). Without it the
        /// token never expires. An import computes it from `created_ts` and `expire_at`. A change replaces
        /// the token.
        // `plan` decides whether a change replaces the token, because that depends on whether `ttl` was configured.
        #[attribute(optional_computed, use_state_for_unknown, validator(token_rules::ttl()))]
        ttl: i64,
        /// Number of seconds before `expire_at` from which a plan replaces the token. Requires `ttl` and must
        /// be smaller than it.
        #[attribute(validator(Validator::seconds(1, i64::MAX)))]
        early_rotation_seconds: i64,
        /// Whether the token is revoked when it is destroyed or replaced. With `false` it stays valid until
        /// `expire_at`, so that consumers can change to its replacement; this requires `ttl` and
        /// `name_prefix`. The value in the state is used: apply a change of this attribute before the destroy
        /// or replacement. Deleting the account revokes the token in any case. Defaults to `true`.
        #[attribute(default(true))]
        revoke_on_destroy: bool,
        /// Arbitrary values; a change of one replaces the token, and so do the first ones that are added to an
        /// existing token. An example is the date of a rotation. The first values after an import or a move
        /// are stored without a replacement.
        keepers: BTreeMap<String, Field<String>>,
        /// Id of the token, a UUID.
        #[attribute(
            computed,
            use_state_for_unknown,
            semantic_equality(is_same_id),
            identity("Id of the token, a UUID."),
        )]
        id: String,
        /// The secret of the token. Null after an import, since the API returns it only at creation.
        #[attribute(computed, use_state_for_unknown, sensitive)]
        token: SecretString,
        /// Time at which the token expires, as the API reports it (RFC 3339). Null for a token that never
        /// expires.
        #[attribute(computed, use_state_for_unknown)]
        expire_at: String,
        /// Time of creation, as the API reports it (RFC 3339).
        #[attribute(computed, use_state_for_unknown)]
        created_ts: String,
        /// Whether the token can only read.
        #[attribute(computed, use_state_for_unknown)]
        read_only: bool,
        /// Whether the early rotation was due at the latest refresh. With `true` a plan replaces the token.
        #[attribute(computed, use_state_for_unknown)]
        ready_for_rotation: bool,
    }
}

/// The resource `motherduck_token`.
pub(super) struct TokenResource {
    provider_data: ProviderData,
}

impl TokenResource {
    pub(super) fn new(provider_data: ProviderData) -> Self {
        TokenResource { provider_data }
    }

    /// Returns the client for requests about a token whose secret the state may contain.
    async fn client_about(&self, state: &State) -> Result<Client, Diagnostics> {
        let client = self.provider_data.client().await?;
        if let Some(secret) = state.token.known() {
            client.mask_secret(secret);
        }
        Ok(client)
    }
}

impl Block for TokenResource {
    type Model = State;

    fn type_name(&self) -> &'static str {
        "motherduck_token"
    }

    fn validate(&self, config: &State) -> Diagnostics {
        let mut found = token_rules::check_name_or_prefix(&config.name, &config.name_prefix);
        if config.name.is_null() && config.name_prefix.is_null() {
            found.push(Diagnostic::error(
                "The token has no name",
                "Set `name`, or set `name_prefix` for a name that is generated at creation.",
            ));
        }
        if let Some(broken) = check_early_rotation(config) {
            found.push(broken.at(Path::attribute("early_rotation_seconds")));
        }
        if config.revoke_on_destroy == Field::Known(false) {
            let required = [
                (
                    "ttl",
                    config.ttl.is_null(),
                    "a token that never expires would stay valid",
                ),
                (
                    "name_prefix",
                    config.name_prefix.is_null(),
                    "a token that is still valid keeps its name, so the next one needs another",
                ),
            ];
            for (name, missing, why) in required {
                if missing {
                    found.push(
                        Diagnostic::error(
                            format!("`revoke_on_destroy = false` requires `{name}`"),
                            format!("Set `{name}`: {why}."),
                        )
                        .at(Path::attribute("revoke_on_destroy")),
                    );
                }
            }
        }
        found
    }
}

#[async_trait]
impl Resource for TokenResource {
    fn plan(&self, request: PlanRequest<State>) -> Result<PlanResponse<State>, Diagnostics> {
        Ok(plan::complete(request))
    }

    async fn create(&self, request: CreateRequest<State>) -> ApplyResult<State> {
        let client = self.provider_data.client().await?;
        let planned = request.planned;
        let token = TokenRequest {
            username: text(&planned.username),
            name: create::name_to_create(&planned)?,
            properties: create_token::properties(&planned.ttl, &planned.token_type, &planned.description),
            purpose: Purpose::Managed,
            attributes: State::attributes(),
        };
        match create_token::create(&self.provider_data, &client, token).await {
            Ok(created) => Ok(reported::created(planned, created)),
            // A token that is still live is stored as tainted. Its replacement revokes it, even with
            // `revoke_on_destroy = false`: Terraform accepts a state that differs from the plan together with
            // an error.
            Err(CreateError { diagnostics, live }) => Err(ApplyError {
                diagnostics,
                kept: live.map(|created| {
                    let mut stored = reported::created(planned, created);
                    stored.state.revoke_on_destroy = Field::Known(true);
                    stored
                }),
            }),
        }
    }

    async fn read(&self, request: ResourceState<State>) -> Result<ReadResponse<State>, Diagnostics> {
        let client = self.client_about(&request.state).await?;
        let ResourceState { state, private, .. } = request;
        let username = errors::required_key(&state.username, "username")?;
        let id = errors::required_key(&state.id, "id")?;
        let what = format!("Token {:?} ({id}) of {username:?}", text(&state.name));
        let has_expired = |now| lifetime::has_expired(&state, now);
        let found = self
            .provider_data
            .find_token(&client, username, id, has_expired)
            .await;
        let (date, reason) = match found {
            Ok(reply) => {
                if let Some(listed) = reply.body.get(id) {
                    let now = reply.date.unwrap_or_else(Timestamp::now);
                    let refreshed = reported::refreshed(state, listed, now, private);
                    return Ok(ReadResponse::Found(refreshed));
                }
                let reason = format!(
                    "GET {} lists no token with this id: it was revoked, or never belonged to this account.",
                    reply.url
                );
                (reply.date, reason)
            }
            Err(error) if error.is_gone() => (error.date(), errors::cause_with_url(&error)),
            Err(error) => {
                let summary = format!("{what} could not be read");
                return Err(errors::failure(&summary, &error, &State::attributes()));
            }
        };
        // The removal of an expired token needs no warning, whether or not its account exists.
        if has_expired(date.unwrap_or_else(Timestamp::now)) {
            return Ok(ReadResponse::Gone(Diagnostics::new()));
        }
        let summary = "A token is gone and was removed from the state";
        let warning = errors::removed_from_state(summary, &what, &reason);
        Ok(ReadResponse::Gone(warning.into()))
    }

    async fn update(&self, request: UpdateRequest<State>) -> ApplyResult<State> {
        // All attributes that can change in place exist only in Terraform: the API cannot change a token.
        let UpdateRequest {
            planned, mut private, ..
        } = request;
        if !planned.keepers.is_null() {
            private.remove(RECORDS_FIRST_KEEPERS);
        }
        private.remove(PRIOR_LEAVES_TOKEN_VALID);
        Ok(ResourceState::new(planned, private))
    }

    async fn delete(&self, request: DeleteRequest<State>) -> Result<Diagnostics, Diagnostics> {
        let warnings = plan::warnings_of_delete(&request.private);
        if lifetime::is_left_to_expire(&request.prior) {
            return Ok(warnings);
        }
        let client = self.client_about(&request.prior).await?;
        let username = errors::required_key(&request.prior.username, "username")?;
        let id = errors::required_key(&request.prior.id, "id")?;
        match create_token::revoke(&self.provider_data, &client, username, id).await {
            Ok(_) => Ok(warnings),
            Err(error) => {
                let summary = format!(
                    "Token {:?} ({id}) of {username:?} could not be revoked",
                    text(&request.prior.name)
                );
                Err(errors::failure(&summary, &error, &State::attributes()))
            }
        }
    }
}

#[async_trait]
impl ResourceWithUndeliveredCreate for TokenResource {
    async fn undelivered_create(&self, created: ResourceState<State>) -> Result<(), Diagnostics> {
        let client = self.client_about(&created.state).await?;
        let username = errors::required_key(&created.state.username, "username")?;
        let id = errors::required_key(&created.state.id, "id")?;
        let revoked = create_token::revoke(&self.provider_data, &client.settling(), username, id).await;
        revoked.map(drop).map_err(|error| {
            let summary = format!("Token {id} of {username:?} is in no state and could not be revoked");
            errors::failure(&summary, &error, &State::attributes())
        })
    }
}

impl ResourceWithUpgrade for TokenResource {
    fn upgrade(&self, version: i64) -> Option<StateUpgrader<State>> {
        moves::upgrade(version)
    }
}

impl ResourceWithMoves for TokenResource {
    fn moves(&self) -> Vec<StateMover<State>> {
        moves::moves()
    }
}

/// Compares ids ignoring letter case, because UUIDs may have any.
fn is_same_id(a: &Value, b: &Value) -> bool {
    matches!((a.as_str(), b.as_str()), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b))
}

/// Checks the rule for `early_rotation_seconds`.
fn check_early_rotation(config: &State) -> Option<Diagnostic> {
    match (&config.early_rotation_seconds, &config.ttl) {
        (Field::Known(_), Field::Null) => Some(Diagnostic::error(
            "`early_rotation_seconds` requires `ttl`",
            "It counts back from the time at which the token expires. Set `ttl`, or remove \
             `early_rotation_seconds`.",
        )),
        (Field::Known(seconds), Field::Known(ttl)) if seconds >= ttl => Some(Diagnostic::error(
            "`early_rotation_seconds` must be smaller than `ttl`",
            format!(
                "A token with a `ttl` of {ttl} seconds cannot be rotated {seconds} seconds before it expires."
            ),
        )),
        _ => None,
    }
}

fn text(field: &Field<String>) -> &str {
    field.text().unwrap_or_default()
}
