//! Revoking one token.

use std::ops::ControlFlow;

use tokio::time::Instant;

use super::Purpose;
use crate::api::{Client, Error};
use crate::framework::Diagnostics;
use crate::motherduck::settle::{INVISIBLE, until_decided};
use crate::motherduck::{Connection, explain};

/// How a token came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Revoked {
    /// By this call.
    Now,
    /// It did not exist any more.
    Before,
}

/// Revokes a token. One that does not exist is a success.
///
/// A token that this process created a moment ago may not be visible yet where the request arrives. The request
/// is then repeated for 10 seconds, and the token has to be absent from a listing too.
pub(crate) async fn revoke(
    connection: &Connection,
    client: &Client,
    username: &str,
    id: &str,
) -> Result<Revoked, Error> {
    let recent = connection.recent();
    let unconfirmed = match client.revoke_token(username, id).await {
        Ok(_) => {
            recent.token_deleted(username, id);
            return Ok(Revoked::Now);
        }
        Err(error) if error.is_gone() => error,
        Err(error) => return Err(error),
    };
    if recent.is_token_deleted(username, id) || !recent.is_token_new(username, id) {
        return Ok(Revoked::Before);
    }
    let started = Instant::now();
    let look = || async {
        let is_listed = match client.tokens(username).await {
            Ok(listing) => listing.body.iter().any(|token| token.id.eq_ignore_ascii_case(id)),
            Err(error) if error.is_gone() => false,
            Err(error) => return ControlFlow::Continue(Err(error)),
        };
        match client.revoke_token(username, id).await {
            Ok(_) => ControlFlow::Break(Ok(Revoked::Now)),
            Err(error) if error.is_gone() && !is_listed => ControlFlow::Continue(Ok(Revoked::Before)),
            Err(error) if error.is_gone() => ControlFlow::Continue(Err(error)),
            Err(error) => ControlFlow::Break(Err(error)),
        }
    };
    let revoked = match until_decided(client, INVISIBLE, look).await {
        Ok(decided) => decided?,
        Err(Some(last)) if started.elapsed() >= INVISIBLE => last?,
        // A stop has ended the looks too early.
        Err(_) => return Err(unconfirmed),
    };
    recent.token_deleted(username, id);
    Ok(revoked)
}

/// Revokes a token whose secret was lost. It is as new as one whose response was there.
pub(super) async fn revoke_lost(
    connection: &Connection,
    client: &Client,
    username: &str,
    id: &str,
) -> Result<Revoked, Error> {
    let recent = connection.recent();
    if !recent.is_token_deleted(username, id) {
        recent.token_created(username, id);
    }
    revoke(connection, client, username, id).await
}

/// Revokes a token that differs from what was asked for: a sentence about it, and the errors if it is still
/// live.
pub(crate) async fn take_back(
    connection: &Connection,
    client: &Client,
    username: &str,
    id: &str,
    purpose: Purpose,
) -> (String, Option<Diagnostics>) {
    match revoke(connection, &client.settling(), username, id).await {
        Ok(Revoked::Now) => (format!("The new token ({id}) was revoked."), None),
        Ok(Revoked::Before) => (format!("The new token ({id}) does not exist any more."), None),
        Err(error) => (
            format!("The new token ({id}) could not be revoked and is live."),
            Some(explain::advised(
                &format!("Token {id} of {username:?} could not be revoked"),
                &error,
                &purpose.about_live_token(username, id),
            )),
        ),
    }
}
