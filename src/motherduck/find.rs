//! Decides when an object no longer exists. Reads can be delayed, so one 404, or one listing without a token,
//! is not enough.

use std::future::Future;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::time::{Instant, sleep, sleep_until};

use super::ProviderData;
use super::settle::{READ_DELAY, delays, run_until_stopped};
use crate::api::{
    Client, Ducklings, Error, Freshness, Instances, Listing, MIN_CONFIRMATION_INTERVAL, ReadResult,
    ReadResults, Reply,
};

impl ProviderData {
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

    /// Returns `Ok` if the account exists. An error with [`is_gone`](Error::is_gone) was confirmed by a
    /// second request.
    pub(crate) async fn find_account(&self, client: &Client, username: &str) -> Result<(), Arc<Error>> {
        self.find_instances(client, username).await.map(drop)
    }

    /// Reads the Ducklings of an account. An error with [`is_gone`](Error::is_gone) was confirmed by a second
    /// request.
    pub(crate) async fn find_ducklings(
        &self,
        client: &Client,
        username: &str,
    ) -> Result<Ducklings, Arc<Error>> {
        let instances = self.find_instances(client, username).await?;
        instances.body.ducklings.clone()
    }

    async fn find_instances(
        &self,
        client: &Client,
        username: &str,
    ) -> Result<Arc<Reply<Instances>>, Arc<Error>> {
        let own = OwnWrites {
            created: self.recent().is_account_new(username),
            deleted: self.recent().is_account_deleted(username),
        };
        let look = |freshness| client.read_shared_instances(username, freshness);
        look_until_certain(client, own, look, ReadResult::is_gone).await
    }

    /// Lists the tokens of an account in order to find one of them. An error with
    /// [`is_gone`](Error::is_gone), or a listing without that token, was confirmed by a second request,
    /// unless `has_expired` returns true for the time of the response because the token has expired.
    pub(crate) async fn find_token(
        &self,
        client: &Client,
        username: &str,
        id: &str,
        has_expired: impl Fn(Timestamp) -> bool,
    ) -> Result<Arc<Reply<Listing>>, Arc<Error>> {
        let is_missing = |look: &ReadResult<Listing>| {
            let (missing, date) = match &look.result {
                Ok(reply) => (reply.body.get(id).is_none(), reply.date),
                Err(error) => (error.is_gone(), error.date()),
            };
            missing && !has_expired(date.unwrap_or_else(Timestamp::now))
        };
        let own = OwnWrites {
            created: self.recent().is_token_new(username, id),
            deleted: self.recent().is_token_deleted(username, id),
        };
        let look = |freshness| client.read_shared_tokens(username, freshness);
        look_until_certain(client, own, look, is_missing).await
    }
}

/// Whether this process has just created or deleted an object.
#[derive(Clone, Copy)]
struct OwnWrites {
    created: bool,
    deleted: bool,
}

/// Looks until it is certain whether an object exists. Its absence, for which `is_missing` returns true, must be
/// confirmed by the responses to two requests that are at least a second apart, unless this process has just
/// created or deleted the object.
async fn look_until_certain<T, Request>(
    client: &Client,
    own: OwnWrites,
    look: impl Fn(Freshness) -> Request,
    is_missing: impl Fn(&ReadResult<T>) -> bool,
) -> Result<Arc<Reply<T>>, Arc<Error>>
where
    Request: Future<Output = ReadResults<T>>,
{
    let mut freshness = Freshness::Recent;
    let request = || look(std::mem::replace(&mut freshness, Freshness::NewRequest));
    let again = |looked: &ReadResults<T>| own.created && is_missing(&looked.latest);
    let ReadResults { latest, earlier } = repeat_while(client, request, again).await;
    let was_missing = earlier.as_ref().is_some_and(&is_missing);
    if own.created || own.deleted || was_missing || !is_missing(&latest) {
        return latest.result;
    }
    let due = latest.received + MIN_CONFIRMATION_INTERVAL;
    // After a stop the following look fails with the interruption.
    run_until_stopped(client, sleep_until(due)).await;
    look(Freshness::StartedSince(due)).await.latest.result
}

/// Sends a request, and repeats it while `again` returns true for its result, for at most 10 seconds. After a
/// stop it is sent once more, which fails with the interruption.
async fn repeat_while<R, Request>(
    client: &Client,
    mut request: impl FnMut() -> Request,
    again: impl Fn(&R) -> bool,
) -> R
where
    Request: Future<Output = R>,
{
    let deadline = Instant::now() + READ_DELAY;
    let mut result = request().await;
    for delay in delays() {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || !again(&result) {
            break;
        }
        let waited = run_until_stopped(client, sleep(delay.min(left))).await;
        result = request().await;
        if waited.is_none() {
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
    use crate::api::RequestWindow;
    use crate::api::fake::{FakeResponse, Script, not_found, status};
    use crate::stop::Stop;

    fn instances() -> FakeResponse {
        let pulse = json!({ "instance_size": "pulse", "flock_size": 0 });
        status(200).json(&json!({ "read_write": pulse, "read_scaling": pulse }))
    }

    fn listing(ids: &[&str]) -> FakeResponse {
        let token = |id| json!({ "id": id, "created_ts": "2026-01-01T00:00:00Z", "read_only": false, "token_type": "read_write" });
        let tokens: Vec<_> = ids.iter().map(token).collect();
        status(200).json(&json!({ "tokens": tokens }))
    }

    fn is_gone_error<T>(result: Result<T, Arc<Error>>) -> bool {
        result.is_err_and(|error| error.is_gone())
    }

    const LIVE: fn(Timestamp) -> bool = |_| false;

    /// Waits until no earlier response may be used by a read that begins then.
    async fn wait_until_responses_expire() {
        sleep(Duration::from_secs(16)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn absent_object_is_looked_for_again_a_second_later() {
        let provider_data = ProviderData::default();
        let script = Script::of([
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
        assert!(provider_data.find_account(&client, "ada").await.is_ok());
        wait_until_responses_expire().await;
        assert!(is_gone_error(provider_data.find_account(&client, "ada").await));
        wait_until_responses_expire().await;
        assert!(provider_data.find_ducklings(&client, "ada").await.is_ok());
        wait_until_responses_expire().await;
        assert!(is_gone_error(provider_data.find_ducklings(&client, "ada").await));
        for lists in [true, true, false] {
            wait_until_responses_expire().await;
            let found = provider_data.find_token(&client, "ada", "a", LIVE).await.unwrap();
            assert_eq!(found.body.get("a").is_some(), lists);
        }
        let waits = script.waits();
        let seconds: Vec<_> = waits.iter().step_by(2).map(Duration::as_secs).collect();
        assert_eq!(seconds, [1; 7]);
    }

    #[tokio::test(start_paused = true)]
    async fn error_of_the_second_look_is_returned() {
        let provider_data = ProviderData::default();
        let forbidden = || status(403).json(&json!({ "code": "FORBIDDEN", "message": "Unauthorized" }));
        let client = Script::of([not_found(), forbidden(), listing(&[]), forbidden()]).client();
        let account = provider_data.find_account(&client, "ada").await.unwrap_err();
        let token = provider_data
            .find_token(&client, "ada", "a", LIVE)
            .await
            .unwrap_err();
        assert!(account.is_forbidden() && token.is_forbidden());
    }

    #[tokio::test(start_paused = true)]
    async fn deleted_account_with_500_tokens_needs_four_requests() {
        let provider_data = ProviderData::default();
        let script = Script::of(std::iter::repeat_with(not_found).take(4));
        let (client, started) = (script.client(), Instant::now());
        let token = || provider_data.find_token(&client, "ada", "a", LIVE);
        let (account, ducklings, tokens) = tokio::join!(
            provider_data.find_account(&client, "ada"),
            provider_data.find_ducklings(&client, "ADA"),
            join_all((0..500).map(|_| token())),
        );
        assert!(is_gone_error(account) && is_gone_error(ducklings) && tokens.into_iter().all(is_gone_error));
        // Reads that begin one after the other.
        for _ in 0..500 {
            assert!(is_gone_error(token().await));
        }
        assert!(is_gone_error(provider_data.find_account(&client, "ada").await));
        assert_eq!(script.sent().len(), 4);
        assert_eq!(started.elapsed(), Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn token_is_absent_only_after_two_listings() {
        let provider_data = ProviderData::default();
        let script = Script::of([listing(&["b", "c"]), listing(&["c"]), listing(&["c"])]);
        let client = script.client();
        let is_found = async |id: &str| {
            let found = provider_data.find_token(&client, "ada", id, LIVE).await;
            found.unwrap().body.get(id).is_some()
        };
        // The second listing, of "a", is the first one without "b".
        assert!(!is_found("a").await);
        assert_eq!(script.sent().len(), 2);
        assert!(!is_found("b").await);
        assert_eq!(script.sent().len(), 3);
        assert!(is_found("c").await && !is_found("a").await && !is_found("b").await);
        assert_eq!(script.sent().len(), 3);
        assert_eq!(script.waits(), [Duration::from_secs(1); 2]);
    }

    #[tokio::test(start_paused = true)]
    async fn second_looks_are_at_least_a_second_after_the_first() {
        let provider_data = ProviderData::default();
        let script = Script::new()
            .respond(listing(&[]))
            .respond(listing(&[]))
            .respond(listing(&["a"]))
            .respond(listing(&["b"]));
        let client = script.client();
        let (a, b) = tokio::join!(provider_data.find_token(&client, "ada", "a", LIVE), async {
            // The second look of "a" is sent half a second after the first look of "b".
            sleep(Duration::from_millis(500)).await;
            client.read_shared_tokens("ada", Freshness::NewRequest).await;
            provider_data.find_token(&client, "ada", "b", LIVE).await
        });
        let has = |found: Result<Arc<Reply<Listing>>, Arc<Error>>, id| found.unwrap().body.get(id).is_some();
        assert!(has(a, "a") && has(b, "b"));
        assert_eq!(script.waits(), [Duration::from_millis(500); 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn expired_or_deleted_object_is_absent_after_one_look() {
        let provider_data = ProviderData::default();
        provider_data.recent().account_deleted("ada");
        provider_data.recent().token_deleted("bob", "a");
        let script = Script::of([not_found(), not_found(), not_found(), listing(&[]), listing(&[])]);
        let client = script.client();
        assert!(is_gone_error(provider_data.find_account(&client, "ada").await));
        wait_until_responses_expire().await;
        assert!(is_gone_error(provider_data.find_ducklings(&client, "ada").await));
        assert!(is_gone_error(
            provider_data.find_token(&client, "ada", "a", LIVE).await
        ));
        assert!(provider_data.find_token(&client, "bob", "a", LIVE).await.is_ok());
        assert!(
            provider_data
                .find_token(&client, "eve", "a", |_| true)
                .await
                .is_ok()
        );
        assert_eq!(script.sent().len(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn new_account_is_read_until_found() {
        let provider_data = ProviderData::default();
        provider_data.recent().account_created("ada");
        let script = Script::of([not_found(), not_found(), not_found(), instances()]);
        assert!(provider_data.find_account(&script.client(), "ada").await.is_ok());

        let client = Script::of([listing(&[]), listing(&[]), listing(&["a"])]).client();
        let found = provider_data.find_token(&client, "ada", "a", LIVE).await.unwrap();
        assert!(found.body.get("a").is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn new_account_absent_for_ten_seconds_is_gone() {
        let provider_data = ProviderData::default();
        provider_data.recent().account_created("ada");
        let script = Script::of(std::iter::repeat_with(not_found).take(50));
        let (client, started) = (script.client(), Instant::now());
        assert!(is_gone_error(provider_data.find_ducklings(&client, "ada").await));
        assert_eq!(started.elapsed(), READ_DELAY);
        let post = || client.create_service_account("ada");
        // Reads of other accounts do not wait.
        assert!(
            provider_data
                .once_visible(&client, "bob", post)
                .await
                .unwrap_err()
                .is_gone()
        );
        assert_eq!(started.elapsed(), READ_DELAY);
    }

    #[tokio::test(start_paused = true)]
    async fn stopped_look_is_interrupted() {
        let provider_data = ProviderData::default();
        provider_data.recent().account_created("ada");
        for username in ["ada", "bob"] {
            let script = Script::of([not_found()]);
            let stop = Stop::default();
            let client = script.client().bound_to(RequestWindow::until(stop.clone()));
            let (found, ()) = tokio::join!(provider_data.find_ducklings(&client, username), async {
                script.sent_count(1).await;
                stop.fire();
            });
            assert!(found.unwrap_err().is_interrupted());
        }
    }
}
