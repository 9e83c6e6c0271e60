//! The tokens of each account that certainly belong to no attempt of unknown outcome.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::OnceCell;
use tokio::time::Instant;

use crate::api::{Error, Token};
use crate::lock::lock;
use crate::motherduck::account_name::folded;
use crate::motherduck::settle::REMEMBERED;

/// The interval at which obsolete listings are removed.
const SWEEP: Duration = Duration::from_secs(15);

/// The known tokens of each account.
#[derive(Default)]
pub(super) struct KnownTokens {
    /// The known tokens by folded username.
    accounts: Mutex<HashMap<String, Arc<AccountTokens>>>,
    /// The time at which obsolete listings were last removed.
    swept: Mutex<Option<Instant>>,
}

/// The known tokens of one account. A creation with a configured name holds a reference until it ends.
pub(crate) struct AccountTokens {
    /// The ids in a listing before all attempts that are not settled, and those of tokens that this process
    /// created since. All creations that need the listing share it.
    ids: OnceCell<Mutex<HashSet<String>>>,
    /// When a creation last began or created a token.
    used: Mutex<Instant>,
}

impl KnownTokens {
    /// Returns the known tokens of an account. If they are not known yet, `list` lists them.
    pub(super) async fn list(
        &self,
        username: &str,
        list: impl AsyncFnOnce() -> Result<Vec<Token>, Error>,
    ) -> Result<Arc<AccountTokens>, Error> {
        let known = {
            let mut accounts = lock(&self.accounts);
            let known = accounts.entry(folded(username)).or_insert_with(|| {
                Arc::new(AccountTokens {
                    ids: OnceCell::new(),
                    used: Mutex::new(Instant::now()),
                })
            });
            Arc::clone(known)
        };
        *lock(&known.used) = Instant::now();
        known
            .ids
            .get_or_try_init(async || {
                let ids = list().await?.into_iter().map(|token| id_key(&token.id));
                Ok::<_, Error>(Mutex::new(ids.collect()))
            })
            .await?;
        Ok(known)
    }

    /// Whether obsolete listings must be removed. Returns true at most once in each [`SWEEP`].
    pub(super) fn is_sweep_due(&self) -> bool {
        let mut swept = lock(&self.swept);
        let is_due = swept.is_none_or(|at| at.elapsed() >= SWEEP);
        if is_due {
            *swept = Some(Instant::now());
        }
        is_due
    }

    /// Removes the accounts for which `keep` is false, except those that a creation uses.
    pub(super) fn retain(&self, keep: impl Fn(&str, &AccountTokens) -> bool) {
        lock(&self.accounts).retain(|username, known| Arc::strong_count(known) > 1 || keep(username, known));
    }

    /// Whether the token was listed or created by this process.
    pub(super) fn contains(&self, username: &str, id: &str) -> bool {
        self.with(username, |_, ids| ids.contains(&id_key(id)))
            .unwrap_or(false)
    }

    /// Adds a token that this process created.
    pub(super) fn insert(&self, username: &str, id: &str) {
        self.with(username, |known, ids| {
            *lock(&known.used) = Instant::now();
            ids.insert(id_key(id));
        });
    }

    /// Removes a token that this process revoked.
    pub(super) fn remove(&self, username: &str, id: &str) {
        self.with(username, |_, ids| ids.remove(&id_key(id)));
    }

    /// Calls `with` with the known tokens of an account, if they were listed.
    fn with<T>(
        &self,
        username: &str,
        with: impl FnOnce(&AccountTokens, &mut HashSet<String>) -> T,
    ) -> Option<T> {
        let known = lock(&self.accounts).get(&folded(username)).cloned()?;
        let ids = known.ids.get()?;
        Some(with(&known, &mut lock(ids)))
    }

    /// Returns the number of stored ids.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let ids = |known: &Arc<AccountTokens>| known.ids.get().map_or(0, |ids| lock(ids).len());
        lock(&self.accounts).values().map(ids).sum()
    }
}

impl AccountTokens {
    /// Whether a new listing would include the result of the last creation.
    pub(super) fn is_obsolete(&self) -> bool {
        lock(&self.used).elapsed() >= REMEMBERED
    }
}

/// Returns an id in the form in which it is compared.
fn id_key(id: &str) -> String {
    id.to_ascii_lowercase()
}
