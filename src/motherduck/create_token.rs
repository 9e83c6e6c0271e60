//! Creates and revokes tokens. On failure a created token is either revoked or reported.
//!
//! The response to a creation can be lost after the API has carried it out: the token is then live with a
//! secret that is in no state. Therefore an attempt whose outcome is unknown is settled first: the tokens of
//! the account are listed until it is known whether the attempt created one, that token is revoked, and the
//! creation is tried again. The section "Lost responses" of ARCHITECTURE.md states the rules.

mod account_absence;
mod late;
mod looks;
mod messages;
mod purpose;
mod revoke;
#[cfg(test)]
mod tests;

use std::iter::{Peekable, Zip};
use std::ops::{ControlFlow, RangeInclusive};
use std::sync::Arc;

use backon::ExponentialBackoff;
use jiff::Timestamp;
use secrecy::SecretString;
use tokio::sync::OwnedMutexGuard;
use tokio::time::sleep;

use super::account_name::folded;
use super::settle::{READ_DELAY, delays, run_until_stopped, until_decided};
use super::token_memory::LostAttempts;
use super::token_memory::attempt::Attempt;
use super::token_memory::known::AccountTokens;
use super::token_name::{Name, Prefix};
use super::{ProviderData, errors, token_checks};
use crate::api::{Client, CreatedToken, Error, NewToken, Reply, Token};
use crate::framework::{Attribute, Diagnostic, Diagnostics, Field, note_creation};
pub(crate) use late::finish;
use looks::Remaining;
pub(crate) use purpose::Purpose;
pub(crate) use revoke::{Revoked, revoke};

/// How often another name is generated because the API refuses the name as taken.
const MAX_REGENERATED_NAMES: u32 = 5;

/// A created token.
pub(crate) struct Created {
    /// The secret, which only this response contains.
    pub(crate) secret: SecretString,
    /// All other attributes.
    pub(crate) token: Token,
    /// The request, with the generated name.
    pub(crate) sent: NewToken,
    /// The time of the response by the API's clock, or by the local one if the response has none.
    pub(crate) now: Timestamp,
    /// Warns that a token of an earlier attempt may still appear.
    pub(crate) warning: Option<Diagnostic>,
}

/// A creation that failed.
pub(crate) struct CreateError {
    pub(crate) diagnostics: Diagnostics,
    /// A token that differs from the request and could not be revoked.
    pub(crate) live: Option<Created>,
}

impl From<Diagnostics> for CreateError {
    fn from(diagnostics: Diagnostics) -> Self {
        CreateError {
            diagnostics,
            live: None,
        }
    }
}

/// The request for a token.
pub(crate) struct TokenRequest<'a> {
    pub(crate) username: &'a str,
    pub(crate) name: Name,
    /// Type, lifetime and description; the name in it is ignored.
    pub(crate) properties: NewToken,
    pub(crate) purpose: Purpose,
    /// The attributes of the schema, for errors about one of them.
    pub(crate) attributes: Vec<Attribute>,
}

/// Returns the properties of a token with these arguments of its block.
pub(crate) fn properties(
    ttl: &Field<i64>,
    token_type: &Field<String>,
    description: &Field<String>,
) -> NewToken {
    NewToken {
        name: String::new(),
        ttl: ttl.known().and_then(|ttl| u64::try_from(*ttl).ok()),
        token_type: token_type.text().map(str::to_owned),
        description: description.text().map(str::to_owned),
    }
}

/// Creates a token. One that differs from the request is revoked. An error names every token that may remain.
pub(crate) async fn create(
    provider_data: &ProviderData,
    client: &Client,
    request: TokenRequest<'_>,
) -> Result<Created, CreateError> {
    let creation = Creation::new(provider_data, client, request);
    let created = creation.create().await?;
    match token_checks::difference(&created.sent, &created.token) {
        None => Ok(created),
        Some(difference) => Err(creation.revoke_differing(created, &difference).await),
    }
}

/// One creation with all its attempts.
struct Creation<'a> {
    provider_data: &'a ProviderData,
    client: &'a Client,
    /// The client for requests that settle an attempt; a stop does not end them at once.
    settling: Client,
    username: &'a str,
    request: TokenRequest<'a>,
}

/// The numbers of the retries after attempts of unknown outcome that are left, with the waits before them.
type Retries = Peekable<Zip<RangeInclusive<u32>, ExponentialBackoff>>;

impl<'a> Creation<'a> {
    fn new(provider_data: &'a ProviderData, client: &'a Client, request: TokenRequest<'a>) -> Self {
        Creation {
            provider_data,
            client,
            settling: client.settling(),
            username: request.username,
            request,
        }
    }

    /// Creates a token, which may differ from the request.
    async fn create(&self) -> Result<Created, Diagnostics> {
        match &self.request.name {
            Name::Generated(prefix) => self.with_prefix(prefix).await,
            Name::Fixed(name) => self.with_name(name).await,
        }
    }

    /// Creates a token with a name that is generated for each attempt.
    async fn with_prefix(&self, prefix: &Prefix) -> Result<Created, Diagnostics> {
        let lost = self.provider_data.tokens().lost_attempts(self.username, None);
        let (mut regenerated, mut retries) = (0, self.retries());
        loop {
            let name = self.provider_data.tokens().generate(|| prefix.generate());
            let attempt = Attempt::new(self.named(name.text().to_owned()), true);
            let error = match self.send(&attempt, &lost).await {
                Ok(created) => return Ok(created),
                Err(error) => error,
            };
            if error.outcome_unknown() {
                lost.push(attempt.failed_with(&error));
                self.settle_or_fail(&attempt, &error, &lost, &mut retries).await?;
            } else if error.status() == Some(409) {
                regenerated += 1;
                if regenerated > MAX_REGENERATED_NAMES || self.client.is_stopped() {
                    let refused = self.prefix_refused(prefix, regenerated, &error);
                    return Err(self.with_remaining_attempts(refused, &lost).await);
                }
            } else {
                let refused = self.refused(attempt.name(), &error);
                return Err(self.with_remaining_attempts(refused, &lost).await);
            }
        }
    }

    /// Creates a token with a configured name, which other programs may use too.
    async fn with_name(&self, name: &str) -> Result<Created, Diagnostics> {
        let _lock = self.begin_with_name(name).await?;
        let lost = self
            .provider_data
            .tokens()
            .lost_attempts(self.username, Some(name));
        let mut retries = self.retries();
        loop {
            let attempt = Attempt::new(self.named(name.to_owned()), false);
            let error = match self.send(&attempt, &lost).await {
                Ok(created) => return Ok(created),
                Err(error) => error,
            };
            let is_taken = error.is_conflict() && errors::concerns_only(&error, "name");
            if error.outcome_unknown() {
                lost.push(attempt.failed_with(&error));
            } else if is_taken && lost.is_empty() {
                return Err(self.name_taken(name, &error).await);
            } else if !is_taken {
                let refused = self.refused(attempt.name(), &error);
                return Err(self.with_remaining_attempts(refused, &lost).await);
            }
            // A conflict after an attempt of unknown outcome can be caused by that attempt's token.
            self.settle_or_fail(&attempt, &error, &lost, &mut retries).await?;
        }
    }

    /// Waits for other creations with the name, and lists the existing tokens. Both results must be held
    /// until the creation ends.
    async fn begin_with_name(
        &self,
        name: &str,
    ) -> Result<(OwnedMutexGuard<()>, Arc<AccountTokens>), Diagnostics> {
        let lock_and_list = async {
            let name_lock = self.provider_data.tokens().lock_name(self.username, name).await;
            let list = async || {
                let list = || self.client.tokens(self.username);
                let listing = self.provider_data.once_visible(self.client, self.username, list);
                listing.await.map(|listing| listing.body)
            };
            let listed = self.provider_data.tokens().list_before(self.username, list).await;
            listed
                .map(|known| (name_lock, known))
                .map_err(|error| self.not_listed_before(name, &error))
        };
        run_until_stopped(self.client, lock_and_list)
            .await
            .unwrap_or_else(|| Err(self.interrupted(name)))
    }

    fn retries(&self) -> Retries {
        (1..=self.client.max_retries()).zip(delays()).peekable()
    }

    /// Returns the request with this name.
    fn named(&self, name: String) -> NewToken {
        NewToken {
            name,
            ..self.request.properties.clone()
        }
    }

    /// Sends one request. After a success, it revokes tokens of lost attempts that have appeared.
    async fn send(&self, attempt: &Attempt, lost: &LostAttempts<'_>) -> Result<Created, Error> {
        let sent = &attempt.sent;
        note_creation(format!("token {:?} of {:?}", sent.name, self.username));
        let post = || self.client.create_token(self.username, sent);
        let Reply { body, date, .. } = self
            .provider_data
            .once_visible(self.client, self.username, post)
            .await?;
        let CreatedToken { secret, mut token } = body;
        self.provider_data.tokens().note_created(self.username, &token.id);
        self.provider_data
            .recent()
            .token_created(self.username, &token.id);
        if token.name.is_none() {
            token.name = self.listed_name(&token.id).await;
        }
        self.revoke_late(lost).await;
        Ok(Created {
            secret,
            token,
            sent: sent.clone(),
            now: date.unwrap_or_else(Timestamp::now),
            warning: self.may_appear(lost),
        })
    }

    /// Whether an existing token has this name, with the comparison that an API may use.
    fn has_name(&self, token: &Token, name: &str) -> bool {
        let listed = token.name.as_deref().unwrap_or_default();
        let recent = self.provider_data.recent();
        folded(listed) == folded(name) && !recent.is_token_deleted(self.username, &token.id)
    }

    /// Returns the name under which a token was stored, if the response to its creation contains none.
    async fn listed_name(&self, id: &str) -> Option<String> {
        let look = || async {
            let Ok(listing) = self.settling.tokens(self.username).await else {
                return ControlFlow::Continue(());
            };
            match listing.body.into_iter().find(|token| token.id == id) {
                Some(token) => ControlFlow::Break(token.name),
                None => ControlFlow::Continue(()),
            }
        };
        let name = until_decided(&self.settling, READ_DELAY, look).await;
        name.ok().flatten()
    }

    /// Settles the attempts of unknown outcome, the last of which ended with this error or was followed by
    /// this conflict. Returns when the creation may be tried again.
    async fn settle_or_fail(
        &self,
        attempt: &Attempt,
        error: &Error,
        lost: &LostAttempts<'_>,
        retries: &mut Retries,
    ) -> Result<(), Diagnostics> {
        let is_taken = !error.outcome_unknown();
        let is_left = retries.peek().is_some();
        let may_retry = || is_left && !self.client.is_stopped();
        // If no attempt follows, an absence from one listing is not enough.
        let waits = || !may_retry();
        let mut settled = self.settle(lost, is_taken.then_some(attempt.name()), waits).await;
        let is_absent = matches!(settled.remaining, Remaining::Nothing | Remaining::Absent { .. });
        if is_absent && is_taken && settled.revoked.is_empty() {
            let mut diagnostics = self.name_taken(attempt.name(), error).await;
            diagnostics.append(self.remaining_error(lost, &settled.remaining));
            return Err(diagnostics);
        }
        if is_absent
            && may_retry()
            && let Some((attempt, delay)) = retries.next()
        {
            if run_until_stopped(self.client, sleep(delay)).await.is_some() {
                tracing::debug!(attempt, "a token is created again after an unknown outcome");
                return Ok(());
            }
            // No attempt follows.
            let seen = std::mem::take(&mut settled.revoked);
            settled = self.settle(lost, None, || true).await;
            settled.revoked.splice(0..0, seen);
        }
        Err(self.attempts_failed(attempt, error, lost, &settled))
    }

    /// Adds an error about what may remain of earlier attempts.
    async fn with_remaining_attempts(
        &self,
        mut diagnostics: Diagnostics,
        lost: &LostAttempts<'_>,
    ) -> Diagnostics {
        if !lost.is_empty() {
            let settled = self.settle(lost, None, || true).await;
            diagnostics.append(self.remaining_error(lost, &settled.remaining));
        }
        diagnostics
    }
}
