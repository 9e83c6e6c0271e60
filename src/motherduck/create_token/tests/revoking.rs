//! Revoking a token that was just created.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_new_token_that_is_not_found_is_revoked_again_until_it_is() {
    let connection = Connection::default();
    connection.recent().token_created("svc", "new");
    let script = script([
        failed(404),
        listing(&[]),
        failed(404),
        listing(&[listed("new", CREATED)]),
        done(),
    ]);
    let outcome = revoke(&connection, &script.client(), "svc", "NEW").await;
    assert_eq!(outcome.unwrap(), Revoked::Now);
    assert_eq!(revoked(&script).len(), 3);
    // From now on one look is enough.
    let script = self::script([failed(404)]);
    let outcome = revoke(&connection, &script.client(), "svc", "new").await;
    assert_eq!(outcome.unwrap(), Revoked::Before);
}

#[tokio::test(start_paused = true)]
async fn a_new_token_that_is_not_found_for_ten_seconds_is_no_more() {
    for (is_listed, is_revoked) in [(false, true), (true, false)] {
        let connection = Connection::default();
        connection.recent().token_created("svc", "new");
        let tokens = [listed("new", CREATED)];
        let tokens = if is_listed { &tokens[..] } else { &[] };
        let looks = (0..30).flat_map(|_| [listing(tokens), failed(404)]);
        let script = script(std::iter::once(failed(404)).chain(looks));
        let started = Instant::now();
        let outcome = revoke(&connection, &script.client(), "svc", "new").await;
        assert_eq!(started.elapsed(), INVISIBLE);
        assert_eq!(
            outcome.is_ok_and(|outcome| outcome == Revoked::Before),
            is_revoked
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_token_that_is_not_found_and_not_listed_a_second_later_is_no_more() {
    for listing in [listing(&[]), failed(404)] {
        let script = script([failed(404), listing]);
        let started = Instant::now();
        let outcome = revoke(&Connection::default(), &script.client(), "svc", "old").await;
        assert_eq!(outcome.unwrap(), Revoked::Before);
        assert_eq!(started.elapsed(), Duration::from_secs(1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_old_token_that_is_not_found_and_listed_is_revoked_again() {
    let old = [listed("old", CREATED)];
    let script = script([failed(404), listing(&old), listing(&old), done()]);
    let outcome = revoke(&Connection::default(), &script.client(), "svc", "old").await;
    assert_eq!(outcome.unwrap(), Revoked::Now);
}

#[tokio::test(start_paused = true)]
async fn a_stop_confirms_no_revocation() {
    let connection = Connection::default();
    connection.recent().token_created("svc", "new");
    let stop = Stop::default();
    let script = Script::new().respond_later(failed(404));
    let client = script.client().bound_to(Scope::until(stop.clone()));
    let (outcome, ()) = tokio::join!(revoke(&connection, &client, "svc", "new"), async {
        script.sent_count(1).await;
        stop.fire();
    });
    assert!(outcome.unwrap_err().is_gone());
}
