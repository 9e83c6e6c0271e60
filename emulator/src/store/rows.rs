//! The rows of the state file. Their types are separate from those in memory, which can change independently.
//! A change of a row changes the version of the format.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::StateError;
use crate::instance_size::InstanceSize;
use crate::secret::Digest;
use crate::state::{
    Account, Dive, DucklingConfig, DucklingStatus, EmbedSession, ReadScaling, ReadWrite, Role,
    RunningDuckling, Token, TokenKind,
};

pub(super) fn encode(row: &impl Serialize) -> Result<Vec<u8>, StateError> {
    serde_json::to_vec(row).map_err(|error| StateError::Io(error.into()))
}

pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, StateError> {
    serde_json::from_slice(bytes).map_err(|error| StateError::Damaged(error.to_string()))
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountRow {
    id: Uuid,
    username: String,
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    is_service_account: bool,
    is_deprovisioned: bool,
    roles: Vec<Role>,
    read_write: ReadWriteRow,
    read_scaling: ReadScalingRow,
    running: Vec<RunningRow>,
    serial: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadWriteRow {
    size: InstanceSize,
    cooldown_seconds: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReadScalingRow {
    size: InstanceSize,
    flock_size: u32,
    cooldown_seconds: Option<u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunningRow {
    number: Option<u32>,
    status: DucklingStatus,
}

impl From<&Account> for AccountRow {
    fn from(account: &Account) -> Self {
        let DucklingConfig {
            read_write,
            read_scaling,
        } = account.ducklings;
        Self {
            id: account.id,
            username: account.username.clone(),
            email: account.email.clone(),
            first_name: account.first_name.clone(),
            last_name: account.last_name.clone(),
            is_service_account: account.is_service_account,
            is_deprovisioned: account.is_deprovisioned,
            roles: account.roles.clone(),
            read_write: ReadWriteRow {
                size: read_write.size,
                cooldown_seconds: read_write.cooldown_seconds,
            },
            read_scaling: ReadScalingRow {
                size: read_scaling.size,
                flock_size: read_scaling.flock_size,
                cooldown_seconds: read_scaling.cooldown_seconds,
            },
            running: account
                .running
                .iter()
                .map(|duckling| RunningRow {
                    number: duckling.number,
                    status: duckling.status,
                })
                .collect(),
            serial: account.serial,
        }
    }
}

impl From<AccountRow> for Account {
    fn from(row: AccountRow) -> Self {
        Self {
            id: row.id,
            username: row.username,
            email: row.email,
            first_name: row.first_name,
            last_name: row.last_name,
            is_service_account: row.is_service_account,
            is_deprovisioned: row.is_deprovisioned,
            roles: row.roles,
            tokens: Vec::new(),
            ducklings: DucklingConfig {
                read_write: ReadWrite {
                    size: row.read_write.size,
                    cooldown_seconds: row.read_write.cooldown_seconds,
                },
                read_scaling: ReadScaling {
                    size: row.read_scaling.size,
                    flock_size: row.read_scaling.flock_size,
                    cooldown_seconds: row.read_scaling.cooldown_seconds,
                },
            },
            running: row
                .running
                .into_iter()
                .map(|duckling| RunningDuckling {
                    number: duckling.number,
                    status: duckling.status,
                })
                .collect(),
            serial: row.serial,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenRow {
    id: Uuid,
    name: String,
    description: Option<String>,
    kind: TokenKind,
    created: Timestamp,
    expires: Option<Timestamp>,
    digest: [u8; 32],
}

impl From<&Token> for TokenRow {
    fn from(token: &Token) -> Self {
        Self {
            id: token.id,
            name: token.name.clone(),
            description: token.description.clone(),
            kind: token.kind,
            created: token.created,
            expires: token.expires,
            digest: token.digest.0,
        }
    }
}

impl TokenRow {
    /// The serial is a part of the key.
    pub(super) fn into_token(self, serial: u64) -> Token {
        Token {
            id: self.id,
            name: self.name,
            description: self.description,
            kind: self.kind,
            created: self.created,
            expires: self.expires,
            digest: Digest(self.digest),
            serial,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DiveRow {
    id: Uuid,
    title: String,
    version: u32,
}

impl From<&Dive> for DiveRow {
    fn from(dive: &Dive) -> Self {
        Self {
            id: dive.id,
            title: dive.title.clone(),
            version: dive.version,
        }
    }
}

impl From<DiveRow> for Dive {
    fn from(row: DiveRow) -> Self {
        Self {
            id: row.id,
            title: row.title,
            version: row.version,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SessionRow {
    dive: Uuid,
    version: u32,
    username: String,
    session_name: Option<String>,
    expires: Timestamp,
}

impl From<&EmbedSession> for SessionRow {
    fn from(session: &EmbedSession) -> Self {
        Self {
            dive: session.dive,
            version: session.version,
            username: session.username.clone(),
            session_name: session.session_name.clone(),
            expires: session.expires,
        }
    }
}

impl SessionRow {
    /// The serial is the key.
    pub(super) fn into_session(self, serial: u64) -> EmbedSession {
        EmbedSession {
            dive: self.dive,
            version: self.version,
            username: self.username,
            session_name: self.session_name,
            expires: self.expires,
            serial,
        }
    }
}
