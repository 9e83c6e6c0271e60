//! The changes of an organization. All changes pass through here, so that memory and the state file cannot
//! differ.

use std::collections::btree_map::Entry;

use super::Organization;
use crate::state::account::Account;
use crate::state::change::Change;

impl Organization {
    /// Applies a change and records it for [`Organization::take_changes`].
    pub(crate) fn change(&mut self, change: Change) {
        self.apply(change.clone());
        self.changes.push(change);
    }

    /// Removes and returns the changes since the last call, in order.
    pub(crate) fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// Applies a change that was recorded earlier, possibly in another run.
    pub(crate) fn apply(&mut self, change: Change) {
        match change {
            Change::PutAccount(account) => self.put_account(account),
            Change::RemoveAccount(name) => {
                for token in self
                    .accounts
                    .remove(&name)
                    .into_iter()
                    .flat_map(|account| account.tokens)
                {
                    self.secrets.remove(&token.digest);
                }
            }
            Change::PutToken(owner, token) => {
                self.last_serial = self.last_serial.max(token.serial);
                if let Some(account) = self.accounts.get_mut(&owner) {
                    let (digest, serial) = (token.digest, token.serial);
                    match account.tokens.binary_search_by_key(&serial, |token| token.serial) {
                        Ok(position) => {
                            let before = std::mem::replace(&mut account.tokens[position], token);
                            self.secrets.remove(&before.digest);
                        }
                        Err(position) => account.tokens.insert(position, token),
                    }
                    // This is the last step, because the replaced token may have had the same secret.
                    self.secrets.insert(digest, (owner, serial));
                }
            }
            Change::RemoveToken(owner, serial) => {
                if let Some(account) = self.accounts.get_mut(&owner)
                    && let Ok(position) = account.tokens.binary_search_by_key(&serial, |token| token.serial)
                {
                    self.secrets.remove(&account.tokens.remove(position).digest);
                }
            }
            Change::PutDive(dive) => {
                self.dives.insert(dive.id, dive);
            }
            Change::AddSession(session) => {
                self.last_serial = self.last_serial.max(session.serial);
                self.sessions.push(session);
            }
            Change::RemoveSession(serial) => {
                if let Ok(position) = self
                    .sessions
                    .binary_search_by_key(&serial, |session| session.serial)
                {
                    self.sessions.remove(position);
                }
            }
        }
    }

    fn put_account(&mut self, account: Account) {
        self.last_serial = self.last_serial.max(account.serial);
        match self.accounts.entry(account.folded_username()) {
            Entry::Vacant(place) => {
                place.insert(Account {
                    tokens: Vec::new(),
                    ..account
                });
            }
            Entry::Occupied(mut place) => {
                let tokens = std::mem::take(&mut place.get_mut().tokens);
                place.insert(Account { tokens, ..account });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::behaviour::Behaviour;
    use crate::secret::Digest;
    use crate::state::{ADMIN_USERNAME, Token};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn replaced_token_is_valid_only_with_its_latest_secret() {
        let mut organization = Organization::new(Behaviour::default(), "first", NOW);
        let token = organization.find(ADMIN_USERNAME).unwrap().tokens[0].clone();
        organization.change(Change::PutToken(ADMIN_USERNAME.to_owned(), token.clone()));
        assert!(organization.authenticate(Some("first"), NOW).is_ok());

        let digest = Digest::new("second");
        organization.change(Change::PutToken(
            ADMIN_USERNAME.to_owned(),
            Token { digest, ..token },
        ));
        assert!(organization.authenticate(Some("second"), NOW).is_ok());
        assert!(organization.authenticate(Some("first"), NOW).is_err());
        assert_eq!(organization.find(ADMIN_USERNAME).unwrap().tokens.len(), 1);
    }
}
