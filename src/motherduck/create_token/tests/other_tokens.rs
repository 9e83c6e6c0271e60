//! Tokens that this process has not created are not revoked.

use std::sync::{Arc, Mutex};

use super::*;

#[tokio::test(start_paused = true)]
async fn token_listed_after_an_attempt_is_settled_is_not_revoked() {
    let script = Script::of([
        listing(&[]),
        failed(500),
        listing(&[listed("own", CREATED)]),
        empty_success(),
        failed(409),
        listing(&[listed("foreign", CREATED)]),
    ]);
    let text = text_of(create(&Connection::default(), &script.client(), fixed()).await);
    assert_contains(&text, &["`svc/foreign`"]);
    assert_eq!(revoked(&script), ["own"]);
}

#[tokio::test(start_paused = true)]
async fn two_tokens_that_fit_an_attempt_are_not_revoked() {
    let both = ["one", "two"].map(|id| listed(id, CREATED));
    let script = Script::of([listing(&[]), failed(500), listing(&both)]);
    let text = text_of(create(&Connection::default(), &script.client(), fixed()).await);
    assert_contains(&text, &["so it was not revoked", "`svc/one`", "`svc/two`"]);
    assert!(revoked(&script).is_empty());
}

#[tokio::test(start_paused = true)]
async fn token_created_after_the_attempt_is_not_revoked() {
    // The looks fail for some seconds, and another program creates a token meanwhile.
    let looks = (0..6).map(|_| failed(403));
    let script = Script::of([listing(&[]), failed(500)].into_iter().chain(looks))
        .respond(listing(&[listed("foreign", CREATED)]));
    let text = text_of(create(&Connection::default(), &script.client(), fixed()).await);
    assert_contains(&text, &["so it was not revoked", "`svc/foreign`"]);
    assert!(revoked(&script).is_empty());
}

#[tokio::test(start_paused = true)]
async fn token_created_during_a_retry_delay_is_not_revoked() {
    let script = Script::of([
        listing(&[]),
        status(429).header("retry-after", "30"),
        failed(500),
        listing(&[listed("foreign", "2026-11-27T08:59:40Z")]),
    ]);
    let text = text_of(create(&Connection::default(), &script.client(), fixed()).await);
    assert_contains(&text, &["so it was not revoked", "`svc/foreign`"]);
    assert!(revoked(&script).is_empty());
}

#[tokio::test(start_paused = true)]
async fn token_from_before_the_attempt_in_a_slow_listing_is_not_revoked() {
    // The listing shows a token that was created 5 seconds before the attempt, and takes 10 seconds.
    let listings = Arc::new(Mutex::new(0));
    let respond = move |line: String, _: Option<Value>| {
        let listings = Arc::clone(&listings);
        async move {
            assert!(!line.starts_with("DELETE"));
            if line.starts_with("POST") {
                return Some(failed(500));
            }
            let number = *listings.lock().unwrap();
            *listings.lock().unwrap() += 1;
            let foreign = [listed("foreign", "2026-11-27T08:59:55Z")];
            match number {
                0 => Some(listing(&[])),
                1 => {
                    tokio::time::sleep(Duration::from_secs(10)).await;
                    Some(listing(&foreign))
                }
                _ => Some(listing(&foreign).header("date", "Fri, 27 Nov 2026 09:00:10 GMT")),
            }
        }
    };
    let client = client_of(respond, |_| {});
    let text = text_of(create(&Connection::default(), &client, fixed()).await);
    assert_contains(&text, &["so it was not revoked", "`svc/foreign`"]);
}

#[tokio::test(start_paused = true)]
async fn token_listed_before_the_attempt_is_not_revoked() {
    for name in ["loader", "Loader"] {
        for request in [fixed, generated] {
            let mut foreign = listed("foreign", CREATED);
            foreign["name"] = json!(name);
            let foreign = || listing(std::slice::from_ref(&foreign));
            let before = matches!(request().name, Name::Fixed(_)).then(foreign);
            let script = Script::of(
                before
                    .into_iter()
                    .chain([failed(500)])
                    .chain((0..20).map(|_| foreign())),
            );
            let text = text_of(
                create(
                    &Connection::default(),
                    &client_without_retries(&script),
                    request(),
                )
                .await,
            );
            assert_contains(&text, &["had created none"]);
            assert!(revoked(&script).is_empty());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn description_is_compared_regardless_of_normal_form() {
    for (stored, is_own) in [("cafe\u{301}", true), ("caf", false)] {
        let mut token = listed("one", CREATED);
        token["description"] = json!(stored);
        let script = Script::of([listing(&[]), failed(500), listing(&[token]), empty_success()]);
        let request = TokenRequest {
            properties: NewToken {
                description: Some("caf\u{e9}".into()),
                ..NewToken::default()
            },
            ..fixed()
        };
        create(&Connection::default(), &client_without_retries(&script), request)
            .await
            .err()
            .unwrap();
        assert_eq!(!revoked(&script).is_empty(), is_own, "{stored}");
    }
}
