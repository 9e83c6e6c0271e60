//! The organization and its lookups.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use uuid::Uuid;

use super::account::{Account, Role, fold};
use super::change::Change;
use super::dive::{Dive, EmbedSession};
use super::token::{Token, TokenKind};
use crate::behaviour::Behaviour;
use crate::error::ApiError;
use crate::secret::Digest;

pub(super) mod access;
mod accounts;
mod changes;
pub(super) mod dives;
mod ducklings;
pub(super) mod tokens;

/// The initial human member with the Admin role, who owns the admin token.
pub const ADMIN_USERNAME: &str = "emulator_admin";

/// The id of the admin token, which is the same in every run, whatever its secret.
const ADMIN_TOKEN_ID: Uuid = Uuid::from_u128(0x6d6f_7468_6572_4475_9abc_0000_0000_0001);

/// An organization. A clone is a snapshot.
#[derive(Clone, Debug)]
pub(crate) struct Organization {
    behaviour: Behaviour,
    /// The accounts by folded username.
    accounts: BTreeMap<String, Account>,
    dives: BTreeMap<Uuid, Dive>,
    sessions: Vec<EmbedSession>,
    /// The folded username and the serial of the token with a secret.
    secrets: HashMap<Digest, (String, u64)>,
    last_serial: u64,
    /// The changes since the last call of `take_changes`.
    changes: Vec<Change>,
}

impl Organization {
    /// Creates an organization without members.
    pub(crate) fn empty(behaviour: Behaviour) -> Self {
        Self {
            behaviour,
            accounts: BTreeMap::new(),
            dives: BTreeMap::new(),
            sessions: Vec::new(),
            secrets: HashMap::new(),
            last_serial: 0,
            changes: Vec::new(),
        }
    }

    /// Creates an organization with one human admin, who owns a token with this secret that never expires.
    pub(crate) fn new(behaviour: Behaviour, admin_token: &str, now: Timestamp) -> Self {
        let mut organization = Self::empty(behaviour);
        let serial = organization.next_serial();
        let ducklings = behaviour.new_account_ducklings();
        let mut admin = Account::new(ADMIN_USERNAME.to_owned(), false, ducklings, serial);
        admin.first_name = Some("Emulator".to_owned());
        admin.last_name = Some("Admin".to_owned());
        admin.roles.push(Role::Admin);
        organization.change(Change::PutAccount(admin));
        let token = Token {
            id: ADMIN_TOKEN_ID,
            name: "emulator admin".to_owned(),
            description: None,
            kind: TokenKind::ReadWrite,
            created: now,
            expires: None,
            digest: Digest::new(admin_token),
            serial: organization.next_serial(),
        };
        organization.change(Change::PutToken(fold(ADMIN_USERNAME), token));
        organization
    }

    /// Sets the secret of the admin token for this run, which may differ from that of the previous run. A
    /// revoked admin token stays revoked, and the secret of another token is not changed.
    pub(crate) fn renew_admin_token(&mut self, secret: &str) {
        let digest = Digest::new(secret);
        let token = self
            .find(ADMIN_USERNAME)
            .and_then(|admin| admin.tokens.iter().find(|token| token.id == ADMIN_TOKEN_ID));
        if let Some(token) = token
            && self.token_of(digest).is_none()
        {
            let token = Token {
                digest,
                ..token.clone()
            };
            self.change(Change::PutToken(fold(ADMIN_USERNAME), token));
        }
    }

    pub(crate) fn behaviour(&self) -> Behaviour {
        self.behaviour
    }

    /// Returns the serial of the next object. Serials follow the order of creation.
    pub(crate) fn next_serial(&self) -> u64 {
        self.last_serial + 1
    }

    pub(crate) fn find(&self, username: &str) -> Option<&Account> {
        self.accounts.get(&fold(username))
    }

    fn account(&self, username: &str) -> Result<&Account, ApiError> {
        self.find(username).ok_or(ApiError::NotFound("User not found"))
    }

    /// Returns the token with a secret, expired ones included, and its owner.
    fn token_of(&self, digest: Digest) -> Option<(&Account, &Token)> {
        let (owner, serial) = self.secrets.get(&digest)?;
        let account = self.accounts.get(owner)?;
        let position = account
            .tokens
            .binary_search_by_key(serial, |token| token.serial)
            .ok()?;
        Some((account, &account.tokens[position]))
    }

    /// Returns every account, sorted by folded username.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// Changes an account in ways for which the API has no call.
    #[cfg(test)]
    pub(crate) fn edit(&mut self, username: &str, edit: impl FnOnce(&mut Account)) {
        let mut account = self.find(username).unwrap().without_tokens();
        edit(&mut account);
        self.change(Change::PutAccount(account));
    }
}
