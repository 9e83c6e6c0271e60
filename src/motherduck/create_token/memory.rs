//! The memory of one configuration about the tokens that it creates.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::OnceCell;
use tokio::time::{Instant, sleep_until};

use super::Prefix;
use super::attempt::{Attempt, ListingTime, find};
use super::no_account::NoAccount;
use super::revoke::revoke_lost;
use crate::api::{Client, Error};
use crate::motherduck::Connection;
use crate::motherduck::account_name::{self, folded};
use crate::motherduck::expiring_set::ExpiringSet;
use crate::motherduck::settle::{INVISIBLE, LATE_COMMIT, REMEMBERED, until_decided};

/// The interval at which obsolete listings are removed.
const SWEEP: Duration = Duration::from_secs(15);

/// Shared by all calls of one configuration.
#[derive(Default)]
pub(crate) struct TokenMemory {
    /// A lock for each account and configured name with which a token is being created.
    locks: Mutex<HashMap<AccountAndName, Weak<tokio::sync::Mutex<()>>>>,
    /// The known tokens of an account, by its folded name.
    known: Mutex<HashMap<String, Arc<Known>>>,
    /// When obsolete entries of `known` were last removed.
    swept: Mutex<Option<Instant>>,
    drawn: Mutex<DrawnNames>,
    lost: Mutex<Vec<Lost>>,
}

/// The folded username, and the folded name of a token.
type AccountAndName = (String, String);

/// The tokens of one account that certainly do not belong to an attempt of unknown outcome. A creation with a
/// configured name holds a reference to it until it ends.
pub(super) struct Known {
    /// The ids in a listing before all attempts that are not settled, and those of tokens that this process
    /// created since. All creations that need the listing share it.
    ids: OnceCell<Mutex<HashSet<String>>>,
    /// When a creation last began or created a token.
    used: Mutex<Instant>,
}

impl Known {
    fn new() -> Self {
        Known {
            ids: OnceCell::new(),
            used: Mutex::new(Instant::now()),
        }
    }

    fn used(&self) {
        *lock(&self.used) = Instant::now();
    }
}

/// The generated names, in the form in which they are compared with listed ones.
struct DrawnNames {
    /// The names of attempts that have not ended.
    in_use: HashSet<String>,
    /// The names of other attempts, whose tokens may still be listed.
    used: ExpiringSet<String>,
}

impl Default for DrawnNames {
    fn default() -> Self {
        DrawnNames {
            in_use: HashSet::new(),
            used: ExpiringSet::new(REMEMBERED),
        }
    }
}

/// Returns a name in the form in which an API may compare it.
fn compared(name: &str) -> String {
    folded(name.trim())
}

/// A name that was generated for an attempt. It is not generated again while this exists, and for two minutes
/// afterwards.
pub(super) struct DrawnName<'a> {
    memory: &'a TokenMemory,
    name: String,
}

impl DrawnName<'_> {
    /// Returns the name.
    pub(super) fn text(&self) -> &str {
        &self.name
    }
}

impl Drop for DrawnName<'_> {
    fn drop(&mut self) {
        let name = compared(&self.name);
        let mut drawn = lock(&self.memory.drawn);
        drawn.in_use.remove(&name);
        drawn.used.insert(name);
    }
}

/// An attempt whose outcome is unknown: its token may still appear.
#[derive(Debug, Clone)]
struct Lost {
    username: String,
    attempt: Arc<Attempt>,
    /// Whether the creation of the attempt has not ended, so that it looks for the token itself.
    is_owned: bool,
}

impl Lost {
    fn is_of(&self, username: &str) -> bool {
        account_name::same(&self.username, username)
    }

    /// Logs that a token has not appeared and may still do so.
    fn log_absent(&self) {
        tracing::warn!(
            username = self.username,
            name = self.attempt.name(),
            requested_at = %self.attempt.started_at,
            "no token of a request without a usable response is listed until now. If one appears later, revoke it in \
             MotherDuck's settings"
        );
    }

    /// Logs that a token may be live and is in no state.
    fn log(&self) {
        tracing::error!(
            username = self.username,
            name = self.attempt.name(),
            id = self.attempt.id(),
            requested_at = %self.attempt.started_at,
            "a token may be live that is in no state: the request to create it had no usable response. Look for the \
             name in MotherDuck's settings, and revoke the token there"
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
    pub(super) fn draw(&self, prefix: &Prefix) -> DrawnName<'_> {
        self.draw_with(|| prefix.draw())
    }

    fn draw_with(&self, draw: impl Fn() -> String) -> DrawnName<'_> {
        let mut drawn = lock(&self.drawn);
        loop {
            let name = draw();
            let key = compared(&name);
            // A token that appears with the name of a lost attempt is revoked.
            let is_lost = |lost: &Lost| lost.attempt.is_drawn && compared(lost.attempt.name()) == key;
            if drawn.used.contains(&key) || lock(&self.lost).iter().any(is_lost) {
                continue;
            }
            if drawn.in_use.insert(key) {
                return DrawnName { memory: self, name };
            }
        }
    }

    /// Waits until no other creation of this process uses the name, and reserves it while the guard exists.
    /// Names are compared ignoring letter case, as an API may do.
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

    /// Lists the tokens of the account, unless this process has already done so. The result must be held
    /// until the creation ends.
    pub(super) async fn list_before(
        &self,
        connection: &Connection,
        client: &Client,
        username: &str,
    ) -> Result<Arc<Known>, Error> {
        self.sweep();
        let known = {
            let mut all = lock(&self.known);
            let known = all
                .entry(folded(username))
                .or_insert_with(|| Arc::new(Known::new()));
            Arc::clone(known)
        };
        known.used();
        known
            .ids
            .get_or_try_init(async || {
                let list = || client.tokens(username);
                let listing = connection.once_visible(client, username, list).await?;
                let ids = listing.body.into_iter().map(|token| id_key(&token.id));
                Ok::<_, Error>(Mutex::new(ids.collect()))
            })
            .await?;
        Ok(known)
    }

    /// Removes the known tokens of accounts that no longer need them.
    fn sweep(&self) {
        let mut swept = lock(&self.swept);
        if swept.is_some_and(|at| at.elapsed() < SWEEP) {
            return;
        }
        *swept = Some(Instant::now());
        // This long after the last creation, a new listing shows its token.
        self.forget_known(|_, known| lock(&known.used).elapsed() >= REMEMBERED);
    }

    /// Removes the known tokens of these accounts, unless an attempt needs them that is in flight or whose
    /// outcome is unknown.
    fn forget_known(&self, may_forget: impl Fn(&str, &Known) -> bool) {
        let mut known = lock(&self.known);
        let lost: HashSet<String> = lock(&self.lost)
            .iter()
            .filter(|lost| !lost.attempt.is_drawn)
            .map(|lost| folded(&lost.username))
            .collect();
        known.retain(|username, known| {
            Arc::strong_count(known) > 1 || lost.contains(username) || !may_forget(username, known)
        });
    }

    /// Calls `with` with the known tokens of an account, if they were listed.
    fn with_known<T>(
        &self,
        username: &str,
        with: impl FnOnce(&Known, &mut HashSet<String>) -> T,
    ) -> Option<T> {
        let known = lock(&self.known).get(&folded(username)).cloned()?;
        let ids = known.ids.get()?;
        Some(with(&known, &mut lock(ids)))
    }

    /// Whether the token existed before the attempts of this process, or was created by it.
    pub(super) fn was_there_before(&self, username: &str, id: &str) -> bool {
        self.with_known(username, |_, ids| ids.contains(&id_key(id)))
            .unwrap_or(false)
    }

    /// Records a token that this process created, so that it is never assigned to an attempt of unknown
    /// outcome.
    pub(super) fn note_created(&self, username: &str, id: &str) {
        self.with_known(username, |known, ids| {
            known.used();
            ids.insert(id_key(id));
        });
    }

    /// Records that this process revoked the token, which is then among the recent writes.
    pub(super) fn note_revoked(&self, username: &str, id: &str) {
        self.with_known(username, |_, ids| ids.remove(&id_key(id)));
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
            if !lost.attempt.is_drawn
                && !lost.attempt.is_settled()
                && lost.is_of(username)
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

    fn forget(&self, attempt: &Arc<Attempt>) {
        lock(&self.lost).retain(|lost| !Arc::ptr_eq(attempt, &lost.attempt));
    }

    /// Records that the token of an attempt was revoked.
    fn settle(&self, attempt: &Arc<Attempt>) {
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
            .filter(|lost| !lost.is_owned && lost.attempt.is_drawn && lost.is_of(username));
        attempts.extend(others.map(|lost| Arc::clone(&lost.attempt)));
        attempts
    }

    /// Lists the tokens of an account once, and revokes those of attempts of unknown outcome. An error means
    /// that some may remain.
    pub(super) async fn revoke_late(
        &self,
        connection: &Connection,
        client: &Client,
        username: &str,
        attempts: &[Arc<Attempt>],
    ) -> Result<(), Error> {
        let requested = Instant::now();
        let listing = client.tokens(username).await?;
        let time = ListingTime::new(listing.date, requested);
        let is_known = |id: &str| self.is_known(connection, username, id);
        let found = find(attempts, listing.body, &time, is_known);
        let mut failed = None;
        for (attempt, token) in found.ours {
            attempt.identify(&token.id);
            match revoke_lost(connection, client, username, &token.id).await {
                Ok(_) => {
                    tracing::info!(
                        id = token.id,
                        "revoked a token whose creation had no usable response"
                    );
                    self.settle(&attempt);
                }
                Err(error) => {
                    tracing::warn!(id = token.id, %error, "a token that is in no state could not be revoked");
                    failed = Some(error);
                }
            }
        }
        for token in found.unclear {
            tracing::error!(
                username,
                id = token.id,
                name = token.name,
                "a token may be of a request without a usable response or of another one, and is left alone"
            );
        }
        failed.map_or(Ok(()), Err)
    }

    /// Whether a token certainly does not belong to an attempt of unknown outcome with a configured name.
    pub(super) fn is_known(&self, connection: &Connection, username: &str, id: &str) -> bool {
        self.was_there_before(username, id) || connection.recent().is_token_deleted(username, id)
    }

    /// Revokes the tokens of attempts of unknown outcome before the process ends. An attempt that has just
    /// ended may still be carried out, or not be visible yet; then this waits for a few seconds. Tokens that
    /// may remain are logged.
    pub(crate) async fn finish(&self, connection: &Connection) {
        if lock(&self.lost).is_empty() {
            return;
        }
        // The future may be dropped at the end of the process before it is complete.
        let _logs = LogsLost(self);
        match connection.client().await {
            Ok(client) => self.finish_with(connection, &client).await,
            Err(_) => {
                tracing::error!("tokens without a response cannot be looked for: there is no connection");
            }
        }
    }

    async fn finish_with(&self, connection: &Connection, client: &Client) {
        let mut accounts: BTreeMap<String, Vec<Lost>> = BTreeMap::new();
        for lost in &*lock(&self.lost) {
            let account = accounts.entry(folded(&lost.username)).or_default();
            account.push(lost.clone());
        }
        let attempts = accounts.values().flatten();
        if let Some(last) = attempts.map(|lost| lost.attempt.ended).max() {
            sleep_until(last + LATE_COMMIT).await;
        }
        let finish = |lost| self.finish_account(connection, client, lost);
        join_all(accounts.into_values().map(finish)).await;
    }

    /// Does the same for the attempts for one account.
    async fn finish_account(&self, connection: &Connection, client: &Client, lost: Vec<Lost>) {
        let Some(username) = lost.first().map(|lost| &lost.username) else {
            return;
        };
        let attempts: Vec<Arc<Attempt>> = lost.iter().map(|lost| Arc::clone(&lost.attempt)).collect();
        let forget = || attempts.iter().for_each(|attempt| self.forget(attempt));
        let note_absent = || {
            let absent = lock(&self.lost).clone();
            let expected = |lost: &&Lost| {
                let is_expected = Instant::now() < lost.attempt.expected_until;
                lost.is_of(username) && is_expected && !lost.attempt.is_settled()
            };
            absent.iter().filter(expected).for_each(Lost::log_absent);
            forget();
        };
        if connection.recent().is_account_deleted(username) {
            return forget();
        }
        let no_account = Mutex::new(NoAccount::default());
        let look = || async {
            let is_new = connection.recent().is_account_new(username);
            match self.revoke_late(connection, client, username, &attempts).await {
                Ok(()) => {
                    note_absent();
                    ControlFlow::Break(())
                }
                // Without the account there is no token of it.
                Err(error) if lock(&no_account).is_certain(&error, is_new) => {
                    forget();
                    ControlFlow::Break(())
                }
                Err(error) => ControlFlow::Continue(error),
            }
        };
        if let Err(error) = until_decided(client, INVISIBLE, look).await {
            let error = error.map(tracing::field::display);
            tracing::error!(
                username,
                error,
                "tokens without a response could not be looked for"
            );
        }
    }
}

/// Logs the attempts that are not settled when this is dropped.
struct LogsLost<'a>(&'a TokenMemory);

impl Drop for LogsLost<'_> {
    fn drop(&mut self) {
        let mut lost = std::mem::take(&mut *lock(&self.0.lost));
        lost.retain(|lost| !lost.attempt.is_settled());
        lost.iter().for_each(Lost::log);
    }
}

/// Returns an id in the form in which it is compared.
fn id_key(id: &str) -> String {
    id.to_ascii_lowercase()
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
impl TokenMemory {
    /// Ends a process whose requests `client` sends.
    pub(super) async fn finish_as(&self, connection: &Connection, client: &Client) {
        let _logs = LogsLost(self);
        self.finish_with(connection, client).await;
    }

    /// Returns the number of stored ids and names.
    pub(super) fn size(&self) -> usize {
        let ids = |known: &Arc<Known>| known.ids.get().map_or(0, |ids| lock(ids).len());
        let drawn = lock(&self.drawn);
        lock(&self.known).values().map(ids).sum::<usize>() + drawn.in_use.len() + drawn.used.len()
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;
    use crate::api::NewToken;

    #[test]
    fn no_name_is_drawn_twice() {
        let memory = TokenMemory::default();
        let prefix = Prefix::Configured("etl-".into());
        // Ten thousand names share the 65,536 suffixes of a few seconds.
        let names: HashSet<String> = (0..10_000)
            .map(|_| memory.draw(&prefix).text().to_owned())
            .collect();
        assert_eq!(names.len(), 10_000);
    }

    #[test]
    fn names_that_an_api_may_take_for_one_are_not_drawn_twice() {
        let memory = TokenMemory::default();
        let drawn = Mutex::new(vec!["other", "caf\u{e9} ", "CAFE\u{301}", "Etl-1", "etl-1"]);
        let draw = || memory.draw_with(|| lock(&drawn).pop().unwrap().to_owned());
        // The names of attempts that have ended count too.
        assert_eq!(
            [draw(), draw(), draw()].map(|name| name.text().to_lowercase()),
            ["etl-1", "cafe\u{301}", "other"]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_name_may_be_drawn_again_when_its_token_cannot_be_listed_any_more() {
        let memory = TokenMemory::default();
        let drawn = Mutex::new(Vec::new());
        let draw = |names: &[&'static str]| {
            lock(&drawn).extend_from_slice(names);
            memory.draw_with(|| lock(&drawn).pop().unwrap().to_owned())
        };
        let first = draw(&["etl-1"]);
        let lost = draw(&["etl-2"]);
        {
            let sent = NewToken {
                name: lost.text().to_owned(),
                ..NewToken::default()
            };
            memory.lost_attempts("ada", None).push(Attempt::now(sent, true));
        }
        drop(lost);
        // An attempt may wait for its turn for any time.
        advance(2 * REMEMBERED).await;
        assert_eq!(draw(&["etl-3", "ETL-2", "Etl-1"]).text(), "etl-3");
        drop(first);
        advance(REMEMBERED.checked_sub(Duration::from_secs(1)).unwrap()).await;
        assert_eq!(draw(&["etl-4", "etl-2", "etl-1"]).text(), "etl-4");
        advance(Duration::from_secs(1)).await;
        assert_eq!(draw(&["etl-5", "etl-1", "etl-2"]).text(), "etl-1");
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
