//! The whole state, and finding things in it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::SecretString;
use uuid::Uuid;

use super::accounts::{Account, Role};
use super::dives::{Dive, EmbedSession};
use super::tokens::{Token, TokenKind};
use crate::behaviour::Behaviour;
use crate::error::Refusal;

/// The human member with the Admin role who is there from the start and owns the admin token.
pub const ADMIN_USERNAME: &str = "emulator_admin";

/// An organization. A clone is a snapshot that can be changed and put back, or thrown away.
#[derive(Clone, Debug)]
pub(crate) struct Organization {
    pub(super) behaviour: Behaviour,
    /// By folded username.
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) dives: BTreeMap<Uuid, Dive>,
    pub(super) sessions: Vec<EmbedSession>,
    last_serial: u64,
}

/// What identifies an account: names that differ only in letter case are one.
pub(super) fn fold(username: &str) -> String {
    username.to_lowercase()
}

impl Organization {
    /// One human admin, who owns a token with the given secret that never expires.
    pub(crate) fn new(behaviour: Behaviour, admin_token: SecretString, now: Timestamp) -> Self {
        let mut organization = Self {
            behaviour,
            accounts: BTreeMap::new(),
            dives: BTreeMap::new(),
            sessions: Vec::new(),
            last_serial: 0,
        };
        let serial = organization.next_serial();
        let mut admin = Account::new(ADMIN_USERNAME.to_owned(), false, serial);
        admin.first_name = Some("Emulator".to_owned());
        admin.last_name = Some("Admin".to_owned());
        admin.roles.push(Role::Admin);
        admin.tokens.push(Token {
            id: Uuid::new_v4(),
            name: "emulator admin".to_owned(),
            description: None,
            kind: TokenKind::ReadWrite,
            created: now,
            expires: None,
            secret: admin_token,
        });
        organization.insert(admin);
        organization
    }

    pub(crate) fn behaviour(&self) -> Behaviour {
        self.behaviour
    }

    /// Counts up, so that the order of creation is known.
    pub(crate) fn next_serial(&mut self) -> u64 {
        self.last_serial += 1;
        self.last_serial
    }

    /// Adds an account, or replaces the one of its name.
    pub(crate) fn insert(&mut self, account: Account) {
        self.accounts.insert(fold(&account.username), account);
    }

    pub(crate) fn find(&self, username: &str) -> Option<&Account> {
        self.accounts.get(&fold(username))
    }

    pub(crate) fn find_mut(&mut self, username: &str) -> Option<&mut Account> {
        self.accounts.get_mut(&fold(username))
    }

    pub(super) fn account(&self, username: &str) -> Result<&Account, Refusal> {
        self.find(username).ok_or(Refusal::NotFound("User not found"))
    }

    pub(super) fn account_mut(&mut self, username: &str) -> Result<&mut Account, Refusal> {
        self.find_mut(username).ok_or(Refusal::NotFound("User not found"))
    }

    /// Every account, by folded username.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }
}
