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
    let text = create_error(&script.client(), fixed()).await;
    assert_contains(&text, &["`svc/foreign`"]);
    assert_eq!(revoked(&script), ["own"]);
}

#[tokio::test(start_paused = true)]
async fn token_that_may_be_of_another_request_is_not_revoked() {
    let both = ["one", "two"].map(|id| listed(id, CREATED));
    let foreign = |created_ts| listing(&[listed("foreign", created_ts)]);
    let failing = repeat_n(failed(403), 6);
    for (case, responses, ids) in [
        (
            "two tokens fit the attempt",
            vec![listing(&[]), failed(500), listing(&both)],
            &["`svc/one`", "`svc/two`"][..],
        ),
        (
            "it was created while looks failed",
            [listing(&[]), failed(500)]
                .into_iter()
                .chain(failing)
                .chain([foreign(CREATED)])
                .collect(),
            &["`svc/foreign`"],
        ),
        (
            "it was created before the request was repeated",
            vec![
                listing(&[]),
                status(429).header("retry-after", "30"),
                failed(500),
                foreign("2026-11-27T08:59:40Z"),
            ],
            &["`svc/foreign`"],
        ),
    ] {
        let script = Script::of(responses);
        let text = create_error(&script.client(), fixed()).await;
        assert!(text.contains("so it was not revoked"), "{case}: {text}");
        assert_contains(&text, ids);
        assert!(revoked(&script).is_empty(), "{case}");
    }
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
    let text = create_error(&client, fixed()).await;
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
                    .chain(repeat_n(foreign(), 20)),
            );
            let text = text_of(
                create(
                    &ProviderData::default(),
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
        create(
            &ProviderData::default(),
            &client_without_retries(&script),
            request,
        )
        .await
        .err()
        .unwrap();
        assert_eq!(!revoked(&script).is_empty(), is_own, "{stored}");
    }
}
