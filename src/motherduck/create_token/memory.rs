//! What one configuration knows about the tokens that it creates.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep_until};

use super::{Prefix, revoke};
use crate::api::{Client, Error};
use crate::motherduck::Connection;
use crate::motherduck::account_name::{self, folded};
use crate::motherduck::settle::{LATE_COMMIT, is_over};
use crate::motherduck::token_checks::has_drawn_name;

/// Shared by all calls of one configuration.
#[derive(Default)]
pub(crate) struct TokenMemory {
    /// A lock for each account and configured name under which a token is being created.
    locks: Mutex<HashMap<AccountAndName, Weak<tokio::sync::Mutex<()>>>>,
    /// The ids of the tokens of an account that existed before the attempts of this process, and of those that
    /// this process created.
    known: Mutex<HashMap<String, Arc<Known>>>,
    drawn: Mutex<HashSet<String>>,
    unresolved: Mutex<Vec<Unresolved>>,
}

/// The folded username, and the folded name of a token.
type AccountAndName = (String, String);

/// One listing for each account, shared by all creations that need it.
type Known = OnceCell<Mutex<HashSet<String>>>;

/// A name that was drawn for an attempt whose outcome is unknown: a token of that name may still appear.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unresolved {
    username: String,
    name: String,
    /// When the attempt ended, if it may still be carried out.
    ended: Option<Instant>,
}

impl TokenMemory {
    /// A name that this process has not drawn before.
    pub(super) fn draw(&self, prefix: &Prefix) -> String {
        let mut drawn = lock(&self.drawn);
        loop {
            let name = prefix.draw();
            if drawn.insert(name.clone()) {
                return name;
            }
        }
    }

    /// Waits until no other creation of this process uses the name, and keeps others waiting while the guard
    /// lives. The name counts without letter case, as an API may compare it.
    pub(super) async fn lock_name(&self, username: &str, name: &str) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut locks = lock(&self.locks);
            locks.retain(|_, turn| turn.strong_count() > 0);
            let key = (folded(username), folded(name));
            locks.get(&key).and_then(Weak::upgrade).unwrap_or_else(|| {
                let turn = Arc::new(tokio::sync::Mutex::new(()));
                locks.insert(key, Arc::downgrade(&turn));
                turn
            })
        };
        turn.lock_owned().await
    }

    /// Lists the tokens of the account, unless this process has done so before.
    pub(super) async fn list_before(
        &self,
        connection: &Connection,
        client: &Client,
        username: &str,
    ) -> Result<(), Error> {
        let known = Arc::clone(lock(&self.known).entry(folded(username)).or_default());
        known
            .get_or_try_init(async || {
                let list = || client.tokens(username);
                let listing = connection.once_visible(client, username, list).await?;
                let ids = listing.body.into_iter().map(|token| token.id);
                Ok(Mutex::new(ids.collect()))
            })
            .await?;
        Ok(())
    }

    /// Whether the token existed before the attempts of this process, or was created by it.
    pub(super) fn was_there_before(&self, username: &str, id: &str) -> bool {
        let known = lock(&self.known).get(&folded(username)).cloned();
        known
            .as_deref()
            .and_then(OnceCell::get)
            .is_some_and(|ids| lock(ids).contains(id))
    }

    /// Records a token that this process created. It is never taken for one of an attempt of unknown outcome.
    pub(super) fn note_created(&self, username: &str, id: &str) {
        let known = lock(&self.known).get(&folded(username)).cloned();
        if let Some(ids) = known.as_deref().and_then(OnceCell::get) {
            lock(ids).insert(id.to_owned());
        }
    }

    /// Records a drawn name whose attempt ended with this error and has an unknown outcome.
    pub(super) fn note_unresolved(&self, username: &str, name: &str, error: &Error) {
        lock(&self.unresolved).push(Unresolved {
            username: username.to_owned(),
            name: name.to_owned(),
            ended: (!is_over(error)).then(Instant::now),
        });
    }

    /// Drops a name whose token was revoked.
    pub(super) fn forget_unresolved(&self, name: &str) {
        lock(&self.unresolved).retain(|attempt| attempt.name != name);
    }

    /// Revokes the tokens of attempts of unknown outcome before the process ends. An attempt that has just ended
    /// may still be carried out, so this waits for a few seconds then.
    pub(crate) async fn finish(&self, connection: &Connection) {
        let Some(last) = lock(&self.unresolved).iter().map(|attempt| attempt.ended).max() else {
            return;
        };
        if let Some(last) = last {
            sleep_until(last + LATE_COMMIT).await;
        }
        if let Ok(client) = connection.client().await {
            self.revoke_unresolved(&client, None).await;
        }
    }

    /// Whether attempts for this account have an unknown outcome.
    pub(super) fn has_unresolved(&self, username: &str) -> bool {
        lock(&self.unresolved)
            .iter()
            .any(|attempt| account_name::same(&attempt.username, username))
    }

    /// Revokes the tokens of attempts of unknown outcome that have appeared since, of one account or of all. A
    /// failure is logged: no call waits for the result.
    pub(super) async fn revoke_unresolved(&self, client: &Client, username: Option<&str>) {
        let mut attempts = lock(&self.unresolved).clone();
        attempts.retain(|attempt| {
            username.is_none_or(|username| account_name::same(&attempt.username, username))
        });
        let accounts: HashSet<&str> = attempts.iter().map(|attempt| &*attempt.username).collect();
        for account in accounts {
            let listing = match client.tokens(account).await {
                Ok(listing) => listing.body,
                Err(error) => {
                    tracing::warn!(username = account, %error, "tokens without a response could not be looked for");
                    continue;
                }
            };
            for token in listing {
                let Some(attempt) = attempts
                    .iter()
                    .find(|attempt| attempt.username == account && has_drawn_name(&token, &attempt.name))
                else {
                    continue;
                };
                match revoke(client, account, &token.id).await {
                    Ok(_) => {
                        tracing::info!(id = token.id, "revoked a token whose creation had no response");
                        self.forget_unresolved(&attempt.name);
                    }
                    Err(error) => {
                        tracing::warn!(id = token.id, %error, "a token that is in no state is live");
                    }
                }
            }
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_drawn_twice() {
        let memory = TokenMemory::default();
        let prefix = Prefix::Configured("etl-".into());
        // Ten thousand names share the 65,536 suffixes of a few seconds.
        let names: HashSet<String> = (0..10_000).map(|_| memory.draw(&prefix)).collect();
        assert_eq!(names.len(), 10_000);
    }

    #[tokio::test]
    async fn one_name_of_one_account_is_created_by_one_at_a_time() {
        let memory = TokenMemory::default();
        let first = memory.lock_name("Ada", "loader").await;
        let _other = memory.lock_name("ada", "reader").await;
        let mut second = Box::pin(memory.lock_name("ada", "LOADER"));
        assert!(futures_util::poll!(&mut second).is_pending());
        drop(first);
        second.await;
    }
}
