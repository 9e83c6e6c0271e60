//! The objects that this process created and deleted. Reads of the API may be behind these writes.

use std::sync::Mutex;
use std::time::Duration;

use super::account_name;
use super::expiring_set::ExpiringSet;
use super::settle::REMEMBERED;
use crate::lock::lock;

/// How long an object counts as new.
const NEW: Duration = Duration::from_secs(60);

/// The accounts and tokens that were created and deleted with one configuration of the provider. If both sets
/// are locked, `created` is locked first.
#[derive(Debug)]
pub(crate) struct RecentWrites {
    created: Mutex<ExpiringSet<Key>>,
    deleted: Mutex<ExpiringSet<Key>>,
}

impl Default for RecentWrites {
    fn default() -> Self {
        RecentWrites {
            created: Mutex::new(ExpiringSet::new(NEW)),
            deleted: Mutex::new(ExpiringSet::new(REMEMBERED)),
        }
    }
}

/// Identifies an account, or one of its tokens: the folded username, and the lower-case id of the token.
type Key = (String, Option<String>);

fn account(username: &str) -> Key {
    (account_name::folded(username), None)
}

fn token(username: &str, id: &str) -> Key {
    (account_name::folded(username), Some(id.to_ascii_lowercase()))
}

impl RecentWrites {
    /// Records that this process created the account.
    pub(crate) fn account_created(&self, username: &str) {
        self.created(account(username));
    }

    /// Records that this process created the token.
    pub(crate) fn token_created(&self, username: &str, id: &str) {
        self.created(token(username, id));
    }

    /// Records that this process deleted the account.
    pub(crate) fn account_deleted(&self, username: &str) {
        self.deleted(account(username));
    }

    /// Records that this process revoked the token.
    pub(crate) fn token_deleted(&self, username: &str, id: &str) {
        self.deleted(token(username, id));
    }

    /// Whether this process created the account less than 60 seconds ago.
    pub(crate) fn is_account_new(&self, username: &str) -> bool {
        lock(&self.created).contains(&account(username))
    }

    /// Whether this process created the token, or its account, less than 60 seconds ago.
    pub(crate) fn is_token_new(&self, username: &str, id: &str) -> bool {
        lock(&self.created).contains(&token(username, id)) || self.is_account_new(username)
    }

    /// Whether this process deleted the account recently.
    pub(crate) fn is_account_deleted(&self, username: &str) -> bool {
        lock(&self.deleted).contains(&account(username))
    }

    /// Whether this process revoked the token or deleted its account recently.
    pub(crate) fn is_token_deleted(&self, username: &str, id: &str) -> bool {
        lock(&self.deleted).contains(&token(username, id)) || self.is_account_deleted(username)
    }

    fn created(&self, key: Key) {
        let mut created = lock(&self.created);
        lock(&self.deleted).remove(&key);
        created.insert(key);
    }

    fn deleted(&self, key: Key) {
        let mut created = lock(&self.created);
        created.remove(&key);
        lock(&self.deleted).insert(key);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    impl RecentWrites {
        /// Returns the number of stored accounts and tokens.
        pub(in crate::motherduck) fn size(&self) -> usize {
            lock(&self.created).len() + lock(&self.deleted).len()
        }
    }

    #[tokio::test(start_paused = true)]
    async fn created_object_is_new_for_a_minute_or_until_deleted() {
        let recent = RecentWrites::default();
        assert!(!recent.is_account_new("ada"));
        recent.account_created("Ada");
        recent.token_created("bob", "AB-1");
        assert!(recent.is_account_new("ADA") && recent.is_token_new("ada", "any"));
        assert!(recent.is_token_new("Bob", "ab-1"));
        assert!(!recent.is_token_new("bob", "ab-2") && !recent.is_account_new("bob"));
        advance(Duration::from_secs(59)).await;
        assert!(recent.is_account_new("ada"));
        advance(Duration::from_secs(1)).await;
        assert!(!recent.is_account_new("ada") && !recent.is_token_new("bob", "ab-1"));

        recent.account_created("ada");
        recent.account_deleted("ADA");
        assert!(!recent.is_account_new("ada") && recent.is_account_deleted("ada"));
        assert!(recent.is_token_deleted("ada", "any"));
        recent.account_created("ada");
        assert!(!recent.is_account_deleted("ada"));
        recent.token_deleted("bob", "ab-1");
        assert!(recent.is_token_deleted("bob", "AB-1") && !recent.is_account_deleted("bob"));
    }

    #[tokio::test(start_paused = true)]
    async fn deletion_is_remembered_for_its_time_limit() {
        let recent = RecentWrites::default();
        recent.account_deleted("ada");
        recent.token_deleted("bob", "ab-1");
        advance(REMEMBERED.checked_sub(Duration::from_millis(1)).unwrap()).await;
        assert!(recent.is_account_deleted("ada") && recent.is_token_deleted("bob", "ab-1"));
        advance(Duration::from_millis(1)).await;
        assert!(!recent.is_account_deleted("ada") && !recent.is_token_deleted("bob", "ab-1"));
    }
}
