//! The memory of one configuration about the tokens that it creates.

use std::sync::{Arc, Mutex};

use tokio::sync::OwnedMutexGuard;

use self::attempt::Attempt;
use self::generated_names::{GeneratedName, GeneratedNames};
use self::known::{AccountTokens, KnownTokens};
use super::account_name::{self, folded};
use super::locks::Locks;
use crate::api::{Error, Token};
use crate::lock::lock;

pub(super) mod attempt;
mod generated_names;
pub(super) mod known;

/// Shared by all calls of one configuration.
#[derive(Default)]
pub(crate) struct TokenMemory {
    /// The locks of configured names, by the folded account and the folded name. A creation holds the lock of
    /// its name.
    locks: Locks<(String, String)>,
    known: KnownTokens,
    generated: GeneratedNames,
    lost: Mutex<Vec<Lost>>,
}

/// An attempt whose outcome is unknown: its token may still appear.
#[derive(Debug, Clone)]
pub(super) struct Lost {
    pub(super) username: String,
    pub(super) attempt: Arc<Attempt>,
    /// Whether the creation of the attempt has not ended, so that it looks for the token itself.
    is_owned: bool,
}

impl Lost {
    pub(super) fn has_username(&self, username: &str) -> bool {
        account_name::same(&self.username, username)
    }

    /// Logs that a token has not appeared and may still do so.
    pub(super) fn log_absent(&self) {
        tracing::warn!(
            username = self.username,
            name = self.attempt.name(),
            requested_at = %self.attempt.requested_at,
            "no token of a request without a usable response has been listed so far. If one appears later, revoke it \
             in MotherDuck's settings"
        );
    }

    /// Logs that a token may be live and is in no state.
    fn log(&self) {
        tracing::error!(
            username = self.username,
            name = self.attempt.name(),
            id = self.attempt.id(),
            requested_at = %self.attempt.requested_at,
            "a live token may exist that is in no state: the request to create it had no usable response. \
             Look for the name in MotherDuck's settings, and revoke the token there"
        );
    }
}

/// The attempts of one creation whose outcome is unknown. Attempts that are not settled when this is dropped
/// stay in the memory.
pub(super) struct LostAttempts<'a> {
    memory: &'a TokenMemory,
    username: &'a str,
    attempts: Mutex<Vec<Arc<Attempt>>>,
}

impl LostAttempts<'_> {
    /// Adds an attempt.
    pub(super) fn push(&self, attempt: Attempt) {
        let attempt = Arc::new(attempt);
        lock(&self.attempts).push(Arc::clone(&attempt));
        lock(&self.memory.lost).push(Lost {
            username: self.username.to_owned(),
            attempt,
            is_owned: true,
        });
    }

    /// Returns the attempts whose outcome is still unknown.
    pub(super) fn open(&self) -> Vec<Arc<Attempt>> {
        lock(&self.attempts).clone()
    }

    pub(super) fn is_empty(&self) -> bool {
        lock(&self.attempts).is_empty()
    }

    /// Removes an attempt whose token was revoked.
    pub(super) fn settle(&self, attempt: &Arc<Attempt>) {
        lock(&self.attempts).retain(|other| !Arc::ptr_eq(attempt, other));
        self.memory.settle(attempt);
    }
}

impl Drop for LostAttempts<'_> {
    fn drop(&mut self) {
        let attempts = self.open();
        for lost in &mut *lock(&self.memory.lost) {
            if attempts.iter().any(|attempt| Arc::ptr_eq(attempt, &lost.attempt)) {
                lost.is_owned = false;
            }
        }
    }
}

impl TokenMemory {
    /// Generates a name with which no token of another attempt can be listed, however an API compares names.
    /// `generate` returns a random name.
    pub(super) fn generate(&self, generate: impl Fn() -> String) -> GeneratedName<'_> {
        // A token that appears with the name of a lost attempt is revoked.
        let is_lost = |key: &str| {
            let lost = lock(&self.lost);
            let mut generated = lost.iter().filter(|lost| lost.attempt.is_generated);
            generated.any(|lost| generated_names::compared(lost.attempt.name()) == key)
        };
        self.generated.generate(generate, is_lost)
    }

    /// Waits until no other creation of this process uses the name, and reserves it while the guard exists.
    /// Names are compared ignoring letter case, as an API may do.
    pub(super) async fn lock_name(&self, username: &str, name: &str) -> OwnedMutexGuard<()> {
        self.locks.lock((folded(username), folded(name))).await
    }

    /// Lists the tokens of the account, unless this process has already done so. The result must be held
    /// until the creation ends.
    pub(super) async fn list_before(
        &self,
        username: &str,
        list: impl AsyncFnOnce() -> Result<Vec<Token>, Error>,
    ) -> Result<Arc<AccountTokens>, Error> {
        if self.known.is_sweep_due() {
            self.forget_known(|_, known| known.is_obsolete());
        }
        self.known.list(username, list).await
    }

    /// Removes the known tokens of these accounts, unless an attempt needs them that is in flight or whose
    /// outcome is unknown.
    fn forget_known(&self, may_forget: impl Fn(&str, &AccountTokens) -> bool) {
        let lost = lock(&self.lost);
        let needed = |username: &str| {
            let mut lost = lost.iter().filter(|lost| !lost.attempt.is_generated);
            lost.any(|lost| folded(&lost.username) == username)
        };
        self.known
            .retain(|username, known| !may_forget(username, known) || needed(username));
    }

    /// Whether the token existed before the attempts of this process, or was created by it.
    pub(super) fn is_known(&self, username: &str, id: &str) -> bool {
        self.known.contains(username, id)
    }

    /// Records a token that this process created, so that it is never assigned to an attempt of unknown
    /// outcome.
    pub(super) fn note_created(&self, username: &str, id: &str) {
        self.known.insert(username, id);
    }

    /// Records that this process revoked the token, which is then among the recent writes.
    pub(super) fn note_revoked(&self, username: &str, id: &str) {
        self.known.remove(username, id);
    }

    /// Records that this process deleted the account.
    pub(crate) fn account_deleted(&self, username: &str) {
        let username = folded(username);
        self.forget_known(|other, _| other == username);
    }

    /// Returns the attempts of a new creation. With a configured name they are those of earlier creations
    /// with that name, whose lock must be held.
    pub(super) fn lost_attempts<'a>(&'a self, username: &'a str, name: Option<&str>) -> LostAttempts<'a> {
        let mut attempts = Vec::new();
        for lost in &mut *lock(&self.lost) {
            if !lost.attempt.is_generated
                && !lost.attempt.is_settled()
                && lost.has_username(username)
                && name == Some(lost.attempt.name())
            {
                lost.is_owned = true;
                attempts.push(Arc::clone(&lost.attempt));
            }
        }
        LostAttempts {
            memory: self,
            username,
            attempts: Mutex::new(attempts),
        }
    }

    pub(super) fn forget(&self, attempt: &Arc<Attempt>) {
        lock(&self.lost).retain(|lost| !Arc::ptr_eq(attempt, &lost.attempt));
    }

    /// Records that the token of an attempt was revoked.
    pub(super) fn settle(&self, attempt: &Arc<Attempt>) {
        if !attempt.settle() {
            self.forget(attempt);
        }
    }

    /// Returns the attempts for an account whose tokens another creation can look for too: its own, and those
    /// with a generated name whose creation has ended.
    pub(super) fn late_attempts(&self, username: &str, own: &LostAttempts<'_>) -> Vec<Arc<Attempt>> {
        let mut attempts = own.open();
        let lost = lock(&self.lost);
        let others = lost
            .iter()
            .filter(|lost| !lost.is_owned && lost.attempt.is_generated && lost.has_username(username));
        attempts.extend(others.map(|lost| Arc::clone(&lost.attempt)));
        attempts
    }

    /// Returns all attempts whose outcome is unknown.
    pub(super) fn all_lost(&self) -> Vec<Lost> {
        lock(&self.lost).clone()
    }
}

/// Logs the unsettled attempts when it is dropped.
pub(super) struct LogLost<'a>(pub(super) &'a TokenMemory);

impl Drop for LogLost<'_> {
    fn drop(&mut self) {
        let mut lost = std::mem::take(&mut *lock(&self.0.lost));
        lost.retain(|lost| !lost.attempt.is_settled());
        lost.iter().for_each(Lost::log);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use tokio::time::advance;

    use super::*;
    use crate::api::NewToken;
    use crate::motherduck::settle::REMEMBERED;
    use crate::motherduck::token_name::Prefix;

    impl TokenMemory {
        /// Returns the number of stored ids and names.
        pub(in crate::motherduck) fn size(&self) -> usize {
            self.known.len() + self.generated.len()
        }
    }

    #[test]
    fn generate_returns_unique_names() {
        let memory = TokenMemory::default();
        let prefix = Prefix::Configured("etl-".into());
        // Ten thousand names share the 65,536 suffixes of a few seconds.
        let names: HashSet<String> = (0..10_000)
            .map(|_| memory.generate(|| prefix.generate()).text().to_owned())
            .collect();
        assert_eq!(names.len(), 10_000);
    }

    #[test]
    fn generate_excludes_names_equal_after_normalization() {
        let memory = TokenMemory::default();
        let generated = Mutex::new(vec!["other", "caf\u{e9} ", "CAFE\u{301}", "Etl-1", "etl-1"]);
        let generate = || memory.generate(|| lock(&generated).pop().unwrap().to_owned());
        // The names of attempts that have ended count too.
        assert_eq!(
            [generate(), generate(), generate()].map(|name| name.text().to_lowercase()),
            ["etl-1", "cafe\u{301}", "other"]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn generate_allows_a_name_again_after_its_attempt_expires() {
        let memory = TokenMemory::default();
        let generated = Mutex::new(Vec::new());
        let generate = |names: &[&'static str]| {
            lock(&generated).extend_from_slice(names);
            memory.generate(|| lock(&generated).pop().unwrap().to_owned())
        };
        let first = generate(&["etl-1"]);
        let lost = generate(&["etl-2"]);
        {
            let sent = NewToken {
                name: lost.text().to_owned(),
                ..NewToken::default()
            };
            memory.lost_attempts("ada", None).push(Attempt::new(sent, true));
        }
        drop(lost);
        // An attempt can wait for any time before it is sent.
        advance(2 * REMEMBERED).await;
        assert_eq!(generate(&["etl-3", "ETL-2", "Etl-1"]).text(), "etl-3");
        drop(first);
        advance(REMEMBERED.checked_sub(Duration::from_secs(1)).unwrap()).await;
        assert_eq!(generate(&["etl-4", "etl-2", "etl-1"]).text(), "etl-4");
        advance(Duration::from_secs(1)).await;
        assert_eq!(generate(&["etl-5", "etl-1", "etl-2"]).text(), "etl-1");
    }

    #[tokio::test]
    async fn lock_name_is_exclusive_per_account_regardless_of_case() {
        let memory = TokenMemory::default();
        let first = memory.lock_name("Ada", "loader").await;
        let _other = memory.lock_name("ada", "reader").await;
        let mut second = Box::pin(memory.lock_name("ada", "LOADER"));
        assert!(futures_util::poll!(&mut second).is_pending());
        drop(first);
        second.await;
    }
}
