//! Revokes tokens of attempts of unknown outcome that appear after their creation has ended.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex};

use futures_util::future::join_all;
use tokio::time::{Instant, sleep_until};

use super::account_absence::AccountAbsence;
use super::revoke::revoke_lost;
use crate::api::{Client, Error};
use crate::lock::lock;
use crate::motherduck::ProviderData;
use crate::motherduck::account_name::folded;
use crate::motherduck::settle::{LATE_TOKEN_CREATION, READ_DELAY, until_decided};
use crate::motherduck::token_memory::attempt::{Attempt, ListingTime, match_tokens};
use crate::motherduck::token_memory::{LogLost, Lost};

/// Lists the tokens of an account once, and revokes those of attempts of unknown outcome. An error means
/// that some may remain.
pub(super) async fn revoke_late(
    provider_data: &ProviderData,
    client: &Client,
    username: &str,
    attempts: &[Arc<Attempt>],
) -> Result<(), Error> {
    let requested = Instant::now();
    let listing = client.tokens(username).await?;
    let time = ListingTime::new(listing.date, requested);
    let is_known = |id: &str| provider_data.is_known_token(username, id);
    let found = match_tokens(attempts, listing.body, &time, is_known);
    let mut failed = None;
    for (attempt, token) in found.ours {
        attempt.identify(&token.id);
        match revoke_lost(provider_data, client, username, &token.id).await {
            Ok(_) => {
                tracing::info!(
                    id = token.id,
                    "revoked a token whose creation had no usable response"
                );
                provider_data.tokens().settle(&attempt);
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
            "a token may be of a request without a usable response or of another one, so it was not revoked"
        );
    }
    failed.map_or(Ok(()), Err)
}

/// Revokes the tokens of attempts of unknown outcome before the process ends. An attempt that has just
/// ended may still be carried out, or not be visible yet; then this waits for a few seconds. Tokens that
/// may remain are logged.
pub(crate) async fn finish(provider_data: &ProviderData) {
    if provider_data.tokens().all_lost().is_empty() {
        return;
    }
    // The future may be dropped at the end of the process before it is complete.
    let _logs = LogLost(provider_data.tokens());
    match provider_data.client().await {
        Ok(client) => finish_with(provider_data, &client).await,
        Err(_) => {
            tracing::error!(
                "tokens whose create request had no usable response cannot be looked for: there is no connection"
            );
        }
    }
}

pub(super) async fn finish_with(provider_data: &ProviderData, client: &Client) {
    let mut accounts: BTreeMap<String, Vec<Lost>> = BTreeMap::new();
    for lost in provider_data.tokens().all_lost() {
        accounts.entry(folded(&lost.username)).or_default().push(lost);
    }
    let attempts = accounts.values().flatten();
    if let Some(last) = attempts.map(|lost| lost.attempt.ended_at).max() {
        sleep_until(last + LATE_TOKEN_CREATION).await;
    }
    let finish = |lost| finish_account(provider_data, client, lost);
    join_all(accounts.into_values().map(finish)).await;
}

/// Revokes the tokens of the attempts for one account before the process ends.
async fn finish_account(provider_data: &ProviderData, client: &Client, lost: Vec<Lost>) {
    let Some(username) = lost.first().map(|lost| &lost.username) else {
        return;
    };
    let memory = provider_data.tokens();
    let attempts: Vec<Arc<Attempt>> = lost.iter().map(|lost| Arc::clone(&lost.attempt)).collect();
    let forget = || attempts.iter().for_each(|attempt| memory.forget(attempt));
    let note_absent = || {
        let expected = |lost: &&Lost| {
            let is_expected = Instant::now() < lost.attempt.expected_until;
            lost.has_username(username) && is_expected && !lost.attempt.is_settled()
        };
        memory
            .all_lost()
            .iter()
            .filter(expected)
            .for_each(Lost::log_absent);
        forget();
    };
    if provider_data.recent().is_account_deleted(username) {
        return forget();
    }
    let absence = Mutex::new(AccountAbsence::default());
    let look = || async {
        let is_new = provider_data.recent().is_account_new(username);
        match revoke_late(provider_data, client, username, &attempts).await {
            Ok(()) => {
                note_absent();
                ControlFlow::Break(())
            }
            // Without the account there is no token of it.
            Err(error) if lock(&absence).record_failed_look(&error, is_new) => {
                forget();
                ControlFlow::Break(())
            }
            Err(error) => ControlFlow::Continue(error),
        }
    };
    if let Err(error) = until_decided(client, READ_DELAY, look).await {
        let error = error.map(tracing::field::display);
        tracing::error!(
            username,
            error,
            "tokens whose create request had no usable response could not be looked for"
        );
    }
}
