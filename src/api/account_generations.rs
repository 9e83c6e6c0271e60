//! The generation of each account, which writes change to end the use of the responses of shared reads.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

use super::accounts::Accounts;
use crate::lock::lock;

/// How long reads of an account share no response after a write to it whose response was lost. It is longer than
/// any delay with which the API may carry out the write.
pub(super) const UNSHARED_AFTER_LOST_WRITE: Duration = Duration::from_secs(60);

/// The generations of the accounts of one client. The generation of an account changes when a write to it begins
/// or ends. A read may use a response only in the generation in which its request began.
#[derive(Default)]
pub(super) struct AccountGenerations(Mutex<State>);

#[derive(Default)]
struct State {
    accounts: Accounts<Account>,
    /// The latest of all generations.
    latest: u64,
    /// The generation of accounts that `accounts` does not contain: the latest one of the removed accounts.
    dropped: u64,
}

#[derive(Default)]
struct Account {
    generation: u64,
    /// The number of writes in flight.
    in_flight: usize,
    /// Until when a write whose response was lost may be carried out.
    unsettled_until: Option<Instant>,
}

impl Account {
    fn is_settled(&self, now: Instant) -> bool {
        self.in_flight == 0 && self.unsettled_until.is_none_or(|until| until <= now)
    }
}

impl AccountGenerations {
    /// Records that a write to an account begins. It ends when the result is dropped.
    pub(super) fn begin_write(&self, username: &str) -> WriteInFlight<'_> {
        self.advance(username, |account| account.in_flight += 1);
        WriteInFlight {
            generations: self,
            username: username.to_owned(),
            may_be_pending: true,
        }
    }

    /// Ends the use of all shared responses for an account, because a later response was not shared.
    pub(super) fn discard_responses(&self, username: &str) {
        self.advance(username, |_| {});
    }

    pub(super) fn generation(&self, username: &str) -> u64 {
        let mut state = lock(&self.0);
        let dropped = state.dropped;
        let account = state.accounts.get_mut(username);
        account.map_or(dropped, |account| account.generation)
    }

    /// Returns the generation of a request that begins now; `None` if a write may be carried out at the same
    /// time.
    pub(super) fn settled_generation(&self, username: &str, now: Instant) -> Option<u64> {
        let mut state = lock(&self.0);
        let dropped = state.dropped;
        match state.accounts.get_mut(username) {
            Some(account) => account.is_settled(now).then_some(account.generation),
            None => Some(dropped),
        }
    }

    fn advance(&self, username: &str, change: impl FnOnce(&mut Account)) {
        let now = Instant::now();
        let mut state = lock(&self.0);
        let State {
            accounts,
            latest,
            dropped,
        } = &mut *state;
        *latest += 1;
        let account = accounts.entry(username, |account| {
            let is_settled = account.is_settled(now);
            if is_settled {
                *dropped = account.generation.max(*dropped);
            }
            !is_settled
        });
        account.generation = *latest;
        change(account);
    }
}

/// A write to an account in flight.
pub(super) struct WriteInFlight<'a> {
    generations: &'a AccountGenerations,
    username: String,
    may_be_pending: bool,
}

impl WriteInFlight<'_> {
    /// Records that the write has ended and nothing of it will be carried out later.
    pub(super) fn settled(mut self) {
        self.may_be_pending = false;
    }
}

impl Drop for WriteInFlight<'_> {
    fn drop(&mut self) {
        let late = self
            .may_be_pending
            .then(|| Instant::now() + UNSHARED_AFTER_LOST_WRITE);
        self.generations.advance(&self.username, |account| {
            account.in_flight = account.in_flight.saturating_sub(1);
            account.unsettled_until = account.unsettled_until.max(late);
        });
    }
}
