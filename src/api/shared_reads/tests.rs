//! The rules of shared reads, one by one: a response that must not be used differs from the next one.

use std::future::ready;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{advance, sleep};

use super::*;
use crate::api::account_generations::UNSHARED_AFTER_LOST_WRITE;
use crate::api::accounts::PRUNED_FROM;
use crate::api::fake::{FakeResponse, Script, ducklings, not_found, status};
use crate::api::{Client, Listing, NewToken, RequestWindow};

const SECOND: Duration = Duration::from_secs(1);

fn listing(ids: &[&str]) -> FakeResponse {
    let token = |id: &&str| json!({ "id": id, "created_ts": "2026-01-01T00:00:00Z", "read_only": false, "token_type": "read_write" });
    status(200).json(&json!({ "tokens": ids.iter().map(token).collect::<Vec<_>>() }))
}

fn instances(flock_size: u32) -> FakeResponse {
    status(200).json(&json!({
        "read_write": { "instance_size": "pulse" },
        "read_scaling": { "instance_size": "pulse", "flock_size": flock_size },
    }))
}

fn forbidden() -> FakeResponse {
    status(403).json(&json!({ "code": "FORBIDDEN", "message": "No" }))
}

/// Whether a read that begins now returns this token.
async fn read_shows_token(client: &Client, id: &str) -> bool {
    let results = client.read_shared_tokens("ada", Freshness::Recent).await;
    results.latest.result.unwrap().body.get(id).is_some()
}

/// Returns the flock size that a read which begins now returns.
async fn flock_size(client: &Client) -> u32 {
    let results = client.read_shared_instances("ada", Freshness::Recent).await;
    let ducklings = results.latest.result.unwrap().body.ducklings.clone();
    ducklings.unwrap().read_scaling.flock_size
}

/// Polls a future once, so that it waits.
async fn poll_once<F: Future + Unpin>(future: &mut F) {
    tokio::select! {
        biased;
        _ = future => panic!("it has already ended"),
        () = ready(()) => {}
    }
}

#[tokio::test(start_paused = true)]
async fn reads_of_an_account_share_a_request_regardless_of_case() {
    let script = Script::new()
        .respond_later(listing(&["A"]))
        .respond_later(instances(4))
        .respond_later(listing(&["b"]));
    let client = script.client();
    let names = ["ada", "ADA", "Ada"];
    let tokens = join_all(names.map(|name| client.read_shared_tokens(name, Freshness::Recent)));
    let accounts = join_all(names.map(|name| client.read_shared_instances(name, Freshness::Recent)));
    let other = client.read_shared_tokens("bob", Freshness::Recent);
    let (tokens, accounts, other) = tokio::join!(tokens, accounts, other);
    let first = tokens[0].latest.result.as_ref().unwrap();
    for results in &tokens {
        let listing = results.latest.result.as_ref().unwrap();
        assert!(Arc::ptr_eq(listing, first), "no listing is copied");
        assert!(listing.body.get("a").is_some() && listing.body.get("b").is_none());
    }
    for results in accounts {
        let ducklings = results.latest.result.unwrap().body.ducklings.clone().unwrap();
        assert_eq!(ducklings.read_scaling.flock_size, 4);
    }
    assert!(other.latest.result.unwrap().body.get("b").is_some());
    assert_eq!(
        script.sent(),
        [
            "GET /v1/users/ada/tokens",
            "GET /v1/users/ada/instances",
            "GET /v1/users/bob/tokens"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn response_is_reused_for_fifteen_seconds_after_its_request() {
    let script = Script::new()
        .respond_later(listing(&["old"]))
        .respond(listing(&["new"]));
    let client = script.client();
    assert!(read_shows_token(&client, "old").await);
    advance(14 * SECOND).await;
    assert!(read_shows_token(&client, "old").await);
    advance(Duration::from_millis(1)).await;
    assert!(read_shows_token(&client, "new").await);
}

#[tokio::test(start_paused = true)]
async fn request_in_flight_is_shared_for_fifteen_seconds() {
    let script = Script::new().hang().respond(listing(&["new"]));
    let client = script.client_with(|settings| settings.request_timeout = 60 * SECOND);
    let look = || Box::pin(client.read_shared_tokens("ada", Freshness::Recent));
    let (mut first, mut second) = (look(), look());
    poll_once(&mut first).await;
    advance(15 * SECOND).await;
    poll_once(&mut second).await;
    assert_eq!(script.sent().len(), 1);
    advance(Duration::from_millis(1)).await;
    assert!(read_shows_token(&client, "new").await);
}

#[tokio::test(start_paused = true)]
async fn clients_of_different_configurations_share_no_request() {
    let script = Script::new().respond(listing(&["a"])).respond(listing(&["b"]));
    let (one, other) = (script.client(), script.client());
    assert!(read_shows_token(&one, "a").await && read_shows_token(&other, "b").await);
    // The clients of two calls of one configuration.
    assert!(read_shows_token(&one.bound_to(RequestWindow::default()), "a").await);
}

/// Sends a write to the account "ada". `index` selects its kind.
async fn send_write(client: &Client, index: usize) {
    // Whether a write succeeds does not matter.
    match index {
        0 => drop(client.create_service_account("ADA").await),
        1 => drop(client.create_token("ada", &NewToken::default()).await),
        2 => drop(client.revoke_token("Ada", "a").await),
        3 => drop(client.set_ducklings("ada", &ducklings()).await),
        _ => drop(client.delete_user("ada").await),
    }
}

#[tokio::test(start_paused = true)]
async fn write_to_the_account_discards_earlier_responses() {
    for write in 0..5 {
        let script = Script::new()
            .respond(listing(&["old"]))
            .respond(instances(1))
            .respond(forbidden())
            .respond(listing(&["new"]))
            .respond(instances(2));
        let client = script.client();
        assert!(read_shows_token(&client, "old").await && flock_size(&client).await == 1);
        send_write(&client, write).await;
        assert!(read_shows_token(&client, "new").await, "{write}");
        assert_eq!(flock_size(&client).await, 2, "{write}");
    }
}

#[tokio::test(start_paused = true)]
async fn write_to_another_account_discards_no_response() {
    let script = Script::new().respond(listing(&["a"])).respond(forbidden());
    let client = script.client();
    assert!(read_shows_token(&client, "a").await);
    client.delete_user("bob").await.unwrap_err();
    assert!(read_shows_token(&client, "a").await);
}

#[tokio::test(start_paused = true)]
async fn request_sent_before_a_write_is_not_used_after_it() {
    for write in 0..5 {
        let script = Script::new()
            .respond_later(listing(&["old"]))
            .respond(forbidden())
            .respond_later(listing(&["new"]));
        let client = script.client();
        let mut before = Box::pin(read_shows_token(&client, "old"));
        poll_once(&mut before).await;
        send_write(&client, write).await;
        // The request is still in flight for the read that began before the write.
        let (before, after) = tokio::join!(before, read_shows_token(&client, "new"));
        assert!(before && after, "{write}");
        assert!(read_shows_token(&client, "new").await, "{write}");
        assert_eq!(script.sent().len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn request_sent_during_a_write_is_not_used_after_it() {
    for late in [false, true] {
        let script = Script::new().respond_later(forbidden());
        // The response arrives before the end of the write, or after it.
        let script = if late {
            script.respond_later(listing(&["old"]))
        } else {
            script.respond(listing(&["old"]))
        };
        let script = script.respond_later(listing(&["new"]));
        let client = script.client();
        let mut write = Box::pin(client.revoke_token("ada", "a"));
        poll_once(&mut write).await;
        let mut during = Box::pin(read_shows_token(&client, "old"));
        if late {
            sleep(SECOND / 2).await;
            poll_once(&mut during).await;
            write.await.unwrap_err();
            let (during, after) = tokio::join!(during, read_shows_token(&client, "new"));
            assert!(during && after);
        } else {
            assert!(during.await);
            let (write, during) = tokio::join!(write, read_shows_token(&client, "new"));
            assert!(write.is_err() && during);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn responses_are_not_reused_after_a_lost_write() {
    let script = Script::new()
        .respond(status(500))
        .respond(listing(&["old"]))
        .respond(listing(&["new"]))
        .respond(listing(&["newer"]));
    let client = script.client();
    client
        .create_token("ada", &NewToken::default())
        .await
        .unwrap_err();
    assert!(read_shows_token(&client, "old").await && read_shows_token(&client, "new").await);
    advance(UNSHARED_AFTER_LOST_WRITE).await;
    assert!(read_shows_token(&client, "newer").await && read_shows_token(&client, "newer").await);
}

#[tokio::test(start_paused = true)]
async fn cancelled_write_counts_as_lost() {
    let script = Script::new()
        .hang()
        .respond(listing(&["old"]))
        .respond(listing(&["new"]));
    let client = script.client();
    let mut write = Box::pin(client.revoke_token("ada", "a"));
    poll_once(&mut write).await;
    drop(write);
    assert!(read_shows_token(&client, "old").await && read_shows_token(&client, "new").await);
}

#[tokio::test(start_paused = true)]
async fn unshared_reads_send_requests_and_discard_older_responses() {
    let listings = ["a", "b", "c", "d"].map(|id| listing(&[id]));
    let script = Script::of(listings.into_iter().chain((1..=5).map(instances)));
    let client = script.client();
    assert!(read_shows_token(&client, "a").await);
    for id in ["b", "c"] {
        assert_eq!(client.tokens("ada").await.unwrap().body[0].id, id);
    }
    assert!(read_shows_token(&client, "d").await);
    assert_eq!(flock_size(&client).await, 1);
    let ducklings = client.ducklings("ADA").await.unwrap().body;
    assert_eq!(ducklings.read_scaling.flock_size, 2);
    assert_eq!(flock_size(&client).await, 3);
    client.find_user("ada").await.unwrap();
    assert_eq!(flock_size(&client).await, 5);
}

#[tokio::test(start_paused = true)]
async fn request_in_flight_is_not_used_after_a_later_response() {
    let script = Script::new()
        .respond_later(listing(&["old"]))
        .respond(listing(&["new"]))
        .respond_later(listing(&["new"]));
    let client = script.client();
    let mut old = Box::pin(read_shows_token(&client, "old"));
    poll_once(&mut old).await;
    client.tokens("ada").await.unwrap();
    let (old, new) = tokio::join!(old, read_shows_token(&client, "new"));
    assert!(old && new && read_shows_token(&client, "new").await);
    assert_eq!(script.sent().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn error_is_shared_only_by_reads_waiting_for_its_request() {
    let script = Script::new().respond_later(forbidden()).respond(listing(&["a"]));
    let client = script.client();
    let looks = join_all((0..3).map(|_| client.read_shared_tokens("ada", Freshness::Recent))).await;
    for results in looks {
        assert!(results.latest.result.unwrap_err().is_forbidden());
    }
    assert_eq!(script.sent().len(), 1);
    assert!(read_shows_token(&client, "a").await);
}

#[tokio::test(start_paused = true)]
async fn malformed_ducklings_are_not_reused() {
    let odd = status(200).json(&json!({ "read_write": 7 }));
    let script = Script::new().respond(odd).respond(instances(3));
    let client = script.client();
    let look = async || {
        client
            .read_shared_instances("ada", Freshness::Recent)
            .await
            .latest
            .result
    };
    let error = look().await.unwrap().body.ducklings.clone().unwrap_err();
    assert!(
        error.to_string().contains("`read_write` is not an object"),
        "{error}"
    );
    assert!(look().await.unwrap().body.ducklings.is_ok());
}

#[tokio::test(start_paused = true)]
async fn cancelled_read_does_not_cancel_a_shared_request() {
    let script = Script::new().respond_later(listing(&["a"]));
    let client = script.client();
    let mut first = Box::pin(client.read_shared_tokens("ada", Freshness::Recent));
    let mut second = Box::pin(read_shows_token(&client, "a"));
    poll_once(&mut first).await;
    poll_once(&mut second).await;
    drop(first);
    assert!(second.await);
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn request_without_readers_is_not_reused() {
    let script = Script::new().hang().respond(listing(&["a"]));
    let client = script.client();
    let mut first = Box::pin(client.read_shared_tokens("ada", Freshness::Recent));
    poll_once(&mut first).await;
    drop(first);
    assert!(read_shows_token(&client, "a").await);
}

/// Returns a read in its own call, and the stop of that call.
fn stoppable(client: &Client) -> (Stop, BoxFuture<'static, ReadResults<Listing>>) {
    let stop = Stop::default();
    let client = client.bound_to(RequestWindow::until(stop.clone()));
    let look = async move { client.read_shared_tokens("ada", Freshness::Recent).await };
    (stop, look.boxed())
}

#[tokio::test(start_paused = true)]
async fn stop_of_one_call_does_not_end_a_shared_request() {
    // The request is repeated after the stop.
    let script = Script::new().respond(status(503)).respond(listing(&["a"]));
    let client = script.client();
    let ((stop, mut one), (_, mut other)) = (stoppable(&client), stoppable(&client));
    poll_once(&mut one).await;
    poll_once(&mut other).await;
    stop.fire();
    let (_, other) = tokio::join!(one, other);
    assert!(other.latest.result.unwrap().body.get("a").is_some());
}

#[tokio::test(start_paused = true)]
async fn stop_of_all_calls_ends_a_shared_request() {
    let script = Script::new().respond(status(503)).respond(listing(&["a"]));
    let client = script.client();
    let ((stop, mut one), (other_stop, mut other)) = (stoppable(&client), stoppable(&client));
    poll_once(&mut one).await;
    poll_once(&mut other).await;
    let started = Instant::now();
    stop.fire();
    other_stop.fire();
    let (one, other) = tokio::join!(one, other);
    assert_eq!(started.elapsed(), Duration::ZERO);
    for results in [one, other] {
        let error = results.latest.result.unwrap_err();
        assert!(error.is_interrupted() && error.attempts() == 1, "{error}");
    }
    let (stop, late) = stoppable(&client);
    stop.fire();
    let error = late.await.latest.result.unwrap_err();
    assert!(error.is_interrupted() && error.attempts() == 0);
    assert_eq!(script.sent().len(), 1);
    // A call that is not stopped has its own request.
    assert!(read_shows_token(&client, "a").await);
}

#[tokio::test(start_paused = true)]
async fn earlier_is_an_absence_at_least_one_second_older() {
    let script = Script::of(vec![not_found(); 3]);
    let client = script.client();
    let look = async |freshness| client.read_shared_instances("ada", freshness).await;
    let first = look(Freshness::Recent).await;
    assert!(first.latest.is_gone() && first.earlier.is_none());
    advance(Duration::from_millis(999)).await;
    let second = look(Freshness::NewRequest).await;
    assert!(second.latest.is_gone() && look(Freshness::Recent).await.earlier.is_none());
    advance(SECOND).await;
    look(Freshness::NewRequest).await;
    let third = look(Freshness::Recent).await;
    assert!(third.latest.is_gone() && third.earlier.is_some_and(|look| look.is_gone()));
    assert_eq!(script.sent().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn shared_error_masks_the_secrets_of_each_call() {
    let problem = json!({ "code": "NOT_FOUND", "message": "no first-secret, second-secret or third-secret", "issues": [{ "message": "third-secret" }] });
    let script = Script::new().respond_later(status(404).json(&problem));
    let client = script.client();
    let of = |secret: &str| {
        let client = client.bound_to(RequestWindow::default());
        client.mask_secret(&secret.into());
        async move {
            let results = client.read_shared_tokens("ada", Freshness::Recent).await;
            format!("{:?}", results.latest.result.unwrap_err())
        }
    };
    let (one, two) = tokio::join!(of("first-secret"), of("second-secret"));
    let three = of("third-secret").await;
    assert!(!one.contains("first-secret") && !two.contains("second-secret"));
    assert!(!three.contains("third-secret"), "{three}");
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn unused_accounts_are_removed_from_memory() {
    let script = Script::of(vec![listing(&[]); 500]);
    let client = script.client();
    for number in 0..500 {
        client
            .read_shared_tokens(&format!("svc_{number}"), Freshness::Recent)
            .await;
        advance(SECOND).await;
    }
    assert!(lock(&client.token_reads.accounts).len() <= PRUNED_FROM);
}
