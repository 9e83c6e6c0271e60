//! The state as `GET /_emulator/state` returns it: everything except secrets, in a stable order. It borrows the
//! tokens of the organization, which may be too many to copy.

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use crate::clock::Clock;
use crate::state::{Account, Dive, EmbedSession, Organization, Token, TokenKind};
use crate::wire::{ActiveAccount, DucklingConfigState, User};

/// Accounts are sorted by username, tokens and sessions by age (expired ones included), Dives by id.
#[derive(Serialize)]
pub(crate) struct Snapshot<'a> {
    clock: ClockState,
    accounts: Vec<AccountState<'a>>,
    running_ducklings: Vec<ActiveAccount>,
    dives: Vec<DiveState<'a>>,
    embed_sessions: Vec<SessionState<'a>>,
}

#[derive(Serialize)]
struct ClockState {
    now: Timestamp,
    offset_seconds: i64,
}

#[derive(Serialize)]
struct AccountState<'a> {
    #[serde(flatten)]
    user: User,
    tokens: Vec<TokenState<'a>>,
    ducklings: DucklingConfigState,
}

#[derive(Serialize)]
struct TokenState<'a> {
    id: Uuid,
    name: &'a str,
    description: Option<&'a str>,
    token_type: TokenKind,
    created_ts: Timestamp,
    expire_at: Option<Timestamp>,
    expired: bool,
}

#[derive(Serialize)]
struct DiveState<'a> {
    id: Uuid,
    title: &'a str,
    version: u32,
}

#[derive(Serialize)]
struct SessionState<'a> {
    dive_id: Uuid,
    version: u32,
    username: &'a str,
    session_name: Option<&'a str>,
    expire_at: Timestamp,
}

impl<'a> Snapshot<'a> {
    pub(crate) fn new(organization: &'a Organization, clock: &Clock) -> Self {
        let now = clock.now();
        Self {
            clock: ClockState {
                now,
                offset_seconds: clock.offset_seconds(),
            },
            accounts: organization
                .accounts()
                .map(|account| AccountState::new(account, now))
                .collect(),
            running_ducklings: organization
                .accounts()
                .filter(|account| !account.running.is_empty())
                .map(ActiveAccount::new)
                .collect(),
            dives: organization.dives().map(DiveState::new).collect(),
            embed_sessions: organization
                .embed_sessions()
                .iter()
                .map(SessionState::new)
                .collect(),
        }
    }
}

impl<'a> AccountState<'a> {
    fn new(account: &'a Account, now: Timestamp) -> Self {
        Self {
            user: User::new(account),
            tokens: account
                .tokens
                .iter()
                .map(|token| TokenState::new(token, now))
                .collect(),
            ducklings: DucklingConfigState::new(account.ducklings),
        }
    }
}

impl<'a> TokenState<'a> {
    fn new(token: &'a Token, now: Timestamp) -> Self {
        Self {
            id: token.id,
            name: &token.name,
            description: token.description.as_deref(),
            token_type: token.kind,
            created_ts: token.created,
            expire_at: token.expires,
            expired: !token.is_live(now),
        }
    }
}

impl<'a> DiveState<'a> {
    fn new(dive: &'a Dive) -> Self {
        Self {
            id: dive.id,
            title: &dive.title,
            version: dive.version,
        }
    }
}

impl<'a> SessionState<'a> {
    fn new(session: &'a EmbedSession) -> Self {
        Self {
            dive_id: session.dive,
            version: session.version,
            username: &session.username,
            session_name: session.session_name.as_deref(),
            expire_at: session.expires,
        }
    }
}
