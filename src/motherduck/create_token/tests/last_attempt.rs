//! A lost response after which no other attempt is made.

use super::*;

#[tokio::test(start_paused = true)]
async fn lost_last_attempt_is_looked_for_until_the_limit() {
    for request in [fixed, generated] {
        let is_fixed = matches!(request().name, Name::Fixed(_));
        let before = is_fixed.then(|| listing(&[]));
        let looks = |count| (0..count).map(|_| listing(&[]));
        for (lost, limit, words) in [
            (500, READ_DELAY, "had created none"),
            (504, LOST_RESPONSE, "A token may appear"),
        ] {
            let script = Script::of(before.clone().into_iter().chain([failed(lost)]).chain(looks(40)));
            let started = Instant::now();
            let text = text_of(
                create(
                    &ProviderData::default(),
                    &client_without_retries(&script),
                    request(),
                )
                .await,
            );
            let looked = started.elapsed();
            assert!(
                looked >= limit && looked <= limit + Duration::from_secs(8),
                "{looked:?}"
            );
            assert_contains(&text, &[words, "Apply again"]);
            if lost == 504 {
                let name = name_sent(&script, usize::from(is_fixed));
                assert_contains(&text, &[&name, "requested at 20", "motherduck_revoke_tokens"]);
            }
            assert_eq!(sent(&script, "POST").len(), 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn token_listed_after_the_last_attempt_is_revoked() {
    let script = Script::of([
        listing(&[]),
        failed(500),
        listing(&[]),
        listing(&[]),
        listing(&[listed("own", CREATED)]),
        empty_success(),
    ]);
    let text = create_error(&client_without_retries(&script), fixed()).await;
    assert_contains(&text, &["It was revoked (own)"]);
    assert_eq!(revoked(&script), ["own"]);
}

#[tokio::test(start_paused = true)]
async fn lost_attempt_is_looked_for_after_a_403() {
    let script = Script::of([
        listing(&[]),
        failed(504),
        listing(&[]),
        failed(403),
        listing(&[]),
        listing(&[listed("own", CREATED)]),
        empty_success(),
    ]);
    let text = create_error(&script.client(), fixed()).await;
    assert_contains(&text, &["403 FORBIDDEN"]);
    assert!(!text.contains("no state"), "{text}");
    assert_eq!(revoked(&script), ["own"]);

    let script = Script::of(
        [failed(504), listing(&[]), failed(403)]
            .into_iter()
            .chain(repeat_n(listing(&[]), 40)),
    );
    let text = create_error(&script.client(), generated()).await;
    assert_contains(
        &text,
        &["403 FORBIDDEN", "A token may appear", &name_sent(&script, 0)],
    );
}

#[tokio::test(start_paused = true)]
async fn stop_after_a_lost_attempt_looks_it_up_without_another_create() {
    let stop = Stop::default();
    let script = Script::new()
        .respond_later(failed(504))
        .respond(listing(&[]))
        .respond(failed(403));
    let script = (0..30).fold(script, |script, _| script.respond(listing(&[])));
    let client = script.client().bound_to(RequestWindow::until(stop.clone()));
    let provider_data = ProviderData::default();
    let (failed, ended) = tokio::join!(create(&provider_data, &client, generated()), async {
        script.sent_count(1).await;
        stop.fire();
        Instant::now()
    });
    assert_eq!(ended.elapsed(), Duration::from_secs(30));
    let text = text_of(failed);
    assert_contains(
        &text,
        &[
            "The run was stopped",
            "A token may appear",
            &name_sent(&script, 0),
        ],
    );
    assert_eq!(sent(&script, "POST").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn unsettled_attempt_is_an_error_with_account_and_name() {
    for purpose in [Purpose::Managed, Purpose::Ephemeral] {
        let script = Script::of(
            [listing(&[]), failed(500)]
                .into_iter()
                .chain(repeat_n(failed(403), 60)),
        );
        let started = Instant::now();
        let request = TokenRequest { purpose, ..fixed() };
        let text = create_error(&script.client(), request).await;
        assert_contains(
            &text,
            &[
                "may exist",
                "403 FORBIDDEN",
                "\"loader\"",
                "motherduck_revoke_tokens",
            ],
        );
        let offers_import = text.contains("`svc/<id>`");
        assert_eq!(offers_import, purpose == Purpose::Managed, "{text}");
        let looked = started.elapsed();
        assert!(
            looked >= LOST_RESPONSE && looked < LOST_RESPONSE * 2,
            "{looked:?}"
        );
        assert_eq!(sent(&script, "POST").len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn found_token_that_cannot_be_revoked_is_an_error() {
    for purpose in [Purpose::Managed, Purpose::Ephemeral] {
        let found = [listing(&[]), failed(500), listing(&[listed("own", CREATED)])];
        let script = Script::of(found.into_iter().chain(repeat_n(failed(403), 60)));
        let request = TokenRequest { purpose, ..fixed() };
        let text = create_error(&script.client(), request).await;
        assert_contains(
            &text,
            &["Token own of \"svc\" could not be revoked", "403 FORBIDDEN"],
        );
        assert!(!text.contains("so it was not revoked"), "{text}");
        assert_eq!(text.contains("import"), purpose == Purpose::Managed, "{text}");
    }
}
