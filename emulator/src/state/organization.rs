//! The whole state, and finding things in it.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use uuid::Uuid;

use super::accounts::{Account, Role};
use super::change::Change;
use super::dives::{Dive, EmbedSession};
use super::tokens::{Token, TokenKind};
use crate::behaviour::Behaviour;
use crate::error::Refusal;
use crate::secret::Digest;

/// The human member with the Admin role who is there from the start and owns the admin token.
pub const ADMIN_USERNAME: &str = "emulator_admin";

/// The admin token is the same token from run to run, whatever its secret.
const ADMIN_TOKEN_ID: Uuid = Uuid::from_u128(0x6d6f_7468_6572_4475_9abc_0000_0000_0001);

/// An organization. A clone is a snapshot that can be changed and put back, or thrown away.
#[derive(Clone, Debug)]
pub(crate) struct Organization {
    pub(super) behaviour: Behaviour,
    /// By folded username.
    pub(super) accounts: BTreeMap<String, Account>,
    pub(super) dives: BTreeMap<Uuid, Dive>,
    pub(super) sessions: Vec<EmbedSession>,
    /// Where the token of a secret is: the folded username and the serial.
    pub(super) secrets: HashMap<Digest, (String, u64)>,
    pub(super) last_serial: u64,
    /// What has changed since it was last asked for.
    pub(super) changes: Vec<Change>,
}

/// What identifies an account: names that differ only in letter case are one. Character by character, for what a sigma is in
/// lower case depends on its place in the word: both its forms are one letter.
pub(super) fn fold(username: &str) -> String {
    username
        .chars()
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'ς' { 'σ' } else { c })
        .collect()
}

impl Organization {
    /// Nothing and nobody.
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

    /// One human admin, who owns a token of the given secret that never expires.
    pub(crate) fn new(behaviour: Behaviour, admin_token: &str, now: Timestamp) -> Self {
        let mut organization = Self::empty(behaviour);
        let serial = organization.next_serial();
        let ducklings = behaviour.ducklings_at_start();
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
            digest: Digest::of(admin_token),
            serial: organization.next_serial(),
        };
        organization.change(Change::PutToken(fold(ADMIN_USERNAME), token));
        organization
    }

    /// Gives the admin token the secret of this run, which need not be that of the run before. A token that was revoked stays
    /// so, and a secret that is another token's stays with that one.
    pub(crate) fn renew_admin_token(&mut self, secret: &str) {
        let digest = Digest::of(secret);
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

    /// The number of what is created next, so that the order of creation is known.
    pub(crate) fn next_serial(&self) -> u64 {
        self.last_serial + 1
    }

    pub(crate) fn find(&self, username: &str) -> Option<&Account> {
        self.accounts.get(&fold(username))
    }

    pub(super) fn account(&self, username: &str) -> Result<&Account, Refusal> {
        self.find(username).ok_or(Refusal::NotFound("User not found"))
    }

    /// The token of a secret, expired ones included, and its owner.
    pub(super) fn token_of(&self, digest: Digest) -> Option<(&Account, &Token)> {
        let (owner, serial) = self.secrets.get(&digest)?;
        let account = self.accounts.get(owner)?;
        let position = account
            .tokens
            .binary_search_by_key(serial, |token| token.serial)
            .ok()?;
        Some((account, &account.tokens[position]))
    }

    /// Every account, by folded username.
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &Account> {
        self.accounts.values()
    }

    /// Changes an account otherwise than the API could.
    #[cfg(test)]
    pub(crate) fn edit(&mut self, username: &str, edit: impl FnOnce(&mut Account)) {
        let mut account = self.find(username).unwrap().without_tokens();
        edit(&mut account);
        self.change(Change::PutAccount(account));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letter_case_makes_no_difference() {
        for (one, other) in [
            ("Svc", "sVC"),
            ("ÉTÉ", "été"),
            ("ΝΟΜΟΣ", "νομος"),
            ("ΝΟΜΟΣ", "νομοσ"),
            ("ΝΟΜΟΣ_1", "νομος_1"),
        ] {
            assert_eq!(fold(one), fold(other), "{one} and {other}");
        }
        assert_ne!(fold("svc"), fold("svc_"));
    }
}
