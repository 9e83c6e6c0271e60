//! Revokes one token.

use std::ops::ControlFlow;

use tokio::time::Instant;

use super::{CreateError, Created, Creation};
use crate::api::{Client, Error};
use crate::framework::{Diagnostic, Diagnostics};
use crate::motherduck::settle::{READ_DELAY, until_decided, wait_before_second_look};
use crate::motherduck::{ProviderData, errors};

/// How a revocation succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Revoked {
    /// This call revoked the token.
    Now,
    /// The token no longer existed.
    Before,
}

/// Revokes a token. If it does not exist, this is a success.
///
/// A 404 alone does not prove that the token does not exist: the token must be absent from a listing too. If
/// it is listed, the request is repeated for 10 seconds. The same applies to a token that this process has
/// just created, which may not be visible yet.
pub(crate) async fn revoke(
    provider_data: &ProviderData,
    client: &Client,
    username: &str,
    id: &str,
) -> Result<Revoked, Error> {
    let revoked = revoke_for_certain(provider_data, client, username, id).await?;
    provider_data.recent().token_deleted(username, id);
    provider_data.tokens().note_revoked(username, id);
    Ok(revoked)
}

async fn revoke_for_certain(
    provider_data: &ProviderData,
    client: &Client,
    username: &str,
    id: &str,
) -> Result<Revoked, Error> {
    let recent = provider_data.recent();
    let unconfirmed = match client.revoke_token(username, id).await {
        Ok(_) => return Ok(Revoked::Now),
        Err(error) if error.is_gone() => error,
        Err(error) => return Err(error),
    };
    if recent.is_token_deleted(username, id) {
        return Ok(Revoked::Before);
    }
    if !recent.is_token_new(username, id) {
        if !wait_before_second_look(client).await {
            return Err(unconfirmed);
        }
        if !is_listed(client, username, id).await? {
            return Ok(Revoked::Before);
        }
    }
    let started = Instant::now();
    let look = || async {
        let is_listed = match is_listed(client, username, id).await {
            Ok(is_listed) => is_listed,
            Err(error) => return ControlFlow::Continue(Err(error)),
        };
        match client.revoke_token(username, id).await {
            Ok(_) => ControlFlow::Break(Ok(Revoked::Now)),
            Err(error) if error.is_gone() && !is_listed => ControlFlow::Continue(Ok(Revoked::Before)),
            Err(error) if error.is_gone() => ControlFlow::Continue(Err(error)),
            Err(error) => ControlFlow::Break(Err(error)),
        }
    };
    match until_decided(client, READ_DELAY, look).await {
        Ok(decided) => decided,
        Err(Some(last)) if started.elapsed() >= READ_DELAY => last,
        // A stop has ended the looks too early.
        Err(_) => Err(unconfirmed),
    }
}

/// Revokes a token whose secret was lost. It counts as newly created.
pub(super) async fn revoke_lost(
    provider_data: &ProviderData,
    client: &Client,
    username: &str,
    id: &str,
) -> Result<Revoked, Error> {
    let recent = provider_data.recent();
    if !recent.is_token_deleted(username, id) {
        recent.token_created(username, id);
    }
    revoke(provider_data, client, username, id).await
}

/// Whether the listing contains the token. An account that does not exist has none.
async fn is_listed(client: &Client, username: &str, id: &str) -> Result<bool, Error> {
    match client.tokens(username).await {
        Ok(listing) => Ok(listing.body.iter().any(|token| token.id.eq_ignore_ascii_case(id))),
        Err(error) if error.is_gone() => Ok(false),
        Err(error) => Err(error),
    }
}

impl Creation<'_> {
    /// Revokes a created token that differs from the request, and returns the error.
    pub(super) async fn revoke_differing(&self, created: Created, difference: &str) -> CreateError {
        let (username, id) = (self.username, &created.token.id);
        let revoked = revoke(self.provider_data, &self.settling, username, id).await;
        let outcome = match &revoked {
            Ok(Revoked::Now) => "was revoked",
            Ok(Revoked::Before) => "does not exist any more",
            Err(_) => "could not be revoked and is live",
        };
        let next_step = self.request.purpose.about_differing_token(revoked.is_err());
        let mut diagnostics = Diagnostics::from(Diagnostic::error(
            format!(
                "The created token {:?} of {username:?} differs from the request",
                created.sent.name
            ),
            format!("{difference} The new token ({id}) {outcome}.{next_step}"),
        ));
        let Err(error) = revoked else {
            return diagnostics.into();
        };
        let summary = format!("Token {id} of {username:?} could not be revoked");
        let next_step = self.request.purpose.about_live_token(username, id);
        diagnostics.append(errors::failure_with(&summary, &error, &next_step, &[]));
        CreateError {
            diagnostics,
            live: Some(created),
        }
    }
}
