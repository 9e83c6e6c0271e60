//! The bodies of the API's responses. They are the emulator's own types: a client with the same types could
//! share their mistakes.

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde::Serialize;
use uuid::Uuid;

use crate::behaviour::Behaviour;
use crate::instance_size::InstanceSize;
use crate::state::{
    Account, DucklingConfig, DucklingStatus, Role, RunningDuckling, Token, TokenAndSecret, TokenKind,
};

#[derive(Serialize)]
pub(crate) struct UserList {
    pub(crate) users: Vec<User>,
    /// The number of users on all pages.
    pub(crate) total_count: usize,
    pub(crate) next_page_token: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct User {
    id: Uuid,
    username: String,
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    is_service_account: bool,
    is_deprovisioned: bool,
    roles: Vec<Role>,
}

impl User {
    pub(crate) fn new(account: &Account) -> Self {
        Self {
            id: account.id,
            username: account.username.clone(),
            email: account.email.clone(),
            first_name: account.first_name.clone(),
            last_name: account.last_name.clone(),
            is_service_account: account.is_service_account,
            is_deprovisioned: account.is_deprovisioned,
            roles: account.roles.clone(),
        }
    }
}

/// A token in a listing. The contract expresses "none" in two ways, and clients get both: `expire_at` is
/// absent and `description` is null. With [`Behaviour::ignore_descriptions`] `description` is absent too.
#[derive(Serialize)]
pub(crate) struct TokenMetadata {
    id: Uuid,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<Description>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expire_at: Option<String>,
    created_ts: String,
    read_only: bool,
    token_type: TokenKind,
}

/// A description that is null if the token has none.
#[derive(Serialize)]
#[serde(transparent)]
struct Description(Option<String>);

impl TokenMetadata {
    pub(crate) fn new(token: &Token, behaviour: Behaviour) -> Self {
        let known = !behaviour.ignore_descriptions;
        Self {
            id: token.id,
            name: token.name.clone(),
            description: known.then(|| Description(token.description.clone())),
            expire_at: token.expires.as_ref().map(Timestamp::to_string),
            created_ts: token.created.to_string(),
            read_only: token.kind == TokenKind::ReadScaling,
            token_type: token.kind,
        }
    }
}

/// A created token with its secret, which only this response contains.
#[derive(Serialize)]
pub(crate) struct CreatedToken {
    token: String,
    #[serde(flatten)]
    metadata: TokenMetadata,
}

impl CreatedToken {
    pub(crate) fn new(created: &TokenAndSecret, behaviour: Behaviour) -> Self {
        Self {
            token: created.secret.expose_secret().to_owned(),
            metadata: TokenMetadata::new(&created.token, behaviour),
        }
    }
}

/// The live tokens of a user.
#[derive(Serialize)]
pub(crate) struct TokenList {
    pub(crate) tokens: Vec<TokenMetadata>,
}

/// A Duckling configuration, without the wrapper of the PUT.
#[derive(Serialize)]
pub(crate) struct DucklingConfigState {
    read_write: ReadWriteState,
    read_scaling: ReadScalingState,
}

#[derive(Serialize)]
struct ReadWriteState {
    instance_size: InstanceSize,
    #[serde(skip_serializing_if = "Option::is_none")]
    cooldown_seconds: Option<u32>,
}

#[derive(Serialize)]
struct ReadScalingState {
    instance_size: InstanceSize,
    flock_size: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    cooldown_seconds: Option<u32>,
}

impl DucklingConfigState {
    pub(crate) fn new(config: DucklingConfig) -> Self {
        let DucklingConfig {
            read_write,
            read_scaling,
        } = config;
        Self {
            read_write: ReadWriteState {
                instance_size: read_write.size,
                cooldown_seconds: read_write.cooldown_seconds,
            },
            read_scaling: ReadScalingState {
                instance_size: read_scaling.size,
                flock_size: read_scaling.flock_size,
                cooldown_seconds: read_scaling.cooldown_seconds,
            },
        }
    }
}

/// The accounts with running Ducklings.
#[derive(Serialize)]
pub(crate) struct ActiveAccounts {
    pub(crate) accounts: Vec<ActiveAccount>,
}

#[derive(Serialize)]
pub(crate) struct ActiveAccount {
    username: String,
    ducklings: Vec<ActiveDuckling>,
}

#[derive(Serialize)]
pub(crate) struct ActiveDuckling {
    id: String,
    r#type: TokenKind,
    status: DucklingStatus,
}

impl ActiveAccount {
    pub(crate) fn new(account: &Account) -> Self {
        // The order is reversed, because the service documents none.
        let ducklings = account.running.iter().rev().map(ActiveDuckling::new).collect();
        Self {
            username: account.username.clone(),
            ducklings,
        }
    }

    pub(crate) fn ducklings(&self) -> &[ActiveDuckling] {
        &self.ducklings
    }
}

impl ActiveDuckling {
    fn new(duckling: &RunningDuckling) -> Self {
        let (id, kind) = match duckling.number {
            None => ("rw".to_owned(), TokenKind::ReadWrite),
            Some(number) => (format!("rs.{number}"), TokenKind::ReadScaling),
        };
        Self {
            id,
            r#type: kind,
            status: duckling.status,
        }
    }
}
