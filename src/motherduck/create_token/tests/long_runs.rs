//! The memory of earlier creations, in a process that runs for a long time.

use super::*;
use crate::motherduck::settle::REMEMBERED;

/// Runs a successful creation with the fixed name, and returns its requests.
async fn succeeds(connection: &Connection, responses: impl IntoIterator<Item = Canned>) -> Vec<String> {
    let script = script(responses);
    create(connection, &script.client(), fixed()).await.ok().unwrap();
    script.sent()
}

/// Runs a creation with the fixed name whose token may appear later.
async fn loses_fixed_name(connection: &Connection) {
    let lost = script([failed(504)].into_iter().chain((0..40).map(|_| listing(&[]))));
    create(connection, &once(&lost), fixed()).await.err().unwrap();
}

#[tokio::test(start_paused = true)]
async fn tokens_are_listed_again_before_a_creation_long_after_the_last_one() {
    let connection = Connection::default();
    succeeds(&connection, [listing(&[]), created("one")]).await;
    tokio::time::advance(REMEMBERED.checked_sub(Duration::from_secs(1)).unwrap()).await;
    assert_eq!(succeeds(&connection, [created("two")]).await.len(), 1);
    tokio::time::advance(REMEMBERED).await;
    // Tokens that were created meanwhile are not assigned to a lost attempt.
    let theirs = || listing(&[listed("theirs", CREATED)]);
    let responses = [theirs(), failed(500), theirs(), created("three"), theirs()];
    assert_eq!(succeeds(&connection, responses).await.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_was_there_before_a_lost_attempt_is_known_until_that_is_settled() {
    let connection = Connection::default();
    succeeds(&connection, [listing(&[]), created("one")]).await;
    // The looks for its token take a minute.
    loses_fixed_name(&connection).await;
    tokio::time::advance(2 * REMEMBERED).await;
    connection.tokens().account_deleted("svc");
    // A listing before the next attempt would show the late token as one that existed before.
    let script = script([
        failed(409),
        listing(&[listed("late", "2026-11-27T08:55:00Z")]),
        done(),
        created("new"),
    ]);
    create(&connection, &script.client(), fixed()).await.ok().unwrap();
    assert_eq!(revoked(&script), ["late"]);
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_deleted_and_created_again_is_listed_again() {
    let connection = Connection::default();
    succeeds(&connection, [listing(&[]), created("one")]).await;
    connection.account_deleted("SVC");
    connection.recent().account_created("svc");
    let sent = succeeds(&connection, [listing(&[]), created("two")]).await;
    assert_eq!(sent.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn thousands_of_tokens_that_are_created_and_revoked_leave_nothing_in_memory() {
    let connection = Connection::default();
    let ids = 0..3_000;
    let responses = ids.clone().flat_map(|id| [created(&format!("ID-{id}")), done()]);
    let script = script([listing(&[])].into_iter().chain(responses));
    let client = script.client();
    for id in ids {
        create(&connection, &client, fixed()).await.ok().unwrap();
        revoke(&connection, &client, "svc", &format!("id-{id}"))
            .await
            .unwrap();
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    let remembered = connection.tokens().size() + connection.recent().size();
    assert!(remembered < 500, "{remembered}");
}
