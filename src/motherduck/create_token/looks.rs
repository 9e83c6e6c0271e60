//! Looks for tokens that attempts of unknown outcome have created.

use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::Creation;
use super::account_absence::AccountAbsence;
use super::late;
use super::revoke::revoke_lost;
use crate::api::{Error, Token};
use crate::lock::lock;
use crate::motherduck::settle::{LOST_RESPONSE, READ_DELAY, run_until_stopped, until_decided};
use crate::motherduck::token_memory::LostAttempts;
use crate::motherduck::token_memory::attempt::{ListingTime, match_tokens};

/// How long a successful creation looks for tokens of its earlier attempts before it returns.
const LATE_LOOK: Duration = Duration::from_secs(5);

/// The result of settling attempts of unknown outcome.
#[derive(Debug)]
pub(super) struct Settled {
    /// The ids of tokens of the attempts that were revoked.
    pub(super) revoked: Vec<String>,
    /// What is not settled.
    pub(super) remaining: Remaining,
}

/// What is known of the attempts that are not settled.
#[derive(Debug)]
pub(super) enum Remaining {
    /// All are settled.
    Nothing,
    /// No token of them is listed.
    Absent {
        /// Whether none is expected to appear any more.
        for_certain: bool,
    },
    /// The account does not exist, so it has no tokens.
    NoAccount,
    /// The tokens could not be listed.
    NotListed(Option<Error>),
    /// These tokens may belong to the attempts or to other requests.
    Unclear(Vec<Token>),
    /// A token of an attempt is live, because revoking it fails.
    Live(String, Option<Error>),
}

/// The intermediate results of one settlement.
#[derive(Default)]
struct Seen {
    revoked: Vec<String>,
    /// The token that is being revoked, in case the time ends meanwhile.
    revoking: Option<String>,
    account_absence: AccountAbsence,
}

impl Creation<'_> {
    /// Looks for the tokens of the attempts and revokes them, until everything is decided or a minute has
    /// passed. While `waits` returns true, an absence counts only when no token is expected to appear any
    /// more. `taken` is a name that the API has just refused because a token has it: the looks continue until
    /// that token is found too.
    pub(super) async fn settle(
        &self,
        lost: &LostAttempts<'_>,
        taken: Option<&str>,
        waits: impl Fn() -> bool,
    ) -> Settled {
        let seen = Mutex::new(Seen::default());
        let started = Instant::now();
        let look = || self.look(lost, taken, started, &waits, &seen);
        let decided = until_decided(&self.settling, LOST_RESPONSE, look).await;
        let seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
        let remaining = match (decided, seen.revoking) {
            (Ok(remaining) | Err(Some(remaining @ Remaining::Live(..))), _) => remaining,
            (Err(Some(Remaining::NotListed(error))), Some(id)) => Remaining::Live(id, error),
            (Err(_), Some(id)) => Remaining::Live(id, None),
            (Err(remaining), None) => remaining.unwrap_or(Remaining::NotListed(None)),
        };
        Settled {
            revoked: seen.revoked,
            remaining,
        }
    }

    /// Lists the tokens of the account once. It always sends a request.
    async fn look(
        &self,
        lost: &LostAttempts<'_>,
        taken: Option<&str>,
        started: Instant,
        waits: &impl Fn() -> bool,
        seen: &Mutex<Seen>,
    ) -> ControlFlow<Remaining, Remaining> {
        for attempt in lost.open() {
            if let Some(id) = attempt.id() {
                if let Err(error) = self.revoke_of_attempt(id, seen).await {
                    return ControlFlow::Continue(Remaining::Live(id.to_owned(), Some(error)));
                }
                lost.settle(&attempt);
            }
        }
        if lost.is_empty() {
            return ControlFlow::Break(Remaining::Nothing);
        }
        let requested = Instant::now();
        let listing = match self.settling.tokens(self.username).await {
            Ok(listing) => listing,
            Err(error) => {
                let is_new = self.provider_data.recent().is_account_new(self.username);
                return if lock(seen).account_absence.record_failed_look(&error, is_new) {
                    ControlFlow::Break(Remaining::NoAccount)
                } else {
                    ControlFlow::Continue(Remaining::NotListed(Some(error)))
                };
            }
        };
        lock(seen).account_absence = AccountAbsence::default();
        let time = ListingTime::new(listing.date, requested);
        let mut listed = listing.body.iter();
        let is_held = taken.is_some_and(|name| listed.any(|token| self.has_name(token, name)));
        let is_known = |id: &str| self.provider_data.is_known_token(self.username, id);
        let found = match_tokens(&lost.open(), listing.body, &time, is_known);
        let has_found = !found.ours.is_empty();
        for (attempt, token) in found.ours {
            attempt.identify(&token.id);
            if let Err(error) = self.revoke_of_attempt(&token.id, seen).await {
                return ControlFlow::Continue(Remaining::Live(token.id, Some(error)));
            }
            lost.settle(&attempt);
        }
        let open = lost.open();
        if open.is_empty() {
            return ControlFlow::Break(Remaining::Nothing);
        }
        if !has_found && !found.unclear.is_empty() {
            let decide = if found.is_imprecise {
                ControlFlow::Continue
            } else {
                ControlFlow::Break
            };
            return decide(Remaining::Unclear(found.unclear));
        }
        // A token that has the name does not belong to one of the attempts.
        let is_held = is_held && !has_found;
        let expected_until = open.iter().map(|attempt| attempt.expected_until).max();
        let expected_until = expected_until.max(taken.map(|_| started + READ_DELAY));
        let is_late = expected_until.is_some_and(|until| Instant::now() >= until);
        let absent = Remaining::Absent {
            for_certain: is_held || is_late && open.iter().all(|attempt| attempt.has_api_responded),
        };
        // After a revocation the name is free again.
        let waits = waits() || taken.is_some() && lock(seen).revoked.is_empty();
        if is_held || is_late || !waits {
            ControlFlow::Break(absent)
        } else {
            ControlFlow::Continue(absent)
        }
    }

    /// Revokes a token of an attempt.
    async fn revoke_of_attempt(&self, id: &str, seen: &Mutex<Seen>) -> Result<(), Error> {
        lock(seen).revoking = Some(id.to_owned());
        revoke_lost(self.provider_data, &self.settling, self.username, id).await?;
        let mut seen = lock(seen);
        seen.revoking = None;
        seen.revoked.push(id.to_owned());
        Ok(())
    }

    /// Revokes tokens of earlier attempts that have appeared since, after a successful creation. This takes a
    /// few seconds at most. Attempts that remain stay in the memory until the end of the process.
    pub(super) async fn revoke_late(&self, lost: &LostAttempts<'_>) {
        let attempts = self.provider_data.tokens().late_attempts(self.username, lost);
        if attempts.is_empty() {
            return;
        }
        let revoke = late::revoke_late(self.provider_data, &self.settling, self.username, &attempts);
        let done = run_until_stopped(self.client, timeout(LATE_LOOK, revoke)).await;
        if !matches!(done, Some(Ok(Ok(())))) {
            tracing::warn!(
                username = self.username,
                "tokens whose create request had no usable response are looked for again before the process ends"
            );
        }
    }
}
