//! When an object counts as gone: reads can be behind, so one 404, or one listing without a token, is not
//! enough.

use std::future::Future;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::Connection;
use super::second_look::Shown;
use super::settle::{INVISIBLE, delays};
use crate::api::{Client, Ducklings, Error, Reply, Token};

impl Connection {
    /// Sends a request about an account, and repeats it after 404 `NOT_FOUND` while the account is new, for
    /// at most 10 seconds: an account that this process created may not be visible yet.
    pub(crate) async fn once_visible<T, Request>(
        &self,
        client: &Client,
        username: &str,
        request: impl FnMut() -> Request,
    ) -> Result<T, Error>
    where
        Request: Future<Output = Result<T, Error>>,
    {
        let is_new = self.recent().is_account_new(username);
        repeat_while(client, request, |result| {
            is_new && result.as_ref().is_err_and(Error::is_gone)
        })
        .await
    }

    /// Returns if the account exists. An error that [`is_gone`](Error::is_gone) was seen twice.
    pub(crate) async fn find_account(&self, client: &Client, username: &str) -> Result<(), Arc<Error>> {
        let look = || async { client.find_user(username).await.map(drop) };
        let first = self.once_visible(client, username, look).await;
        if !self.needs_second_look(username, &first) {
            return first.map_err(Arc::new);
        }
        let enough = |shown: &Shown| match shown {
            Shown::NoAccount(gone) => Some(Err(Arc::clone(gone))),
            Shown::Account | Shown::Ducklings(_) | Shown::Tokens(_) => Some(Ok(())),
        };
        self.second_look(client, username, enough, look, |()| Shown::Account)
            .await
    }

    /// Reads the Ducklings of an account. An error that [`is_gone`](Error::is_gone) was seen twice.
    pub(crate) async fn find_ducklings(
        &self,
        client: &Client,
        username: &str,
    ) -> Result<Reply<Ducklings>, Arc<Error>> {
        let look = || client.ducklings(username);
        let first = self.once_visible(client, username, look).await;
        if !self.needs_second_look(username, &first) {
            return first.map_err(Arc::new);
        }
        let enough = |shown: &Shown| match shown {
            Shown::NoAccount(gone) => Some(Err(Arc::clone(gone))),
            Shown::Ducklings(live) => Some(Ok(live.clone())),
            Shown::Account | Shown::Tokens(_) => None,
        };
        self.second_look(client, username, enough, look, Shown::Ducklings)
            .await
    }

    /// Lists the tokens of an account in order to find one of them. An error that [`is_gone`](Error::is_gone), or a
    /// listing without that token, was seen twice, unless `is_over` says that the token has ended at the time of
    /// the response.
    pub(crate) async fn find_token(
        &self,
        client: &Client,
        username: &str,
        id: &str,
        is_over: impl Fn(Timestamp) -> bool,
    ) -> Result<Reply<Vec<Token>>, Arc<Error>> {
        let is_new = self.recent().is_token_new(username, id);
        let lists =
            |reply: &Reply<Vec<Token>>| reply.body.iter().any(|token| token.id.eq_ignore_ascii_case(id));
        let is_missing = |result: &Result<Reply<Vec<Token>>, Error>| {
            let (missing, date) = match result {
                Ok(reply) => (!lists(reply), reply.date),
                Err(error) => (error.is_gone(), error.date()),
            };
            missing && !is_over(date.unwrap_or_else(Timestamp::now))
        };
        let look = || client.tokens(username);
        let first = repeat_while(client, look, |result| is_new && is_missing(result)).await;
        if is_new || !is_missing(&first) || self.recent().is_token_deleted(username, id) {
            return first.map_err(Arc::new);
        }
        let enough = |shown: &Shown| match shown {
            Shown::NoAccount(gone) => Some(Err(Arc::clone(gone))),
            Shown::Tokens(listing) => Some(Ok(listing.clone())),
            Shown::Account | Shown::Ducklings(_) => None,
        };
        self.second_look(client, username, enough, look, Shown::Tokens)
            .await
    }

    /// Whether the result of a first look at an account has to be confirmed.
    fn needs_second_look<T>(&self, username: &str, first: &Result<T, Error>) -> bool {
        let recent = self.recent();
        first.as_ref().is_err_and(Error::is_gone)
            && !recent.is_account_new(username)
            && !recent.is_account_deleted(username)
    }

    /// Takes the second look at an account, or uses one that another object of it has taken.
    async fn second_look<T: Clone, Look>(
        &self,
        client: &Client,
        username: &str,
        enough: impl Fn(&Shown) -> Option<Result<T, Arc<Error>>>,
        look: impl Fn() -> Look,
        shown: impl FnOnce(T) -> Shown,
    ) -> Result<T, Arc<Error>>
    where
        Look: Future<Output = Result<T, Error>>,
    {
        let look = || async {
            match look().await {
                Ok(found) => Ok((shown(found.clone()), Ok(found))),
                Err(error) if error.is_gone() => {
                    let error = Arc::new(error);
                    Ok((Shown::NoAccount(Arc::clone(&error)), Err(error)))
                }
                Err(error) => Err(Arc::new(error)),
            }
        };
        self.second_looks().look(client, username, enough, look).await?
    }
}

/// Sends a request, and repeats it while `again` holds of its result, for at most 10 seconds. After a stop it
/// is sent once more, which fails with the interruption.
async fn repeat_while<R, Request>(
    client: &Client,
    mut request: impl FnMut() -> Request,
    again: impl Fn(&R) -> bool,
) -> R
where
    Request: Future<Output = R>,
{
    let deadline = Instant::now() + INVISIBLE;
    let mut result = request().await;
    for delay in delays() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || !again(&result) {
            break;
        }
        let is_stopped = tokio::select! {
            biased;
            () = client.stopped() => true,
            () = sleep(delay.min(left)) => false,
        };
        result = request().await;
        if is_stopped {
            break;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::future::join_all;
    use serde_json::json;

    use super::*;
    use crate::api::Scope;
    use crate::api::fake::{Canned, Script, status};
    use crate::stop::Stop;

    fn not_found() -> Canned {
        status(404).json(&json!({ "code": "NOT_FOUND", "message": "User not found" }))
    }

    fn instances() -> Canned {
        let pulse = json!({ "instance_size": "pulse", "flock_size": 0 });
        status(200).json(&json!({ "read_write": pulse, "read_scaling": pulse }))
    }

    fn listing(ids: &[&str]) -> Canned {
        let token = |id| json!({ "id": id, "created_ts": "2026-01-01T00:00:00Z", "read_only": false, "token_type": "read_write" });
        let tokens: Vec<_> = ids.iter().map(token).collect();
        status(200).json(&json!({ "tokens": tokens }))
    }

    fn script(answers: impl IntoIterator<Item = Canned>) -> Script {
        answers.into_iter().fold(Script::new(), Script::answer)
    }

    fn gone<T>(result: Result<T, Arc<Error>>) -> bool {
        result.is_err_and(|error| error.is_gone())
    }

    const LIVE: fn(Timestamp) -> bool = |_| false;

    #[tokio::test(start_paused = true)]
    async fn what_is_not_found_is_looked_for_again_a_second_later() {
        let connection = Connection::default();
        let script = script([
            not_found(),
            instances(),
            not_found(),
            not_found(),
            not_found(),
            instances(),
            not_found(),
            not_found(),
            not_found(),
            listing(&["a"]),
            listing(&["b"]),
            listing(&["A"]),
            listing(&[]),
            listing(&[]),
        ]);
        let client = script.client();
        assert!(connection.find_account(&client, "ada").await.is_ok());
        assert!(gone(connection.find_account(&client, "ada").await));
        assert!(connection.find_ducklings(&client, "ada").await.is_ok());
        assert!(gone(connection.find_ducklings(&client, "ada").await));
        for lists in [true, true, false] {
            let found = connection.find_token(&client, "ada", "a", LIVE).await.unwrap();
            assert_eq!(!found.body.is_empty(), lists);
        }
        let waits = script.waits();
        assert!(
            waits
                .iter()
                .step_by(2)
                .all(|wait| *wait >= Duration::from_secs(1)),
            "{waits:?}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_error_at_the_second_look_is_no_end() {
        let connection = Connection::default();
        let forbidden = || status(403).json(&json!({ "code": "FORBIDDEN", "message": "Unauthorized" }));
        let client = script([not_found(), forbidden(), listing(&[]), forbidden()]).client();
        let account = connection.find_account(&client, "ada").await.unwrap_err();
        let token = connection
            .find_token(&client, "ada", "a", LIVE)
            .await
            .unwrap_err();
        assert!(account.is_forbidden() && token.is_forbidden());
    }

    #[tokio::test(start_paused = true)]
    async fn one_second_look_serves_all_objects_of_the_account() {
        let connection = Connection::default();
        let script = script(std::iter::repeat_with(not_found).take(13));
        let client = script.client();
        let (account, ducklings, tokens) = tokio::join!(
            connection.find_account(&client, "ada"),
            connection.find_ducklings(&client, "ADA"),
            join_all((0..10).map(|_| connection.find_token(&client, "ada", "a", LIVE))),
        );
        assert!(gone(account) && gone(ducklings) && tokens.into_iter().all(gone));
        assert_eq!(script.sent().len(), 13);
    }

    #[tokio::test(start_paused = true)]
    async fn one_listing_serves_all_tokens_of_the_account() {
        let connection = Connection::default();
        let client = script([listing(&[]), listing(&[]), listing(&["a"])]).client();
        let (a, b) = tokio::join!(
            connection.find_token(&client, "ada", "a", LIVE),
            connection.find_token(&client, "ada", "b", LIVE),
        );
        assert_eq!((a.unwrap().body.len(), b.unwrap().body.len()), (1, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn one_look_is_enough_for_what_is_over_or_was_deleted_here() {
        let connection = Connection::default();
        connection.recent().account_deleted("ada");
        connection.recent().token_deleted("bob", "a");
        let script = script([not_found(), not_found(), not_found(), listing(&[]), listing(&[])]);
        let client = script.client();
        assert!(gone(connection.find_account(&client, "ada").await));
        assert!(gone(connection.find_ducklings(&client, "ada").await));
        assert!(gone(connection.find_token(&client, "ada", "a", LIVE).await));
        assert!(connection.find_token(&client, "bob", "a", LIVE).await.is_ok());
        assert!(connection.find_token(&client, "eve", "a", |_| true).await.is_ok());
        assert_eq!(script.sent().len(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_account_is_asked_for_until_it_is_visible() {
        let connection = Connection::default();
        connection.recent().account_created("ada");
        let script = script([not_found(), not_found(), not_found(), instances()]);
        assert!(connection.find_account(&script.client(), "ada").await.is_ok());

        let client = self::script([listing(&[]), listing(&[]), listing(&["a"])]).client();
        let found = connection.find_token(&client, "ada", "a", LIVE).await.unwrap();
        assert_eq!(found.body.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_account_that_stays_invisible_is_gone_after_ten_seconds() {
        let connection = Connection::default();
        connection.recent().account_created("ada");
        let script = script(std::iter::repeat_with(not_found).take(50));
        let (client, started) = (script.client(), Instant::now());
        assert!(gone(connection.find_ducklings(&client, "ada").await));
        assert_eq!(started.elapsed(), INVISIBLE);
        let post = || client.create_service_account("ada");
        // Other accounts are not waited for.
        assert!(
            connection
                .once_visible(&client, "bob", post)
                .await
                .unwrap_err()
                .is_gone()
        );
        assert_eq!(started.elapsed(), INVISIBLE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_the_wait_and_proves_nothing() {
        let connection = Connection::default();
        connection.recent().account_created("ada");
        for username in ["ada", "bob"] {
            let script = script([not_found()]);
            let stop = Stop::default();
            let client = script.client().bound_to(Scope::until(stop.clone()));
            let (found, ()) = tokio::join!(connection.find_ducklings(&client, username), async {
                script.sent_count(1).await;
                stop.fire();
            });
            assert!(found.unwrap_err().is_interrupted());
        }
    }
}
