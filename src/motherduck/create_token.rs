//! Creates and revokes tokens. On failure a created token is either revoked or reported.
//!
//! The response to a creation can be lost after the API has carried it out: the token is then live with a secret
//! that is in no state. So an attempt whose outcome is unknown is settled before anything else happens: the
//! tokens of the account are listed until it is known whether the attempt created one, that token is revoked,
//! and the creation is tried again. ARCHITECTURE.md has the rules under "Lost responses".

mod memory;
mod messages;

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use tokio::time::Instant;

use super::settle::{LATE_COMMIT, LOST_RESPONSE, is_over, until_decided};
use super::token_name::{Name, Prefix};
use super::{Connection, explain, token_checks};
use crate::api::{Client, CreatedToken, Error, NewToken, Reply, Token};
use crate::framework::Diagnostics;
pub(crate) use memory::TokenMemory;
use memory::lock;
pub(crate) use messages::Purpose;

/// How often a name is drawn again because the API refuses it as taken.
const REDRAWS: u32 = 5;

/// How far the times of the API may lie outside of an attempt, since they may be cut to the second.
const CLOCK_SLACK: SignedDuration = SignedDuration::from_secs(2);

/// A token that was created.
pub(crate) struct Created {
    /// Only this response has it.
    pub(crate) secret: SecretString,
    /// Everything else.
    pub(crate) token: Token,
    /// What was sent, with the name that was drawn.
    pub(crate) sent: NewToken,
    /// The time of the response by the API's clock, or else by the local one.
    pub(crate) now: Timestamp,
}

/// A token to create.
pub(crate) struct TokenRequest<'a> {
    pub(crate) username: &'a str,
    pub(crate) name: Name,
    /// Type, lifetime and description; the name in it is not used.
    pub(crate) properties: NewToken,
    pub(crate) purpose: Purpose,
}

/// Creates a token. An error names every token that may be left.
pub(crate) async fn create(
    connection: &Connection,
    client: &Client,
    request: TokenRequest<'_>,
) -> Result<Created, Diagnostics> {
    let memory = connection.tokens();
    let creation = Creation {
        connection,
        client,
        settling: client.settling(),
        memory,
        username: request.username,
        properties: request.properties,
        purpose: request.purpose,
    };
    let created = match &request.name {
        Name::Drawn(prefix) => creation.with_prefix(prefix).await,
        Name::Fixed(name) => creation.with_name(name).await,
    }?;
    memory.note_created(request.username, &created.token.id);
    connection
        .recent()
        .token_created(request.username, &created.token.id);
    Ok(created)
}

/// One creation with all its attempts.
struct Creation<'a> {
    connection: &'a Connection,
    client: &'a Client,
    /// For requests that settle an attempt: a stop does not end them at once.
    settling: Client,
    memory: &'a TokenMemory,
    username: &'a str,
    properties: NewToken,
    purpose: Purpose,
}

/// One request to create a token.
#[derive(Debug, Clone)]
struct Attempt {
    name: String,
    /// The name was drawn for this attempt, so no other token has it.
    is_drawn: bool,
    started: Instant,
    started_at: Timestamp,
    /// The last moment at which the API may have carried out the request.
    over: Instant,
}

/// What became of an attempt whose outcome was unknown.
#[derive(Debug, PartialEq, Eq)]
enum Settled {
    /// No token of the attempt is listed.
    Absent,
    /// The attempt had created tokens with these ids, which were revoked.
    Revoked(Vec<String>),
    /// The account does not exist, so no token of it does.
    NoAccount,
}

/// Why a look decided nothing.
#[derive(Debug, Default)]
struct Undecided {
    error: Option<Error>,
    /// Tokens that may be the attempt's.
    candidates: Vec<Token>,
}

impl Undecided {
    fn because(error: Error, candidates: Vec<Token>) -> Self {
        Undecided {
            error: Some(error),
            candidates,
        }
    }
}

impl Creation<'_> {
    /// Creates a token under a name that is drawn for each attempt.
    async fn with_prefix(&self, prefix: &Prefix) -> Result<Created, Diagnostics> {
        let (mut redraws, mut retries) = (0, 0);
        loop {
            let attempt = Attempt::now(self.memory.draw(prefix), true);
            let error = match self.send(&attempt).await {
                Ok(created) => {
                    self.revoke_late_tokens().await;
                    return Ok(created);
                }
                Err(error) => error,
            };
            if error.status() == Some(409) && !error.outcome_unknown() {
                if redraws < REDRAWS && !self.client.is_stopped() {
                    redraws += 1;
                    continue;
                }
                return Err(self.prefix_refused(prefix, &error));
            }
            if !error.outcome_unknown() {
                return Err(self.refused(&attempt, &error));
            }
            self.memory.note_unresolved(self.username, &attempt.name, &error);
            let settled = self.settle(std::slice::from_ref(&attempt), &error).await?;
            if settled != Settled::Absent {
                self.memory.forget_unresolved(&attempt.name);
            }
            self.may_retry(&attempt, &error, &settled, &mut retries)?;
        }
    }

    /// Creates a token under a name that others may use too.
    async fn with_name(&self, name: &str) -> Result<Created, Diagnostics> {
        let _turn = self.memory.lock_name(self.username, name).await;
        if let Err(error) = self
            .memory
            .list_before(self.connection, self.client, self.username)
            .await
        {
            return Err(self.not_listed_before(name, &error));
        }
        let mut retries = 0;
        let mut unresolved = Vec::new();
        loop {
            let attempt = Attempt::now(name.to_owned(), false);
            let error = match self.send(&attempt).await {
                Ok(created) => {
                    self.revoke_duplicates(&unresolved, &created.token.id).await;
                    return Ok(created);
                }
                Err(error) => error,
            };
            let taken = error.is_conflict() && explain::blames_nothing_but(&error, "name");
            let may_be_ours = taken && !unresolved.is_empty();
            if !(error.outcome_unknown() || may_be_ours) {
                return Err(if taken {
                    self.name_taken(name, &error).await
                } else {
                    self.refused(&attempt, &error)
                });
            }
            // A conflict after an attempt of unknown outcome can be that attempt's token, committed late.
            if error.outcome_unknown() {
                unresolved.push(attempt.clone().ended(&error));
            }
            let settled = self.settle(&unresolved, &error).await?;
            if taken && settled == Settled::Absent {
                return Err(self.name_taken(name, &error).await);
            }
            if settled != Settled::Absent {
                // From here on a token of this name is that of another request.
                unresolved.clear();
            }
            self.may_retry(&attempt, &error, &settled, &mut retries)?;
        }
    }

    /// Sends one request.
    async fn send(&self, attempt: &Attempt) -> Result<Created, Error> {
        let sent = NewToken {
            name: attempt.name.clone(),
            ..self.properties.clone()
        };
        let post = || self.client.create_token(self.username, &sent);
        let Reply { body, date, .. } = self
            .connection
            .once_visible(self.client, self.username, post)
            .await?;
        let CreatedToken { token, mut metadata } = body;
        if metadata.name.is_none() {
            metadata.name = self.listed_name(&metadata.id).await;
        }
        Ok(Created {
            secret: token,
            token: metadata,
            sent,
            now: date.unwrap_or_else(Timestamp::now),
        })
    }

    /// The name under which a token was stored, where the response to its creation has none.
    async fn listed_name(&self, id: &str) -> Option<String> {
        let listing = self.settling.tokens(self.username).await.ok()?;
        let token = listing.body.into_iter().find(|token| token.id == id)?;
        token.name
    }

    /// Finds out what attempts of one name with an unknown outcome did and revokes what they created.
    async fn settle(&self, attempts: &[Attempt], error: &Error) -> Result<Settled, Diagnostics> {
        let Some(attempt) = attempts.last() else {
            return Ok(Settled::Absent);
        };
        if let Some(id) = error.created_id() {
            let look = || async move {
                match revoke(&self.settling, self.username, id).await {
                    Ok(_) => ControlFlow::Break(Settled::Revoked(vec![id.to_owned()])),
                    Err(error) => ControlFlow::Continue(error),
                }
            };
            let settled = until_decided(&self.settling, LOST_RESPONSE, look).await;
            return settled.map_err(|trouble| self.left_live(&attempt.name, id, error, trouble.as_ref()));
        }
        let revoked = Mutex::new(Vec::new());
        let look = || self.look(attempts, &revoked);
        match until_decided(&self.settling, LOST_RESPONSE, look).await {
            Ok(Ok(settled)) => Ok(settled),
            Ok(Err(candidates)) => Err(self.unsettled(attempt, error, &candidates, None)),
            Err(trouble) => {
                let Undecided {
                    candidates,
                    error: trouble,
                } = trouble.unwrap_or_default();
                Err(self.unsettled(attempt, error, &candidates, trouble.as_ref()))
            }
        }
    }

    /// One look at the tokens of the account. It breaks with the candidates where it cannot be decided whose
    /// they are.
    async fn look(
        &self,
        attempts: &[Attempt],
        revoked: &Mutex<Vec<String>>,
    ) -> ControlFlow<Result<Settled, Vec<Token>>, Undecided> {
        let listing = match self.settling.tokens(self.username).await {
            Ok(listing) => listing,
            Err(error) if error.is_gone() => return ControlFlow::Break(Ok(Settled::NoAccount)),
            Err(error) => return ControlFlow::Continue(Undecided::because(error, Vec::new())),
        };
        let now = listing.date.unwrap_or_else(Timestamp::now);
        let mut candidates = listing.body;
        candidates.retain(|token| attempts.iter().any(|attempt| self.is_candidate(attempt, token)));
        let ours: Vec<Token> = candidates
            .iter()
            .filter(|token| self.is_of(attempts, token, now))
            .cloned()
            .collect();
        // A request creates one token at most: of more tokens it cannot be told which are its own.
        let is_fixed = attempts.iter().all(|attempt| !attempt.is_drawn);
        let too_many = is_fixed && ours.len() > attempts.len();
        if too_many || (ours.is_empty() && !candidates.is_empty()) {
            return ControlFlow::Break(Err(candidates));
        }
        for token in ours {
            match revoke(&self.settling, self.username, &token.id).await {
                Ok(_) => lock(revoked).push(token.id),
                Err(error) => return ControlFlow::Continue(Undecided::because(error, candidates)),
            }
        }
        let mut revoked = std::mem::take(&mut *lock(revoked));
        revoked.dedup();
        ControlFlow::Break(Ok(if revoked.is_empty() {
            Settled::Absent
        } else {
            Settled::Revoked(revoked)
        }))
    }

    /// Whether a listed token can be the one of this attempt: it has the name and was not there before.
    fn is_candidate(&self, attempt: &Attempt, token: &Token) -> bool {
        let has_name = if attempt.is_drawn {
            token_checks::has_drawn_name(token, &attempt.name)
        } else {
            token_checks::is_same_text(token.name.as_deref().unwrap_or_default(), &attempt.name)
        };
        has_name && !self.memory.was_there_before(self.username, &token.id)
    }

    /// Whether a candidate is the token of one of these attempts.
    fn is_of(&self, attempts: &[Attempt], token: &Token, now: Timestamp) -> bool {
        attempts.iter().any(|attempt| self.is_ours(attempt, token, now))
    }

    /// Whether a candidate is the token of this attempt. A name that was drawn for the attempt identifies it. A
    /// name that others may use does not: the token has to be created during the attempt as well, with the
    /// properties that were sent.
    fn is_ours(&self, attempt: &Attempt, token: &Token, now: Timestamp) -> bool {
        if attempt.is_drawn {
            return true;
        }
        let at = |moment: Instant| {
            let (since, until) = (moment.elapsed(), moment.saturating_duration_since(Instant::now()));
            let since = SignedDuration::try_from(since).ok()?;
            let until = SignedDuration::try_from(until).ok()?;
            now.checked_sub(since).ok()?.checked_add(until).ok()
        };
        let sent = NewToken {
            name: attempt.name.clone(),
            ..self.properties.clone()
        };
        let (Some(started), Some(over), Ok(created)) = (
            at(attempt.started),
            at(attempt.over),
            token.created_ts.parse::<Timestamp>(),
        ) else {
            return false;
        };
        created.duration_since(started) >= -CLOCK_SLACK
            && created.duration_since(over) <= CLOCK_SLACK
            && token_checks::difference(&sent, token).is_none()
            && token_checks::description(token) == self.properties.description.as_deref()
    }

    /// Whether another attempt may follow a settled one, or else the error.
    fn may_retry(
        &self,
        attempt: &Attempt,
        error: &Error,
        settled: &Settled,
        retries: &mut u32,
    ) -> Result<(), Diagnostics> {
        if *settled == Settled::NoAccount || *retries >= self.client.max_retries() || self.client.is_stopped()
        {
            return Err(self.given_up(attempt, error, settled));
        }
        *retries += 1;
        tracing::debug!(
            attempt = *retries,
            "a token is created again after an unknown outcome"
        );
        Ok(())
    }

    /// Revokes tokens of earlier attempts that were committed after the look.
    async fn revoke_late_tokens(&self) {
        if self.memory.has_unresolved(self.username) {
            self.memory
                .revoke_unresolved(&self.settling, Some(self.username))
                .await;
        }
    }

    /// The same for a name that others may use, of which the created token is not to be revoked.
    async fn revoke_duplicates(&self, unresolved: &[Attempt], created_id: &str) {
        if unresolved.is_empty() {
            return;
        }
        let Ok(listing) = self.settling.tokens(self.username).await else {
            return;
        };
        let now = listing.date.unwrap_or_else(Timestamp::now);
        let mut late = listing.body;
        late.retain(|token| {
            let is_candidate = unresolved.iter().any(|attempt| self.is_candidate(attempt, token));
            token.id != created_id && is_candidate && self.is_of(unresolved, token, now)
        });
        if late.len() > unresolved.len() {
            tracing::warn!(
                "it cannot be told which tokens of this name have no response; they are left alone"
            );
            return;
        }
        for token in late {
            if let Err(error) = revoke(&self.settling, self.username, &token.id).await {
                tracing::warn!(id = token.id, %error, "a token of an attempt without a response is live");
            }
        }
    }
}

impl Attempt {
    /// The same attempt, which has ended with this error. A request without a response of the API may still be
    /// carried out for a moment.
    fn ended(self, error: &Error) -> Self {
        let late = if is_over(error) {
            Duration::ZERO
        } else {
            LATE_COMMIT
        };
        Attempt {
            over: Instant::now() + late,
            ..self
        }
    }

    fn now(name: String, is_drawn: bool) -> Self {
        Attempt {
            name,
            is_drawn,
            started: Instant::now(),
            started_at: Timestamp::now(),
            over: Instant::now(),
        }
    }
}

/// How a token came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Revoked {
    /// By this call.
    Now,
    /// It did not exist any more.
    Before,
}

/// Revokes a token. One that does not exist is a success.
pub(crate) async fn revoke(client: &Client, username: &str, id: &str) -> Result<Revoked, Error> {
    match client.revoke_token(username, id).await {
        Ok(_) => Ok(Revoked::Now),
        Err(error) if error.is_gone() => Ok(Revoked::Before),
        Err(error) => Err(error),
    }
}

/// Revokes a token that differs from what was asked for: a sentence about it, and the errors if it is still
/// live.
pub(crate) async fn take_back(
    client: &Client,
    username: &str,
    id: &str,
    purpose: Purpose,
) -> (String, Option<Diagnostics>) {
    match revoke(&client.settling(), username, id).await {
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::fake::{Script, status};

    fn request(name: Name) -> TokenRequest<'static> {
        TokenRequest {
            username: "svc",
            name,
            properties: NewToken::default(),
            purpose: Purpose::Managed,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_stays_undecided_for_a_minute_is_named_with_its_account_and_name() {
        let forbidden = || status(403).json(&json!({ "code": "FORBIDDEN", "message": "no" }));
        let script = Script::new()
            .answer(status(200).json(&json!({ "tokens": [] })))
            .answer(status(500));
        let script = (0..60).fold(script, |script, _| script.answer(forbidden()));
        let started = Instant::now();
        let request = request(Name::Fixed("loader".into()));
        let failed = create(&Connection::default(), &script.client(), request).await;
        let text = format!("{:?}", failed.err());
        for words in [
            "may exist",
            "403 FORBIDDEN",
            r#"\"loader\""#,
            "`svc/<id>`",
            "motherduck_revoke_tokens",
        ] {
            assert!(text.contains(words), "{words:?} in {text}");
        }
        let looked = started.elapsed();
        assert!(
            looked >= LOST_RESPONSE && looked < LOST_RESPONSE * 2,
            "{looked:?}"
        );
        let posts = script
            .sent()
            .iter()
            .filter(|sent| sent.starts_with("POST"))
            .count();
        assert_eq!(posts, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_name_is_drawn_again_at_most_five_times() {
        let taken = || status(409).json(&json!({ "code": "CONFLICT", "message": "taken" }));
        let script = (0..6).fold(Script::new(), |script, _| script.answer(taken()));
        let request = request(Name::Drawn(Prefix::Configured("etl-".into())));
        let failed = create(&Connection::default(), &script.client(), request).await;
        let text = format!("{:?}", failed.err());
        assert!(
            text.contains("name_prefix") && text.contains("409 CONFLICT"),
            "{text}"
        );
        assert_eq!(script.sent().len(), 6);
        let names: std::collections::HashSet<String> = (0..6)
            .map(|sent| script.sent_body(sent)["name"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(names.len(), 6);
    }

    #[tokio::test(start_paused = true)]
    async fn a_response_without_a_name_is_completed_from_the_listing() {
        let response = json!({
            "token": "eyJ.s3cret.x", "id": "7", "created_ts": "2026-01-01T00:00:00Z", "read_only": false,
            "token_type": "read_write",
        });
        let listed = json!({
            "id": "7", "name": "lower-cased", "created_ts": "2026-01-01T00:00:00Z", "read_only": false,
            "token_type": "read_write",
        });
        let script = Script::new()
            .answer(status(200).json(&response))
            .answer(status(200).json(&json!({ "tokens": [listed] })));
        let request = request(Name::Drawn(Prefix::Configured("Etl-".into())));
        let created = create(&Connection::default(), &script.client(), request).await;
        let created = created.ok().unwrap();
        assert_eq!(created.token.name.as_deref(), Some("lower-cased"));
        assert!(token_checks::difference(&created.sent, &created.token).is_some());
    }

    const API_NOW: &str = "Fri, 27 Nov 2026 09:00:00 GMT";

    /// A token of the name as [`request`] would create it, at a time of the API.
    fn listed(id: &str, created_ts: &str) -> serde_json::Value {
        json!({
            "id": id, "name": "loader", "created_ts": created_ts, "read_only": false, "token_type": "read_write",
        })
    }

    fn listing(tokens: &[serde_json::Value]) -> crate::api::fake::Canned {
        status(200)
            .json(&json!({ "tokens": tokens }))
            .header("date", API_NOW)
    }

    /// Creates `loader` against the script, which has to end in an error; returns the requests.
    async fn fails(script: Script) -> Vec<String> {
        let request = request(Name::Fixed("loader".into()));
        let failed = create(&Connection::default(), &script.client(), request).await;
        assert!(failed.is_err());
        script.sent()
    }

    fn revoked(sent: &[String]) -> Vec<&String> {
        sent.iter().filter(|sent| sent.starts_with("DELETE")).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn after_an_attempt_is_settled_a_token_of_its_name_is_somebody_elses() {
        let taken = status(409).json(&json!({ "code": "CONFLICT", "message": "taken" }));
        let theirs = listing(&[listed("theirs", "2026-11-27T09:00:00Z")]);
        let sent = fails(
            Script::new()
                .answer(listing(&[]))
                .answer(status(500))
                .answer(listing(&[listed("ours", "2026-11-27T09:00:00Z")]))
                .answer(status(200).json(&json!({})))
                .answer(taken)
                .answer(theirs),
        )
        .await;
        assert_eq!(revoked(&sent), ["DELETE /v1/users/svc/tokens/ours"]);
    }

    #[tokio::test(start_paused = true)]
    async fn of_two_tokens_that_fit_one_attempt_none_is_revoked() {
        let both = ["one", "two"].map(|id| listed(id, "2026-11-27T09:00:00Z"));
        let script = Script::new().answer(listing(&[])).answer(status(500));
        let sent = fails(script.answer(listing(&both))).await;
        assert!(revoked(&sent).is_empty(), "{sent:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_was_created_after_the_attempt_is_not_revoked() {
        // The looks fail for some seconds, and a token is created meanwhile.
        let script = Script::new().answer(listing(&[])).answer(status(500));
        let script = (0..6).fold(script, |script, _| script.answer(status(403)));
        let sent = fails(script.answer(listing(&[listed("theirs", "2026-11-27T09:00:00Z")]))).await;
        assert!(revoked(&sent).is_empty(), "{sent:?}");
    }
}
