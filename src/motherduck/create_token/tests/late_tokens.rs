//! Tokens that the API creates after the client has stopped waiting for the response.

use super::*;

#[tokio::test(start_paused = true)]
async fn late_token_of_a_generated_name_is_revoked_after_success() {
    let script = Script::new()
        .respond(failed(504))
        .respond(listing(&[]))
        .respond_later(created("new"));
    let (provider_data, client) = (ProviderData::default(), script.client());
    let (created, ()) = tokio::join!(create(&provider_data, &client, generated()), async {
        script.sent_count(3).await;
        let [mut late, mut new, foreign] = ["late", "new", "foreign"].map(|id| listed(id, CREATED));
        late["name"] = json!(name_sent(&script, 0));
        new["name"] = json!(name_sent(&script, 2));
        script
            .clone()
            .respond(listing(&[foreign, new, late]))
            .respond(empty_success());
    });
    assert_eq!(created.ok().unwrap().token.id, "new");
    assert_eq!(revoked(&script), ["late"]);
    // No work remains.
    finish(&provider_data, &client).await;
    assert_eq!(script.sent().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn late_token_of_a_fixed_name_is_revoked_and_no_other() {
    // This API accepts a name twice. Another request has created a token before the attempt, or after it.
    for foreign in ["2026-11-27T08:59:30Z", "2026-11-27T09:00:30Z"] {
        let script = Script::of([
            listing(&[]),
            failed(504),
            listing(&[]),
            created("new"),
            listing(&[
                listed("foreign", foreign),
                listed("late", CREATED),
                listed("new", CREATED),
            ]),
            empty_success(),
        ]);
        let created = create(&ProviderData::default(), &script.client(), fixed()).await;
        assert_eq!(created.ok().unwrap().token.id, "new");
        assert_eq!(revoked(&script), ["late"]);
    }
}

#[tokio::test(start_paused = true)]
async fn late_token_listed_by_another_creation_is_revoked() {
    let provider_data = ProviderData::default();
    let lost = Script::of([failed(500)].into_iter().chain(repeat_n(listing(&[]), 20)));
    create(&provider_data, &client_without_retries(&lost), generated())
        .await
        .err()
        .unwrap();
    let mut late = listed("late", CREATED);
    late["name"] = json!(name_sent(&lost, 0));
    let late = || listing(std::slice::from_ref(&late));
    // The listing before the first attempt, and the one after it.
    let script = Script::of([late(), created("new"), late(), empty_success()]);
    create(&provider_data, &script.client(), fixed())
        .await
        .ok()
        .unwrap();
    assert_eq!(revoked(&script), ["late"]);
}

#[tokio::test(start_paused = true)]
async fn create_returns_before_late_tokens_are_looked_for() {
    let script = Script::of([failed(504), listing(&[]), created("new")]).hang();
    let (provider_data, client) = (ProviderData::default(), script.client());
    let started = Instant::now();
    create(&provider_data, &client, generated()).await.ok().unwrap();
    assert!(
        started.elapsed() < Duration::from_secs(6),
        "{:?}",
        started.elapsed()
    );

    // Tokens that were not looked for are looked for at the end of the process.
    let mut late = listed("late", CREATED);
    late["name"] = json!(name_sent(&script, 0));
    let at_the_end = Script::of([listing(&[late]), empty_success()]);
    finish(&provider_data, &at_the_end.client()).await;
    assert_eq!(revoked(&at_the_end), ["late"]);
}

#[tokio::test(start_paused = true)]
async fn late_tokens_after_a_stop_are_looked_for_by_finish() {
    let stop = Stop::default();
    let script = Script::of([failed(504), listing(&[])]).respond_later(created("new"));
    let (provider_data, client) = (
        ProviderData::default(),
        script.client().bound_to(RequestWindow::until(stop.clone())),
    );
    let (created, ()) = tokio::join!(create(&provider_data, &client, generated()), async {
        script.sent_count(3).await;
        stop.fire();
    });
    created.ok().unwrap();
    let at_the_end = Script::of([listing(&[])]);
    finish(&provider_data, &at_the_end.client()).await;
    assert_eq!(at_the_end.sent().len(), 1);
}

/// Returns the provider data after a creation with a fixed name that had no response, and no token for a minute.
async fn lost_creation_of_a_fixed_name() -> ProviderData {
    let provider_data = ProviderData::default();
    let lost = Script::of(
        [listing(&[]), failed(504)]
            .into_iter()
            .chain(repeat_n(listing(&[]), 40)),
    );
    create(&provider_data, &client_without_retries(&lost), fixed())
        .await
        .err()
        .unwrap();
    provider_data
}

#[tokio::test(start_paused = true)]
async fn finish_revokes_the_late_token_of_a_fixed_name() {
    let provider_data = lost_creation_of_a_fixed_name().await;
    // A minute has passed.
    let [late, foreign] = [("late", "2026-11-27T08:59:00Z"), ("foreign", CREATED)];
    let both = [late, foreign].map(|(id, created_ts)| listed(id, created_ts));
    let script = Script::of([listing(&both), empty_success()]);
    finish(&provider_data, &script.client()).await;
    assert_eq!(revoked(&script), ["late"]);
}

#[tokio::test(start_paused = true)]
async fn second_token_that_fits_an_attempt_is_logged_and_not_revoked() {
    let logged = Logged::collect();
    // One of the two belongs to another request. The first one was assigned to the attempt.
    let provider_data = ProviderData::default();
    let script = Script::of([
        listing(&[]),
        failed(504),
        listing(&[listed("first", CREATED)]),
        empty_success(),
        created("new"),
    ]);
    create(&provider_data, &script.client(), fixed())
        .await
        .ok()
        .unwrap();
    let both = [listed("second", "2026-11-27T08:59:56Z"), listed("new", CREATED)];
    let at_the_end = Script::of([listing(&both)]);
    finish(&provider_data, &at_the_end.client()).await;
    assert!(revoked(&at_the_end).is_empty());
    assert_contains(
        &logged.at(&["ERROR"]).concat(),
        &["\"second\"", "\"svc\"", "so it was not revoked"],
    );
}

#[tokio::test(start_paused = true)]
async fn later_creation_revokes_the_late_token_of_its_name() {
    let provider_data = lost_creation_of_a_fixed_name().await;
    let script = Script::of([
        failed(409),
        listing(&[listed("late", "2026-11-27T08:59:00Z")]),
        empty_success(),
        created("new"),
    ]);
    create(&provider_data, &script.client(), fixed())
        .await
        .ok()
        .unwrap();
    assert_eq!(revoked(&script), ["late"]);
}
