//! The making of a token, and its undoing: whatever goes wrong, no secret stays live that nobody knows of, or
//! the reader is told of it.

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::explain;
use crate::api::{Client, CreatedToken, Error, NewToken, Reply, Token};
use crate::framework::{Diagnostic, Diagnostics, Path};

/// A token just made.
pub(crate) struct Minted {
    /// The only time that the API shows it.
    pub(crate) secret: SecretString,
    /// The rest.
    pub(crate) token: Token,
    /// When the API answered, by its own clock where it told.
    pub(crate) now: Timestamp,
}

/// Where the name of a new token is from, which says whose another token of that name can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Name {
    /// Somebody chose it: others may have, too.
    Chosen,
    /// Drawn for this one token: nobody else makes one of this name.
    Drawn,
}

/// What a reader can do, which is not the same for every kind of token.
#[derive(Debug)]
pub(crate) struct Advice {
    /// About a name that the API may have refused because it is in use.
    pub(crate) name_taken: &'static str,
    /// About a token of this user that may have been made by a request whose answer was lost.
    pub(crate) secret_lost: fn(&str) -> String,
    /// About a token, by its user and id, that was made, is of no use and could not be revoked.
    pub(crate) left_live: fn(&str, &str) -> String,
}

/// Makes a token. An error says what is left of it, if anything is.
pub(crate) async fn mint(
    client: &Client,
    username: &str,
    new: &NewToken,
    name: Name,
    advice: &Advice,
) -> Result<Minted, Diagnostics> {
    let started = Timestamp::now();
    match client.create_token(username, new).await {
        Ok(Reply { body, date, .. }) => {
            let CreatedToken { token, metadata } = body;
            Ok(Minted {
                secret: token,
                token: metadata,
                now: date.unwrap_or_else(Timestamp::now),
            })
        }
        Err(error) => Err(not_minted(client, username, (&new.name, name), started, &error, advice).await),
    }
}

/// Says why a token was not made, and looks for one that was made although the answer was lost: it would be
/// live with a secret that nobody has. By a name that was drawn it is known for sure, and revoked.
async fn not_minted(
    client: &Client,
    username: &str,
    (name, origin): (&str, Name),
    started: Timestamp,
    error: &Error,
    advice: &Advice,
) -> Diagnostics {
    let summary = format!("Token {name:?} of {username:?} could not be created");
    if let Some(id) = error.created_id() {
        return taken_back(client, username, &[id], &summary, error, advice).await;
    }
    if error.is_gone() {
        return explain::no_account(&summary, error);
    }
    let mut diagnostics = explain::failure(&summary, error);
    let in_question = error.outcome_unknown();
    if !(in_question || (error.is_conflict() && explain::blames_nothing_but(error, "name"))) {
        return diagnostics;
    }
    let Ok(listing) = client.tokens(username).await else {
        return diagnostics;
    };
    let same_name = listing
        .body
        .iter()
        .filter(|token| token.name.as_deref() == Some(name));
    if in_question && origin == Name::Drawn {
        let orphans: Vec<&str> = same_name.map(|token| token.id.as_str()).collect();
        if !orphans.is_empty() {
            return taken_back(client, username, &orphans, &summary, error, advice).await;
        }
    } else if in_question {
        // The API's clock counts, and it may not be ours. Its times may be cut to the second.
        let elapsed = Timestamp::now().duration_since(started);
        let since = listing.date.unwrap_or_else(Timestamp::now) - elapsed - SignedDuration::from_secs(2);
        let recent = |token: &&Token| {
            token
                .created_ts
                .parse::<Timestamp>()
                .is_ok_and(|made| made >= since)
        };
        let orphans: Vec<&str> = same_name.filter(recent).map(|token| token.id.as_str()).collect();
        if !orphans.is_empty() {
            diagnostics.push(Diagnostic::error(
                format!("Token {name:?} of {username:?} may have been created"),
                format!(
                    "No usable answer came, and a token of this name was made at about that time: {}. If \
                     nothing else made it, its secret is lost. {}",
                    orphans.join(", "),
                    (advice.secret_lost)(username)
                ),
            ));
        }
    } else if same_name.count() > 0 {
        diagnostics.push(
            Diagnostic::error(
                format!("{username:?} has a token named {name:?} already"),
                advice.name_taken,
            )
            .at(Path::attribute("name")),
        );
    }
    diagnostics
}

/// Says why a token was not made as it should be, and revokes those that were.
async fn taken_back(
    client: &Client,
    username: &str,
    ids: &[&str],
    summary: &str,
    error: &Error,
    advice: &Advice,
) -> Diagnostics {
    let (mut outcomes, mut troubles) = (Vec::new(), Diagnostics::new());
    for id in ids {
        let (outcome, trouble) = take_back(client, username, id, advice).await;
        outcomes.push(outcome);
        troubles.append(trouble.unwrap_or_default());
    }
    let mut diagnostics = explain::advised(summary, error, &outcomes.join(" "));
    diagnostics.append(troubles);
    diagnostics
}

/// Revokes a token that was made and cannot be used: what came of it, and the errors if it lives on.
pub(crate) async fn take_back(
    client: &Client,
    username: &str,
    id: &str,
    advice: &Advice,
) -> (String, Option<Diagnostics>) {
    match revoke_for_good(client, username, id).await {
        Ok(Revoked::Now) => (format!("The new token ({id}) was revoked again."), None),
        Ok(Revoked::Before) => (format!("The new token ({id}) is gone already."), None),
        Err(error) => (
            format!("The new token ({id}) could not be revoked and is live."),
            Some(explain::advised(
                &format!("Token {id} of {username:?} could not be revoked"),
                &error,
                &(advice.left_live)(username, id),
            )),
        ),
    }
}

/// How a token came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Revoked {
    /// By this call.
    Now,
    /// It was gone.
    Before,
}

/// Revokes a token that must not outlive the run. A stop does not end this at once.
pub(crate) async fn revoke_for_good(client: &Client, username: &str, id: &str) -> Result<Revoked, Error> {
    revoke(&client.settling(), username, id).await
}

/// Revokes a token; one that is gone is none the worse.
pub(crate) async fn revoke(client: &Client, username: &str, id: &str) -> Result<Revoked, Error> {
    match client.revoke_token(username, id).await {
        Ok(_) => Ok(Revoked::Now),
        Err(error) if error.is_gone() => Ok(Revoked::Before),
        Err(error) => Err(error),
    }
}
