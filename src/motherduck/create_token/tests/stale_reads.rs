//! Listings and looks that do not show the latest writes yet.

use super::*;

#[tokio::test(start_paused = true)]
async fn single_404_does_not_settle_an_attempt() {
    let own = |script: &Script| {
        let mut token = listed("own", CREATED);
        token["name"] = json!(name_sent(script, 0));
        listing(&[token])
    };
    let lost = Script::new().respond(failed(500)).respond(failed(404));
    let script = lost.clone();
    let (provider_data, client) = (ProviderData::default(), script.client());
    let created = async { create(&provider_data, &client, generated()).await };
    let later = async {
        script.sent_count(2).await;
        lost.clone()
            .respond(own(&script))
            .respond(empty_success())
            .respond(self::created("new"));
    };
    let (created, ()) = tokio::join!(created, later);
    assert_eq!(created.ok().unwrap().token.id, "new");
    assert_eq!(revoked(&script), ["own"]);
}

#[tokio::test(start_paused = true)]
async fn attempt_of_an_absent_account_is_settled() {
    let script = Script::of([failed(500)].into_iter().chain(repeat_n(failed(404), 9)));
    let text = create_error(&script.client(), generated()).await;
    assert_contains(&text, &["Check the username"]);
    assert!(!text.contains("no state"), "{text}");
    let looks = sent(&script, "GET").len();
    assert!((2..=4).contains(&looks), "{looks}");
}

#[tokio::test(start_paused = true)]
async fn conflict_after_a_lost_response_repeats_looks_until_the_token_is_listed() {
    let script = Script::of([
        listing(&[]),
        failed(504),
        // The request was carried out, and reads are delayed.
        listing(&[]),
        failed(409),
        listing(&[]),
        listing(&[]),
        listing(&[]),
        listing(&[listed("own", CREATED)]),
        empty_success(),
        created("new"),
        listing(&[listed("new", CREATED)]),
    ]);
    let created = create(&ProviderData::default(), &script.client(), fixed()).await;
    assert_eq!(created.ok().unwrap().token.id, "new");
    assert_eq!(revoked(&script), ["own"]);
}

#[tokio::test(start_paused = true)]
async fn conflict_with_a_foreign_token_is_an_error() {
    let mut foreign = listed("foreign", CREATED);
    foreign["name"] = json!("Loader");
    let foreign = || listing(std::slice::from_ref(&foreign));
    let script = Script::of([
        foreign(),
        failed(504),
        foreign(),
        failed(409),
        foreign(),
        foreign(),
    ]);
    let text = create_error(&script.client(), fixed()).await;
    assert_contains(&text, &["`svc/foreign`"]);
    assert!(revoked(&script).is_empty());
}
