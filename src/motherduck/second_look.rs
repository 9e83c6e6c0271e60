//! The second look at an account that a first one did not find, or at its tokens. One look serves every
//! object of the account whose first look was at least a second before it.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::account_name;
use crate::api::{Client, Ducklings, Error, Reply, Token};

/// The least time between the two looks.
const APART: Duration = Duration::from_secs(1);

/// What a look at an account showed.
#[derive(Clone)]
pub(super) enum Shown {
    /// The account exists.
    Account,
    /// The account's Ducklings.
    Ducklings(Reply<Ducklings>),
    /// The account's tokens.
    Tokens(Reply<Vec<Token>>),
    /// There is no such account.
    NoAccount(Arc<Error>),
}

impl Shown {
    fn finds_account(&self) -> bool {
        !matches!(self, Shown::NoAccount(_))
    }
}

/// The second looks of one connection of a plugin.
#[derive(Default)]
pub(super) struct SecondLooks(Mutex<HashMap<String, Weak<Account>>>);

/// The objects of an account that wait for a second look.
#[derive(Default)]
struct Account {
    /// When the first look of each ended.
    waiting: Mutex<Vec<Instant>>,
    /// The looks so far, and when each was sent. The lock is held while a look is under way.
    looks: tokio::sync::Mutex<Vec<(Instant, Shown)>>,
}

impl SecondLooks {
    /// Returns what the second look shows to an object whose first look has just ended: a look of another
    /// object that shows enough, or one of its own.
    pub(super) async fn look<T, Look>(
        &self,
        client: &Client,
        username: &str,
        enough: impl Fn(&Shown) -> Option<T>,
        look: impl FnOnce() -> Look,
    ) -> Result<T, Arc<Error>>
    where
        Look: Future<Output = Result<(Shown, T), Arc<Error>>>,
    {
        let first = Instant::now();
        let account = self.account(username);
        account.wait_for_turn(client, first).await;
        let mut looks = account.looks.lock().await;
        let served = looks
            .iter()
            .filter(|(sent, _)| *sent >= first + APART)
            .find_map(|(_, shown)| enough(shown));
        if let Some(served) = served {
            return Ok(served);
        }
        let sent = Instant::now();
        let (shown, found) = look().await?;
        // A look that says otherwise is older, and so it counts no longer.
        looks.retain(|(_, other)| other.finds_account() == shown.finds_account());
        looks.push((sent, shown));
        Ok(found)
    }

    fn account(&self, username: &str) -> Arc<Account> {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.retain(|_, account| account.strong_count() > 0);
        let key = account_name::folded(username);
        accounts.get(&key).and_then(Weak::upgrade).unwrap_or_else(|| {
            let account = Arc::<Account>::default();
            accounts.insert(key, Arc::downgrade(&account));
            account
        })
    }
}

impl Account {
    /// Waits until the second look of this object, and of those that came to wait meanwhile, is due.
    async fn wait_for_turn(&self, client: &Client, first: Instant) {
        self.waiting().push(first);
        let _leaves = Leaves(self, first);
        loop {
            let last = self.waiting().iter().copied().max().unwrap_or(first);
            let due = last.min(first + APART) + APART;
            if Instant::now() >= due {
                return;
            }
            tokio::select! {
                biased;
                // The look that follows fails with the interruption.
                () = client.stopped() => return,
                () = sleep_until(due) => {}
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Instant>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes an object out of those that wait, however its wait ends.
struct Leaves<'a>(&'a Account, Instant);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        let mut waiting = self.0.waiting();
        if let Some(index) = waiting.iter().position(|first| *first == self.1) {
            waiting.swap_remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::api::fake::Script;

    fn tokens() -> Shown {
        Shown::Tokens(Reply {
            body: Vec::new(),
            date: None,
            url: String::new(),
        })
    }

    /// How many looks are taken for an account and two tokens whose first looks end at these times.
    async fn looks(firsts: [u64; 3]) -> usize {
        let (seconds, client, looks) = (SecondLooks::default(), Script::new().client(), Cell::new(0));
        let (seconds, client, looks) = (&seconds, &client, &looks);
        let look = |is_token: bool, at: u64| async move {
            tokio::time::sleep(Duration::from_millis(at)).await;
            let enough = |shown: &Shown| (matches!(shown, Shown::Tokens(_)) == is_token).then_some(());
            let own = async || {
                looks.set(looks.get() + 1);
                Ok((if is_token { tokens() } else { Shown::Account }, ()))
            };
            seconds.look(client, "ada", enough, own).await.unwrap();
        };
        let [account, a, b] = firsts;
        tokio::join!(look(true, a), look(false, account), look(true, b));
        looks.get()
    }

    #[tokio::test(start_paused = true)]
    async fn each_kind_of_look_is_taken_once_for_objects_that_wait_together() {
        assert_eq!(looks([0, 0, 0]).await, 2);
        assert_eq!(looks([30, 0, 60]).await, 2);
        assert_eq!(looks([0, 0, 2000]).await, 3);
    }
}
