//! The state as `GET /_emulator/state` shows it: everything but secrets, in an order that is easy to read and compare.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::Clock;
use crate::state::{Account, Organization, Token};
use crate::validate::Choice as _;
use crate::wire::{ActiveAccount, DucklingConfigState};

/// Accounts by username, tokens and sessions by age (expired ones too), Dives by id.
pub(crate) fn snapshot(organization: &Organization, clock: &Clock) -> Value {
    let now = clock.now();
    let accounts: Vec<Value> = organization
        .accounts()
        .map(|account| account_value(account, now))
        .collect();
    let running: Vec<ActiveAccount> = organization
        .accounts()
        .filter(|account| !account.running.is_empty())
        .map(ActiveAccount::new)
        .collect();
    let dives: Vec<Value> = organization
        .dives()
        .map(|dive| json!({ "id": dive.id, "title": dive.title, "version": dive.version }))
        .collect();
    let sessions: Vec<Value> = organization
        .embed_sessions()
        .iter()
        .map(|session| {
            json!({
                "dive_id": session.dive,
                "version": session.version,
                "username": session.username,
                "session_name": session.session_name,
                "expire_at": session.expires.to_string(),
            })
        })
        .collect();
    json!({
        "clock": { "now": now.to_string(), "offset_seconds": clock.offset_seconds() },
        "accounts": accounts,
        "running_ducklings": running,
        "dives": dives,
        "embed_sessions": sessions,
    })
}

fn account_value(account: &Account, now: Timestamp) -> Value {
    let roles: Vec<&str> = account.roles.iter().map(|role| role.name()).collect();
    let tokens: Vec<Value> = account
        .tokens
        .iter()
        .map(|token| token_value(token, now))
        .collect();
    json!({
        "id": account.id,
        "username": account.username,
        "email": account.email,
        "first_name": account.first_name,
        "last_name": account.last_name,
        "is_service_account": account.is_service_account,
        "is_deprovisioned": account.is_deprovisioned,
        "roles": roles,
        "tokens": tokens,
        "ducklings": DucklingConfigState::new(account.ducklings),
    })
}

fn token_value(token: &Token, now: Timestamp) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "description": token.description,
        "token_type": token.kind.name(),
        "created_ts": token.created.to_string(),
        "expire_at": token.expires.as_ref().map(Timestamp::to_string),
        "expired": !token.is_live(now),
    })
}
