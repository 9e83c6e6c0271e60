//! The memory of earlier creations, in a process that runs for a long time.

use super::*;
use crate::motherduck::settle::REMEMBERED;

/// Runs a successful creation with the fixed name, and returns its requests.
async fn create_successfully(
    provider_data: &ProviderData,
    responses: impl IntoIterator<Item = FakeResponse>,
) -> Vec<String> {
    let script = Script::of(responses);
    create(provider_data, &script.client(), fixed())
        .await
        .ok()
        .unwrap();
    script.sent()
}

/// Runs a creation with the fixed name whose token may appear later.
async fn lose_fixed_name(provider_data: &ProviderData) {
    let lost = Script::of([failed(504)].into_iter().chain(repeat_n(listing(&[]), 40)));
    create(provider_data, &client_without_retries(&lost), fixed())
        .await
        .err()
        .unwrap();
}

#[tokio::test(start_paused = true)]
async fn create_lists_tokens_again_after_memory_expires() {
    let provider_data = ProviderData::default();
    create_successfully(&provider_data, [listing(&[]), created("one")]).await;
    tokio::time::advance(REMEMBERED.checked_sub(Duration::from_secs(1)).unwrap()).await;
    assert_eq!(
        create_successfully(&provider_data, [created("two")]).await.len(),
        1
    );
    tokio::time::advance(REMEMBERED).await;
    // Tokens that were created meanwhile are not assigned to a lost attempt.
    let foreign = || listing(&[listed("foreign", CREATED)]);
    let responses = [foreign(), failed(500), foreign(), created("three"), foreign()];
    assert_eq!(create_successfully(&provider_data, responses).await.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn tokens_listed_before_a_lost_attempt_are_remembered_until_settled() {
    let provider_data = ProviderData::default();
    create_successfully(&provider_data, [listing(&[]), created("one")]).await;
    // The looks for its token take a minute.
    lose_fixed_name(&provider_data).await;
    tokio::time::advance(2 * REMEMBERED).await;
    provider_data.tokens().account_deleted("svc");
    // A listing before the next attempt would show the late token as one that existed before.
    let script = Script::of([
        failed(409),
        listing(&[listed("late", "2026-11-27T08:55:00Z")]),
        empty_success(),
        created("new"),
    ]);
    create(&provider_data, &script.client(), fixed())
        .await
        .ok()
        .unwrap();
    assert_eq!(revoked(&script), ["late"]);
}

#[tokio::test(start_paused = true)]
async fn recreated_account_is_listed_again() {
    let provider_data = ProviderData::default();
    create_successfully(&provider_data, [listing(&[]), created("one")]).await;
    provider_data.account_deleted("SVC");
    provider_data.recent().account_created("svc");
    let sent = create_successfully(&provider_data, [listing(&[]), created("two")]).await;
    assert_eq!(sent.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn created_and_revoked_tokens_are_removed_from_memory() {
    let provider_data = ProviderData::default();
    let ids = 0..3_000;
    let responses = ids
        .clone()
        .flat_map(|id| [created(&format!("ID-{id}")), empty_success()]);
    let script = Script::of([listing(&[])].into_iter().chain(responses));
    let client = script.client();
    for id in ids {
        create(&provider_data, &client, fixed()).await.ok().unwrap();
        revoke(&provider_data, &client, "svc", &format!("id-{id}"))
            .await
            .unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let remembered = provider_data.tokens().size() + provider_data.recent().size();
    assert!(remembered < 500, "{remembered}");
}
