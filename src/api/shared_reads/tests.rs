//! The rules of shared reads, one by one: a response that must not be used differs from the next one.

use std::future::ready;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{advance, sleep};

use super::*;
use crate::api::accounts::PRUNED_FROM;
use crate::api::fake::{Canned, Script, status};
use crate::api::writes::LATE_WRITE;
use crate::api::{Client, Ducklings, Listing, NewToken, ReadScaling, ReadWrite, Scope};

const SECOND: Duration = Duration::from_secs(1);

fn listing(ids: &[&str]) -> Canned {
    let token = |id: &&str| json!({ "id": id, "created_ts": "2026-01-01T00:00:00Z", "read_only": false, "token_type": "read_write" });
    status(200).json(&json!({ "tokens": ids.iter().map(token).collect::<Vec<_>>() }))
}

fn instances(flock_size: u32) -> Canned {
    status(200).json(&json!({
        "read_write": { "instance_size": "pulse" },
        "read_scaling": { "instance_size": "pulse", "flock_size": flock_size },
    }))
}

fn gone() -> Canned {
    status(404).json(&json!({ "code": "NOT_FOUND", "message": "User not found" }))
}

fn failed() -> Canned {
    status(403).json(&json!({ "code": "FORBIDDEN", "message": "No" }))
}

/// Whether a read that begins now shows this token.
async fn shows(client: &Client, id: &str) -> bool {
    let looked = client.look_at_tokens("ada", Since::Recently).await;
    looked.latest.result.unwrap().body.get(id).is_some()
}

/// Polls a future once, so that it waits.
async fn begun<F: Future + Unpin>(future: &mut F) {
    tokio::select! {
        biased;
        _ = future => panic!("it has already ended"),
        () = ready(()) => {}
    }
}

#[tokio::test(start_paused = true)]
async fn reads_of_one_account_share_a_request_whatever_the_case_of_its_name() {
    let script = Script::new()
        .respond_later(listing(&["A"]))
        .respond_later(instances(4))
        .respond_later(listing(&["b"]));
    let client = script.client();
    let names = ["ada", "ADA", "Ada"];
    let tokens = join_all(names.map(|name| client.look_at_tokens(name, Since::Recently)));
    let accounts = join_all(names.map(|name| client.look_at_instances(name, Since::Recently)));
    let other = client.look_at_tokens("bob", Since::Recently);
    let (tokens, accounts, other) = tokio::join!(tokens, accounts, other);
    let first = tokens[0].latest.result.as_ref().unwrap();
    for looked in &tokens {
        let listing = looked.latest.result.as_ref().unwrap();
        assert!(Arc::ptr_eq(listing, first), "no listing is copied");
        assert!(listing.body.get("a").is_some() && listing.body.get("b").is_none());
    }
    for looked in accounts {
        let ducklings = looked.latest.result.unwrap().body.ducklings.clone().unwrap();
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
async fn a_response_serves_reads_that_begin_up_to_fifteen_seconds_after_its_request() {
    let script = Script::new()
        .respond_later(listing(&["old"]))
        .respond(listing(&["new"]));
    let client = script.client();
    assert!(shows(&client, "old").await);
    advance(14 * SECOND).await;
    assert!(shows(&client, "old").await);
    advance(Duration::from_millis(1)).await;
    assert!(shows(&client, "new").await);
}

#[tokio::test(start_paused = true)]
async fn a_request_under_way_serves_reads_that_begin_up_to_fifteen_seconds_after_it() {
    let script = Script::new().hang().respond(listing(&["new"]));
    let client = script.client_with(|settings| settings.request_timeout = 60 * SECOND);
    let look = || Box::pin(client.look_at_tokens("ada", Since::Recently));
    let (mut first, mut second) = (look(), look());
    begun(&mut first).await;
    advance(15 * SECOND).await;
    begun(&mut second).await;
    assert_eq!(script.sent().len(), 1);
    advance(Duration::from_millis(1)).await;
    assert!(shows(&client, "new").await);
}

#[tokio::test(start_paused = true)]
async fn another_configuration_has_its_own_requests() {
    let script = Script::new().respond(listing(&["a"])).respond(listing(&["b"]));
    let (one, other) = (script.client(), script.client());
    assert!(shows(&one, "a").await && shows(&other, "b").await);
    // The clients of two calls of one configuration.
    assert!(shows(&one.bound_to(Scope::default()), "a").await);
}

/// Sends a write to the account "ada". `index` selects its kind.
async fn writes(client: &Client, index: usize) {
    let ducklings = Ducklings {
        read_write: ReadWrite {
            instance_size: "pulse".into(),
            cooldown_seconds: None,
        },
        read_scaling: ReadScaling {
            instance_size: "pulse".into(),
            flock_size: 2,
            cooldown_seconds: None,
        },
    };
    // Whether a write succeeds does not matter.
    match index {
        0 => drop(client.create_service_account("ADA").await),
        1 => drop(client.create_token("ada", &NewToken::default()).await),
        2 => drop(client.revoke_token("Ada", "a").await),
        3 => drop(client.set_ducklings("ada", &ducklings).await),
        _ => drop(client.delete_user("ada").await),
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_to_the_account_ends_the_use_of_earlier_responses() {
    for write in 0..5 {
        let script = Script::new()
            .respond(listing(&["old"]))
            .respond(instances(1))
            .respond(failed())
            .respond(listing(&["new"]))
            .respond(instances(2));
        let client = script.client();
        let flock_size = async || {
            let looked = client.look_at_instances("ada", Since::Recently).await;
            let ducklings = looked.latest.result.unwrap().body.ducklings.clone();
            ducklings.unwrap().read_scaling.flock_size
        };
        assert!(shows(&client, "old").await && flock_size().await == 1);
        writes(&client, write).await;
        assert!(shows(&client, "new").await, "{write}");
        assert_eq!(flock_size().await, 2, "{write}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_to_another_account_does_not_matter() {
    let script = Script::new().respond(listing(&["a"])).respond(failed());
    let client = script.client();
    assert!(shows(&client, "a").await);
    client.delete_user("bob").await.unwrap_err();
    assert!(shows(&client, "a").await);
}

#[tokio::test(start_paused = true)]
async fn a_response_to_a_request_before_a_write_serves_no_read_after_it() {
    for write in 0..5 {
        let script = Script::new()
            .respond_later(listing(&["old"]))
            .respond(failed())
            .respond_later(listing(&["new"]));
        let client = script.client();
        let mut before = Box::pin(shows(&client, "old"));
        begun(&mut before).await;
        writes(&client, write).await;
        // The request is still in flight for the read that began before the write.
        let (before, after) = tokio::join!(before, shows(&client, "new"));
        assert!(before && after, "{write}");
        assert!(shows(&client, "new").await, "{write}");
        assert_eq!(script.sent().len(), 3);
    }
}

#[tokio::test(start_paused = true)]
async fn a_response_to_a_request_during_a_write_serves_no_read_after_it() {
    for late in [false, true] {
        let script = Script::new().respond_later(failed());
        // The response arrives before the end of the write, or after it.
        let script = if late {
            script.respond_later(listing(&["old"]))
        } else {
            script.respond(listing(&["old"]))
        };
        let script = script.respond_later(listing(&["new"]));
        let client = script.client();
        let mut write = Box::pin(client.revoke_token("ada", "a"));
        begun(&mut write).await;
        let mut during = Box::pin(shows(&client, "old"));
        if late {
            sleep(SECOND / 2).await;
            begun(&mut during).await;
            write.await.unwrap_err();
            let (during, after) = tokio::join!(during, shows(&client, "new"));
            assert!(during && after);
        } else {
            assert!(during.await);
            let (write, during) = tokio::join!(write, shows(&client, "new"));
            assert!(write.is_err() && during);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_response_was_lost_may_be_carried_out_later() {
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
    assert!(shows(&client, "old").await && shows(&client, "new").await);
    advance(LATE_WRITE).await;
    assert!(shows(&client, "newer").await && shows(&client, "newer").await);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_is_given_up_counts_as_one_whose_response_was_lost() {
    let script = Script::new()
        .hang()
        .respond(listing(&["old"]))
        .respond(listing(&["new"]));
    let client = script.client();
    let mut write = Box::pin(client.revoke_token("ada", "a"));
    begun(&mut write).await;
    drop(write);
    assert!(shows(&client, "old").await && shows(&client, "new").await);
}

#[tokio::test(start_paused = true)]
async fn other_requests_are_not_shared_and_no_later_read_shows_an_older_state() {
    let script = ["a", "b", "c", "d"]
        .iter()
        .fold(Script::new(), |script, id| script.respond(listing(&[id])));
    let script = (1..=5).fold(script, |script, size| script.respond(instances(size)));
    let client = script.client();
    assert!(shows(&client, "a").await);
    for id in ["b", "c"] {
        assert_eq!(client.tokens("ada").await.unwrap().body[0].id, id);
    }
    assert!(shows(&client, "d").await);
    let flock_size = async || {
        let looked = client.look_at_instances("ada", Since::Recently).await;
        let ducklings = looked.latest.result.unwrap().body.ducklings.clone();
        ducklings.unwrap().read_scaling.flock_size
    };
    assert_eq!(flock_size().await, 1);
    let ducklings = client.ducklings("ADA").await.unwrap().body;
    assert_eq!(ducklings.read_scaling.flock_size, 2);
    assert_eq!(flock_size().await, 3);
    client.find_user("ada").await.unwrap();
    assert_eq!(flock_size().await, 5);
}

#[tokio::test(start_paused = true)]
async fn a_request_under_way_serves_no_read_after_a_later_response() {
    let script = Script::new()
        .respond_later(listing(&["old"]))
        .respond(listing(&["new"]))
        .respond_later(listing(&["new"]));
    let client = script.client();
    let mut old = Box::pin(shows(&client, "old"));
    begun(&mut old).await;
    client.tokens("ada").await.unwrap();
    let (old, new) = tokio::join!(old, shows(&client, "new"));
    assert!(old && new && shows(&client, "new").await);
    assert_eq!(script.sent().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_error_is_shared_by_those_that_waited_for_the_very_request() {
    let script = Script::new().respond_later(failed()).respond(listing(&["a"]));
    let client = script.client();
    let looks = join_all((0..3).map(|_| client.look_at_tokens("ada", Since::Recently))).await;
    for looked in looks {
        assert!(looked.latest.result.unwrap_err().is_forbidden());
    }
    assert_eq!(script.sent().len(), 1);
    assert!(shows(&client, "a").await);
}

#[tokio::test(start_paused = true)]
async fn an_account_with_ducklings_that_cannot_be_read_exists_and_is_asked_for_again() {
    let odd = status(200).json(&json!({ "read_write": 7 }));
    let script = Script::new().respond(odd).respond(instances(3));
    let client = script.client();
    let look = async || {
        client
            .look_at_instances("ada", Since::Recently)
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
async fn a_read_that_is_given_up_ends_the_request_of_no_other() {
    let script = Script::new().respond_later(listing(&["a"]));
    let client = script.client();
    let mut first = Box::pin(client.look_at_tokens("ada", Since::Recently));
    let mut second = Box::pin(shows(&client, "a"));
    begun(&mut first).await;
    begun(&mut second).await;
    drop(first);
    assert!(second.await);
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_all_have_given_up_serves_nothing() {
    let script = Script::new().hang().respond(listing(&["a"]));
    let client = script.client();
    let mut first = Box::pin(client.look_at_tokens("ada", Since::Recently));
    begun(&mut first).await;
    drop(first);
    assert!(shows(&client, "a").await);
}

/// Returns a read in its own call, and the stop of that call.
fn stoppable(client: &Client) -> (Stop, BoxFuture<'static, Looks<Listing>>) {
    let stop = Stop::default();
    let client = client.bound_to(Scope::until(stop.clone()));
    let look = async move { client.look_at_tokens("ada", Since::Recently).await };
    (stop, look.boxed())
}

#[tokio::test(start_paused = true)]
async fn a_stop_of_one_call_ends_the_request_of_no_other() {
    // The request is repeated after the stop.
    let script = Script::new().respond(status(503)).respond(listing(&["a"]));
    let client = script.client();
    let ((stop, mut one), (_, mut other)) = (stoppable(&client), stoppable(&client));
    begun(&mut one).await;
    begun(&mut other).await;
    stop.fire();
    let (_, other) = tokio::join!(one, other);
    assert!(other.latest.result.unwrap().body.get("a").is_some());
}

#[tokio::test(start_paused = true)]
async fn a_stop_of_all_calls_ends_the_request_and_none_begins_after_it() {
    let script = Script::new().respond(status(503)).respond(listing(&["a"]));
    let client = script.client();
    let ((stop, mut one), (other_stop, mut other)) = (stoppable(&client), stoppable(&client));
    begun(&mut one).await;
    begun(&mut other).await;
    let started = Instant::now();
    stop.fire();
    other_stop.fire();
    let (one, other) = tokio::join!(one, other);
    assert_eq!(started.elapsed(), Duration::ZERO);
    for looked in [one, other] {
        let error = looked.latest.result.unwrap_err();
        assert!(error.is_interrupted() && error.attempts() == 1, "{error}");
    }
    let (stop, late) = stoppable(&client);
    stop.fire();
    let error = late.await.latest.result.unwrap_err();
    assert!(error.is_interrupted() && error.attempts() == 0);
    assert_eq!(script.sent().len(), 1);
    // A call that is not stopped has its own request.
    assert!(shows(&client, "a").await);
}

#[tokio::test(start_paused = true)]
async fn an_absence_comes_with_an_earlier_one_of_at_least_a_second_before() {
    let script = (0..3).fold(Script::new(), |script, _| script.respond(gone()));
    let client = script.client();
    let look = async |since| client.look_at_instances("ada", since).await;
    let first = look(Since::Recently).await;
    assert!(first.latest.is_gone() && first.earlier.is_none());
    advance(Duration::from_millis(999)).await;
    let second = look(Since::Now).await;
    assert!(second.latest.is_gone() && look(Since::Recently).await.earlier.is_none());
    advance(SECOND).await;
    look(Since::Now).await;
    let third = look(Since::Recently).await;
    assert!(third.latest.is_gone() && third.earlier.is_some_and(|look| look.is_gone()));
    assert_eq!(script.sent().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_error_shows_the_secret_of_no_call_that_gets_it() {
    let problem = json!({ "code": "NOT_FOUND", "message": "no first-secret, second-secret or third-secret", "issues": [{ "message": "third-secret" }] });
    let script = Script::new().respond_later(status(404).json(&problem));
    let client = script.client();
    let of = |secret: &str| {
        let client = client.bound_to(Scope::default());
        client.keep_secret(&secret.into());
        async move {
            let looked = client.look_at_tokens("ada", Since::Recently).await;
            format!("{:?}", looked.latest.result.unwrap_err())
        }
    };
    let (one, two) = tokio::join!(of("first-secret"), of("second-secret"));
    let three = of("third-secret").await;
    assert!(!one.contains("first-secret") && !two.contains("second-secret"));
    assert!(!three.contains("third-secret"), "{three}");
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn accounts_that_are_not_read_any_more_are_forgotten() {
    let script = (0..500).fold(Script::new(), |script, _| script.respond(listing(&[])));
    let client = script.client();
    for number in 0..500 {
        client
            .look_at_tokens(&format!("svc_{number}"), Since::Recently)
            .await;
        advance(SECOND).await;
    }
    assert!(lock(&client.token_reads.accounts).len() <= PRUNED_FROM);
}
