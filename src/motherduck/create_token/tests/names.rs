//! Names that the API refuses.

use super::*;

#[tokio::test(start_paused = true)]
async fn conflicting_generated_name_is_generated_again_up_to_five_times() {
    let script = Script::of(repeat_n(failed(409), 6));
    let text = create_error(&script.client(), generated()).await;
    assert_contains(&text, &["6 generated names", "`name_prefix`", "409 CONFLICT"]);
    let names: HashSet<String> = (0..6).map(|index| name_sent(&script, index)).collect();
    assert_eq!(names.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn error_after_a_stop_contains_only_the_conflicting_name() {
    let script = Script::new().respond_later(failed(409));
    let stop = Stop::default();
    let client = script.client().bound_to(RequestWindow::until(stop.clone()));
    let provider_data = ProviderData::default();
    let (refused, ()) = tokio::join!(create(&provider_data, &client, generated()), async {
        script.sent_count(1).await;
        stop.fire();
    });
    let text = text_of(refused);
    assert_contains(
        &text,
        &[
            "The API refused the generated name",
            "The run was stopped",
            "Apply again",
        ],
    );
    assert_eq!(script.sent().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn response_without_name_is_completed_from_the_listing() {
    let mut response = listed("7", CREATED);
    response["token"] = json!("eyJ.s3cret.x");
    response["name"] = Value::Null;
    let mut stored = listed("7", CREATED);
    stored["name"] = json!("lower-cased");
    // Reads are delayed.
    let script = Script::of([
        status(200).json(&response),
        failed(404),
        listing(&[]),
        listing(&[stored]),
    ]);
    let created = create(&ProviderData::default(), &script.client(), generated()).await;
    let created = created.ok().unwrap();
    assert_eq!(created.token.name.as_deref(), Some("lower-cased"));
    assert!(token_checks::difference(&created.sent, &created.token).is_some());
}

#[tokio::test(start_paused = true)]
async fn conflict_error_contains_the_token_regardless_of_case() {
    let mut holder = listed("foreign", CREATED);
    holder["name"] = json!("LOADER");
    // Reads are delayed.
    let script = Script::of([
        listing(&[]),
        failed(409),
        failed(404),
        listing(&[]),
        listing(&[holder]),
    ]);
    let text = create_error(&script.client(), fixed()).await;
    assert_contains(
        &text,
        &[
            "\"LOADER\"",
            CREATED,
            "never expires",
            "`svc/foreign`",
            "`name_prefix`",
        ],
    );
    assert!(revoked(&script).is_empty());
}

#[tokio::test(start_paused = true)]
async fn conflict_error_without_a_listed_token_mentions_expired_tokens() {
    let listings = repeat_n(listing(&[]), 20);
    let script = Script::of([listing(&[]), failed(409)].into_iter().chain(listings));
    let text = create_error(&script.client(), fixed()).await;
    assert_contains(&text, &["No live token with this name is listed", "expired"]);

    let failing = repeat_n(failed(403), 20);
    let script = Script::of([listing(&[]), failed(409)].into_iter().chain(failing));
    let text = create_error(&script.client(), fixed()).await;
    assert_contains(&text, &["The tokens could not be listed", "403 FORBIDDEN"]);
}

#[tokio::test(start_paused = true)]
async fn stop_ends_the_wait_for_another_creation_of_the_name() {
    let provider_data = ProviderData::default();
    let script = Script::new().respond(listing(&[])).hang();
    let client = script.client();
    let mut first = Box::pin(create(&provider_data, &client, fixed()));
    assert!(futures_util::poll!(&mut first).is_pending());
    let stop = Stop::default();
    let other = script.client().bound_to(RequestWindow::until(stop.clone()));
    let mut second = Box::pin(create(&provider_data, &other, fixed()));
    assert!(futures_util::poll!(&mut second).is_pending());
    stop.fire();
    assert_contains(
        &text_of(second.await),
        &["interrupted", "No request", "\"loader\""],
    );
    assert!(sent(&script, "POST").len() <= 1);
}
