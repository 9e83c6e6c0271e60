//! The server that the checks test, and the accounts that they create.

use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::api::{Api, segment};
use crate::ledger::Existence;
use crate::outcome::{Failure, require};
use crate::reply::Reply;
use crate::target::{Target, Time};

/// The number of checks that run in parallel.
pub(crate) const AT_ONCE: usize = 4;

/// The lifetime, in seconds, of a token whose expiry a check waits for. It is the shortest valid one.
pub(crate) const SHORTEST_LIFE_SECONDS: u64 = 300;

/// After this time, a create request without a response is no longer carried out.
const SETTLED_AFTER: Duration = Duration::from_secs(3);

/// The checks and the server that they test.
pub struct Suite {
    pub(crate) api: Api,
    pub(crate) target: Target,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Removal {
    Done,
    /// The account did not exist.
    Nothing,
    Failed,
}

/// Why a suite could not be created.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be set up: {0}")]
pub struct SuiteError(#[from] reqwest::Error);

pub(crate) struct Created {
    pub(crate) id: String,
    pub(crate) secret: SecretString,
    /// The response, without the secret.
    pub(crate) body: Value,
}

impl Suite {
    /// Creates a suite. It sends no request yet.
    ///
    /// # Errors
    /// If the system's certificates or proxy settings cannot be used.
    pub fn new(target: Target) -> Result<Self, SuiteError> {
        Ok(Self {
            api: Api::new(&target)?,
            target,
        })
    }

    /// Returns the number of requests sent.
    pub fn requests(&self) -> u64 {
        self.api.sent()
    }

    /// Reserves a name for an account that other code will create. [`Suite::clean_up`] deletes the account.
    pub fn reserve_account(&self) -> String {
        let name = self.api.ledger.generate_name("");
        self.api.ledger.set(&name, Existence::Unknown);
        name
    }

    /// Records that an account with a reserved name was already deleted.
    pub fn release_account(&self, name: &str) {
        self.api.ledger.set(name, Existence::Absent);
    }

    /// Deletes every account of this run. Returns the names of those that may still exist.
    pub async fn clean_up(&self) -> Vec<String> {
        let mut left = self.remove_all().await;
        let unknown = self.api.ledger.to_remove();
        if unknown
            .iter()
            .any(|(_, existence)| *existence == Existence::Unknown)
        {
            // A create request in flight can still be carried out.
            tokio::time::sleep(SETTLED_AFTER).await;
            left = self.remove_all().await;
        }
        left
    }

    async fn remove_all(&self) -> Vec<String> {
        let removals = self
            .api
            .ledger
            .to_remove()
            .into_iter()
            .map(async |(name, existence)| {
                let removal = self.remove(&name, existence).await;
                // An account that was not found may still be created.
                if removal == Removal::Done || removal == Removal::Nothing && existence == Existence::Created
                {
                    self.api.ledger.set(&name, Existence::Absent);
                }
                (removal == Removal::Failed).then_some(name)
            });
        let results: Vec<Option<String>> = stream::iter(removals).buffered(AT_ONCE).collect().await;
        results.into_iter().flatten().collect()
    }

    /// Deletes an account, and repeats failed attempts.
    async fn remove(&self, name: &str, existence: Existence) -> Removal {
        for attempt in 0..4 {
            // The pauses take at most three seconds in total; a rate limit or a short outage may be over by
            // then.
            tokio::time::sleep(Duration::from_millis(500) * attempt).await;
            let removed = self.api.delete(account(name)).send().await;
            match removed {
                Ok(reply) if reply.status == 200 => return Removal::Done,
                Ok(reply) if reply.is(404, "NOT_FOUND") => return Removal::Nothing,
                // An account with an invalid name cannot exist.
                Ok(reply) if existence == Existence::Unknown && reply.is(400, "BAD_REQUEST") => {
                    return Removal::Nothing;
                }
                _ => {}
            }
        }
        Removal::Failed
    }

    /// Creates an account with a generated name, and returns the name.
    pub(crate) async fn account(&self) -> Result<String, Failure> {
        let name = self.api.ledger.generate_name("");
        let created = self.create_account(&name).await?;
        created.ok("POST /v1/users")?;
        Ok(name)
    }

    pub(crate) async fn create_account(&self, name: &str) -> Result<Reply, Failure> {
        self.api
            .post("/v1/users", json!({ "username": name }))
            .send()
            .await
    }

    pub(crate) async fn delete_account(&self, name: &str) -> Result<(), Failure> {
        let deleted = self.api.delete(account(name)).send().await?;
        deleted.ok("DELETE /v1/users/{username}").map(drop)
    }

    /// Returns the response to the creation of a token, which may be a refusal.
    pub(crate) async fn create_token(&self, owner: &str, body: Value) -> Result<Reply, Failure> {
        self.api.post(tokens(owner), body).send().await
    }

    pub(crate) async fn revoke_token(&self, owner: &str, id: &str) -> Result<(), Failure> {
        let deleted = self.api.delete(token(owner, id)).send().await?;
        deleted.ok("DELETE …/tokens/{token_id}").map(drop)
    }

    /// Creates a token, and fails if it is refused.
    pub(crate) async fn token(&self, owner: &str, body: Value) -> Result<Created, Failure> {
        let created = self.create_token(owner, body).await?;
        let mut body = created.ok("POST …/tokens")?.clone();
        let secret = body.as_object_mut().and_then(|fields| fields.remove("token"));
        let secret = secret.as_ref().and_then(Value::as_str).unwrap_or_default();
        require(
            !secret.is_empty(),
            "POST …/tokens: there is no secret in the response",
        )?;
        Ok(Created {
            id: body["id"].as_str().unwrap_or_default().to_owned(),
            secret: secret.into(),
            body,
        })
    }

    pub(crate) async fn live_tokens(&self, owner: &str) -> Result<Vec<Value>, Failure> {
        let listed = self.api.get(tokens(owner)).send().await?;
        let tokens = listed.ok("GET …/tokens")?["tokens"].as_array();
        tokens
            .cloned()
            .ok_or_else(|| "GET …/tokens: the response has no list `tokens`".into())
    }

    /// Waits some seconds or advances the clock, if the target allows it.
    pub(crate) async fn pass_time(&self, seconds: u64) -> Result<(), Failure> {
        if self.target.time == Time::Emulator {
            let body = json!({ "advance_seconds": seconds });
            let moved = self.api.call(Method::POST, "/_emulator/clock").json(body);
            let moved = moved.known_to_be_harmless().unchecked().send().await?;
            moved.ok("POST /_emulator/clock")?;
        } else {
            // The clock of a service cannot be advanced. Only `Time::Wait` uses this, for one shortest
            // lifetime.
            tokio::time::sleep(Duration::from_secs(seconds)).await;
        }
        Ok(())
    }
}

/// Returns the path of an account.
pub(crate) fn account(name: &str) -> String {
    format!("/v1/users/{}", segment(name))
}

/// Returns the path of an account's tokens.
pub(crate) fn tokens(owner: &str) -> String {
    format!("{}/tokens", account(owner))
}

/// Returns the path of a token by its id or name.
pub(crate) fn token(owner: &str, id_or_name: &str) -> String {
    format!("{}/{}", tokens(owner), segment(id_or_name))
}

/// Returns the path of an account's Duckling configuration.
pub(crate) fn instances(owner: &str) -> String {
    format!("{}/instances", account(owner))
}
