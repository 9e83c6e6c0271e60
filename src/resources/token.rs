//! `motherduck_token`: an access token, whose secret is shown once and lives in the state from then on.

mod lifetime;
mod moves;
mod plan;
mod reported;

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::api::{Client, NewToken};
use crate::framework::{
    Attribute, Conversion, CreateRequest, DeleteRequest, Diagnostic, Diagnostics, Failure, Field,
    IdentityAttribute, Import, Move, Outcome, Path, Plan, PlanRequest, Read, Resource, Schema, Stored, Type,
    UpdateRequest, Validator, Value, model,
};
use crate::motherduck::explain::{self, absent, gone};
use crate::motherduck::minting::{self, Advice, Minted, Name};
use crate::motherduck::{Connection, account_name, token_answer, token_rules};
pub(crate) use reported::imported;

/// Private mark: `ttl` is not what somebody configured but was worked out from the token's two times.
const TTL_REBUILT: &str = "ttl_rebuilt";
/// Private mark: the token was taken over and its first keepers are yet to come.
const FIRST_KEEPERS: &str = "first_keepers";

/// Private mark: the API stores another description than it was sent, and the state keeps the one sent.
const DESCRIPTION_AS_SENT: &str = "description_as_sent";

model! {
    /// A token as Terraform sees it.
    pub(crate) struct State {
        username: String,
        name: String,
        description: String,
        token_type: String,
        ttl: i64,
        early_rotation_seconds: i64,
        keepers: BTreeMap<String, Field<String>>,
        id: String,
        token: SecretString,
        expire_at: String,
        created_ts: String,
        read_only: bool,
        ready_for_rotation: bool,
    }
}

/// The resource `motherduck_token`.
pub(super) struct Token {
    connection: Connection,
}

impl Token {
    pub(super) fn new(connection: Connection) -> Self {
        Token { connection }
    }
}

#[async_trait]
impl Resource for Token {
    type State = State;

    fn type_name(&self) -> &'static str {
        "motherduck_token"
    }

    fn schema(&self) -> Schema {
        Schema {
            version: 1,
            description: "An access token of a user or service account. Its secret is shown by the API once, \
                at creation, and kept in the state as a sensitive value. A token cannot be changed: a change \
                is a new token, and with `lifecycle { create_before_destroy = true }` the old one is revoked \
                only after the new one exists.",
            attributes: vec![
                account_name::attribute(account_name::existing()).description(
                    "User or service account that the token belongs to. For a service account of the same \
                     configuration refer to its `id`.",
                ),
                Attribute::string("name")
                    .required()
                    .forces_replacement()
                    .must(token_rules::name())
                    .description(
                    "Name of the token, 1 to 255 characters, not blank. `MotherDuck Extension` and \
                     `MotherDuck Flights` are reserved.",
                ),
                Attribute::string("description")
                    .optional_computed()
                    .keeps_prior()
                    .forces_replacement()
                    .must(token_rules::description())
                    .description(
                        "What the token is for, at most 1000 UTF-16 units. Some regions do not store it yet.",
                    ),
                Attribute::string("token_type")
                    .default(token_rules::default_token_type())
                    .forces_replacement()
                    .must(token_rules::token_type())
                    .description("`read_write` (the default) or `read_scaling`."),
                // Whether a change of it replaces the token depends on where it came from: `plan` decides.
                Attribute::number("ttl")
                    .optional_computed()
                    .keeps_prior()
                    .must(token_rules::ttl())
                    .description(
                        "Life of the token in seconds, a whole number from 300 to 31536000 (a year). Without \
                         it the token never expires. An import works it out from the token's two times.",
                    ),
                Attribute::number("early_rotation_seconds")
                    .must(Validator::whole_number(1, i64::MAX))
                    .description(
                    "From this many seconds before `expire_at` on, the token is planned for replacement. \
                     Needs `ttl` and must be smaller than it.",
                ),
                Attribute::plain("keepers", Type::map(Type::String)).description(
                    "Values that replace the token when any of them changes, for instance the date of a \
                     rotation. The first ones after an import are only recorded.",
                ),
                Attribute::string("id")
                    .computed()
                    .keeps_prior()
                    .equivalent_when(is_same_id)
                    .description("Id of the token, a UUID."),
                Attribute::string("token").computed().keeps_prior().sensitive().description(
                    "The secret. Known only for a token that this provider created: null after an import.",
                ),
                Attribute::string("expire_at").computed().keeps_prior().description(
                    "When the token expires, as the API reports it (RFC 3339); null for one that never does.",
                ),
                Attribute::string("created_ts").computed().keeps_prior().description(
                    "When the token was created, as the API reports it (RFC 3339).",
                ),
                Attribute::bool("read_only").computed().keeps_prior().description(
                    "Whether the token can only read.",
                ),
                Attribute::bool("ready_for_rotation").computed().keeps_prior().description(
                    "Whether the time of early rotation has come, as of the latest refresh. `true` leads to \
                     a replacement.",
                ),
            ],
        }
    }

    fn validate(&self, config: &State) -> Diagnostics {
        let early = Path::attribute("early_rotation_seconds");
        match (&config.early_rotation_seconds, &config.ttl) {
            (Field::Known(_), Field::Null) => Diagnostic::error(
                "Early rotation needs a life to end",
                "`early_rotation_seconds` counts back from the token's expiry, so `ttl` has to be set with \
                 it.",
            )
            .at(early)
            .into(),
            (Field::Known(seconds), Field::Known(ttl)) if seconds >= ttl => Diagnostic::error(
                "Early rotation starts before the token does",
                format!(
                    "`early_rotation_seconds` must be smaller than `ttl`: {seconds} is not smaller than \
                     {ttl}."
                ),
            )
            .at(early)
            .into(),
            _ => Diagnostics::new(),
        }
    }

    fn plan(&self, request: PlanRequest<State>) -> Result<Plan<State>, Diagnostics> {
        Ok(plan::complete(request))
    }

    async fn create(&self, request: CreateRequest<State>) -> Outcome<State> {
        let client = self.connection.client().await?;
        let planned = request.planned;
        let (username, name) = (text(&planned.username), text(&planned.name));
        let new = NewToken {
            name: name.to_owned(),
            ttl: planned.ttl.known().and_then(|ttl| u64::try_from(*ttl).ok()),
            token_type: planned.token_type.text().map(str::to_owned),
            description: planned.description.text().map(str::to_owned),
        };
        let Minted { secret, token, now } =
            minting::mint(&client, username, &new, Name::Chosen, &ADVICE).await?;
        let wrong = token_answer::mismatch(&new, &token);
        let stored = reported::created(planned, secret, &token, now);
        match wrong {
            None => Ok(stored),
            Some(wrong) => Err(take_back(&client, stored, &wrong).await),
        }
    }

    async fn undelivered_create(&self, created: Stored<State>) -> Result<(), Diagnostics> {
        let client = self.connection.client().await?;
        let username = explain::key(&created.state.username, "username")?;
        let id = explain::key(&created.state.id, "id")?;
        let revoked = minting::revoke_for_good(&client, username, id).await;
        revoked.map(drop).map_err(|error| {
            let summary = format!("Token {id} of {username:?} is in no state and could not be revoked");
            explain::failure(&summary, &error)
        })
    }

    async fn read(&self, request: Stored<State>) -> Result<Read<State>, Diagnostics> {
        let client = self.connection.client().await?;
        let Stored { state, private, .. } = request;
        let username = explain::key(&state.username, "username")?;
        let id = explain::key(&state.id, "id")?;
        let what = format!("Token {:?} ({id}) of {username:?}", text(&state.name));
        let reply = match client.tokens(username).await {
            Ok(reply) => reply,
            Err(error) if error.is_gone() => {
                // The end of a token that was over anyway is no news, whatever became of its account.
                let over = lifetime::has_expired(&state, error.date().unwrap_or_else(Timestamp::now));
                return Ok(Read::Gone(if over {
                    Diagnostics::new()
                } else {
                    gone(&what, &error).into()
                }));
            }
            Err(error) => return Err(explain::failure(&format!("{what} could not be read"), &error)),
        };
        let now = reply.date.unwrap_or_else(Timestamp::now);
        let Some(listed) = reply.body.iter().find(|token| token.id.eq_ignore_ascii_case(id)) else {
            if lifetime::has_expired(&state, now) {
                return Ok(Read::Gone(Diagnostics::new()));
            }
            let reason = format!(
                "GET {} lists no token of this id: it was revoked, or never belonged to this account.",
                reply.url
            );
            return Ok(Read::Gone(absent(&what, &reason).into()));
        };
        Ok(Read::Found(reported::refreshed(state, listed, now, private)))
    }

    async fn update(&self, request: UpdateRequest<State>) -> Outcome<State> {
        // What can change in place is Terraform's alone: the API has no way to change a token.
        let UpdateRequest {
            planned, mut private, ..
        } = request;
        if !planned.keepers.is_null() {
            private.remove(FIRST_KEEPERS);
        }
        Ok(Stored::new(planned, private))
    }

    async fn delete(&self, request: DeleteRequest<State>) -> Result<Diagnostics, Diagnostics> {
        let client = self.connection.client().await?;
        let username = explain::key(&request.prior.username, "username")?;
        let id = explain::key(&request.prior.id, "id")?;
        match client.revoke_token(username, id).await {
            Ok(_) => Ok(Diagnostics::new()),
            Err(error) if error.is_gone() => Ok(Diagnostics::new()),
            Err(error) => {
                let summary = format!(
                    "Token {:?} ({id}) of {username:?} could not be revoked",
                    text(&request.prior.name)
                );
                Err(explain::failure(&summary, &error))
            }
        }
    }

    async fn import(&self, what: Import<State>) -> Result<Stored<State>, Diagnostics> {
        let (username, token_id) = match &what {
            Import::Id(id) => split_import_id(id)?,
            Import::Identity(identity) => of_identity(identity)?,
        };
        let client = self.connection.client().await?;
        let what = format!("token {token_id:?} of {username:?}");
        let reply = match client.tokens(username).await {
            Ok(reply) => reply,
            Err(error) if error.is_gone() => {
                return Err(explain::not_there(&format!("user {username:?}"), &error));
            }
            Err(error) => {
                return Err(explain::failure(
                    &format!("The {what} could not be imported"),
                    &error,
                ));
            }
        };
        let Some(listed) = reply
            .body
            .iter()
            .find(|token| token.id.eq_ignore_ascii_case(token_id))
        else {
            return Err(Diagnostic::error(
                format!("There is no {what}"),
                format!(
                    "GET {} lists no token of this id. Expired and revoked tokens are not listed. Nothing \
                     was imported.",
                    reply.url
                ),
            )
            .into());
        };
        let now = reply.date.unwrap_or_else(Timestamp::now);
        reported::imported(username, listed, now)
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        vec![
            account_name::identity_attribute(),
            IdentityAttribute {
                name: "id",
                description: "Id of the token, a UUID.",
            },
        ]
    }

    fn upgrade(&self, version: i64) -> Option<Conversion<State>> {
        moves::upgrade(version)
    }

    fn moves(&self) -> Vec<Move<State>> {
        moves::moves()
    }
}

/// What can be done about a token that did not come to be, or should not have.
const ADVICE: Advice = Advice {
    name_taken: "The API may refuse a second token of one name, which `create_before_destroy` asks for. Give \
                 each generation a name of its own that carries the keeper, for instance `name = \
                 \"loader-${var.rotation}\"`.",
    secret_lost: |username| {
        format!(
            "Revoke it in MotherDuck's settings, or import it as `{username}/<id>` and destroy it. A token that \
             is in a state is not the one."
        )
    },
    left_live: |username, id| {
        format!(
            "If it is not in the state as tainted, revoke it in MotherDuck's settings, or import it as \
             `{username}/{id}` and destroy it."
        )
    },
};

/// The letters of a UUID may have any case.
fn is_same_id(a: &Value, b: &Value) -> bool {
    matches!((a.as_str(), b.as_str()), (Some(a), Some(b)) if a.eq_ignore_ascii_case(b))
}

/// The user and the token that an identity names.
fn of_identity(identity: &State) -> Result<(&str, &str), Diagnostics> {
    let username = account_name::of_identity(&identity.username)?;
    match text(&identity.id) {
        "" | "." | ".." => Err(Diagnostic::error(
            "Invalid identity to import",
            "`id` must be the id of a token, a UUID.",
        )
        .into()),
        id => Ok((username, id)),
    }
}

/// A token was made that is not the one asked for: it is revoked, so that no secret lives that nobody knows
/// of. If that fails too, it stays in the state, as tainted.
async fn take_back(client: &Client, stored: Stored<State>, wrong: &str) -> Failure<State> {
    let (username, id) = (text(&stored.state.username), text(&stored.state.id));
    let summary = format!(
        "The created token {:?} is not what was asked for",
        text(&stored.state.name)
    );
    let (outcome, trouble) = minting::take_back(client, username, id, &ADVICE).await;
    let Some(trouble) = trouble else {
        return Diagnostic::error(summary, format!("{wrong}\n\n{outcome}")).into();
    };
    let kept = "It is kept in the state as tainted: the next apply replaces it.";
    let mut diagnostics =
        Diagnostics::from(Diagnostic::error(summary, format!("{wrong}\n\n{outcome} {kept}")));
    diagnostics.append(trouble);
    Failure {
        diagnostics,
        kept: Some(stored),
    }
}

fn text(field: &Field<String>) -> &str {
    field.text().unwrap_or_default()
}

fn split_import_id(id: &str) -> Result<(&str, &str), Diagnostic> {
    let wrong = |broken: &str| {
        let example = "analytics_service_account/3fa85f64-5717-4562-b3fc-2c963f66afa6";
        Err(account_name::wrong_import_id(
            id,
            "`username/token_id`",
            example,
            broken,
        ))
    };
    if id.chars().any(char::is_whitespace) {
        return wrong("holds a blank");
    }
    match id.split_once('/') {
        None => wrong("holds no slash"),
        Some((_, token_id)) if token_id.contains('/') => wrong(
            "holds more than one slash. A token of a user with a slash in the name can be imported by its \
             identity, with an `import` block and Terraform 1.12 or newer",
        ),
        Some(("", _)) => wrong("names no user"),
        Some((_, "")) => wrong("names no token"),
        Some(("." | "..", _) | (_, "." | "..")) => wrong("holds a name that no URL can hold"),
        Some(parts) => Ok(parts),
    }
}
