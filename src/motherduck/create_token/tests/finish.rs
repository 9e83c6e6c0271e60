//! Attempts that are not settled when the process ends.

use super::*;

/// Runs a creation with a generated name that fails after its response was lost.
async fn lost_name(provider_data: &ProviderData, lost: u16) -> String {
    let script = Script::of([failed(lost), listing(&[]), created("new")]).hang();
    create(provider_data, &script.client(), generated())
        .await
        .ok()
        .unwrap();
    name_sent(&script, 0)
}

#[tokio::test(start_paused = true)]
async fn finish_waits_for_a_late_token() {
    for status in [500, 504] {
        let provider_data = ProviderData::default();
        let lost = Script::of([failed(status), listing(&[]), created("new")]).respond(listing(&[]));
        let started = Instant::now();
        create(&provider_data, &lost.client(), generated())
            .await
            .ok()
            .unwrap();
        let script = Script::of([listing(&[])]);
        finish(&provider_data, &script.client()).await;
        assert!(
            started.elapsed() >= LATE_TOKEN_CREATION,
            "{status}: {:?}",
            started.elapsed()
        );
        assert_eq!(script.sent().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn finish_logs_attempts_that_cannot_be_checked() {
    let logged = Logged::collect();
    let provider_data = ProviderData::default();
    let name = lost_name(&provider_data, 504).await;
    let script = Script::of(repeat_n(failed(403), 40));
    let started = Instant::now();
    finish(&provider_data, &script.client()).await;
    assert!(
        started.elapsed() < Duration::from_secs(20),
        "{:?}",
        started.elapsed()
    );
    assert_contains(
        &logged.at(&["ERROR"]).concat(),
        &["\"svc\"", &name, "requested_at=20", "revoke"],
    );
}

#[tokio::test(start_paused = true)]
async fn finish_needs_two_looks_to_find_an_account_absent() {
    let logged = Logged::collect();
    let failing = || repeat_n(failed(403), 40);
    for (looks, is_certain) in [
        (vec![failed(404), failed(403), failed(404), failed(403)], false),
        (vec![failed(404); 5], true),
    ] {
        let provider_data = ProviderData::default();
        let name = lost_name(&provider_data, 504).await;
        let script = Script::of(looks.into_iter().chain(failing()));
        finish(&provider_data, &script.client()).await;
        assert_eq!(
            !logged.at(&["ERROR"]).concat().contains(&name),
            is_certain,
            "{name}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn cancelled_finish_logs_unsettled_attempts() {
    let logged = Logged::collect();
    let provider_data = ProviderData::default();
    let name = lost_name(&provider_data, 504).await;
    let script = Script::new().hang();
    let client = script.client();
    let end = finish(&provider_data, &client);
    tokio::time::timeout(Duration::from_secs(6), end)
        .await
        .unwrap_err();
    assert_contains(&logged.at(&["ERROR"]).concat(), &["\"svc\"", &name]);
}
