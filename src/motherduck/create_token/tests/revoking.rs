//! Revoking a token that was just created.

use super::*;

#[tokio::test(start_paused = true)]
async fn revoke_of_a_new_token_is_repeated_until_found() {
    let provider_data = ProviderData::default();
    provider_data.recent().token_created("svc", "new");
    let script = Script::of([
        failed(404),
        listing(&[]),
        failed(404),
        listing(&[listed("new", CREATED)]),
        empty_success(),
    ]);
    let outcome = revoke(&provider_data, &script.client(), "svc", "NEW").await;
    assert_eq!(outcome.unwrap(), Revoked::Now);
    assert_eq!(revoked(&script).len(), 3);
    // Afterwards one look is enough.
    let script = Script::of([failed(404)]);
    let outcome = revoke(&provider_data, &script.client(), "svc", "new").await;
    assert_eq!(outcome.unwrap(), Revoked::Before);
}

#[tokio::test(start_paused = true)]
async fn revoke_of_a_new_token_absent_for_ten_seconds_succeeds() {
    for (is_listed, is_revoked) in [(false, true), (true, false)] {
        let provider_data = ProviderData::default();
        provider_data.recent().token_created("svc", "new");
        let tokens = [listed("new", CREATED)];
        let tokens = if is_listed { &tokens[..] } else { &[] };
        let looks = (0..30).flat_map(|_| [listing(tokens), failed(404)]);
        let script = Script::of(std::iter::once(failed(404)).chain(looks));
        let started = Instant::now();
        let outcome = revoke(&provider_data, &script.client(), "svc", "new").await;
        assert_eq!(started.elapsed(), READ_DELAY);
        assert_eq!(
            outcome.is_ok_and(|outcome| outcome == Revoked::Before),
            is_revoked
        );
    }
}

#[tokio::test(start_paused = true)]
async fn revoke_of_an_old_token_absent_from_two_looks_succeeds() {
    for listing in [listing(&[]), failed(404)] {
        let script = Script::of([failed(404), listing]);
        let started = Instant::now();
        let outcome = revoke(&ProviderData::default(), &script.client(), "svc", "old").await;
        assert_eq!(outcome.unwrap(), Revoked::Before);
        assert_eq!(started.elapsed(), Duration::from_secs(1));
    }
}

#[tokio::test(start_paused = true)]
async fn revoke_of_a_listed_token_is_repeated_after_404() {
    let old = [listed("old", CREATED)];
    let script = Script::of([failed(404), listing(&old), listing(&old), empty_success()]);
    let outcome = revoke(&ProviderData::default(), &script.client(), "svc", "old").await;
    assert_eq!(outcome.unwrap(), Revoked::Now);
}

#[tokio::test(start_paused = true)]
async fn stopped_revoke_of_a_new_token_is_an_error() {
    let provider_data = ProviderData::default();
    provider_data.recent().token_created("svc", "new");
    let stop = Stop::default();
    let script = Script::new().respond_later(failed(404));
    let client = script.client().bound_to(RequestWindow::until(stop.clone()));
    let (outcome, ()) = tokio::join!(revoke(&provider_data, &client, "svc", "new"), async {
        script.sent_count(1).await;
        stop.fire();
    });
    assert!(outcome.unwrap_err().is_gone());
}
