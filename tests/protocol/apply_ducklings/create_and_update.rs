//! Applies that set sizes and cooldowns.

use motherduck_emulator::Emulator;

use super::*;

#[tokio::test]
async fn put_sends_live_values_of_an_unconfigured_block() {
    let (session, api) = on(Emulator::builder()).await;
    let stored = session.create(DUCKLINGS, &giga()).await;
    assert_eq!(live(&api)["read_scaling"], before()["read_scaling"]);
    assert_eq!(stored["read_scaling"], before()["read_scaling"]);
    assert_eq!(stored["id"], "loader");

    // The configuration is changed between the refresh and the apply: the PUT sends the live one, and the
    // next refresh records it.
    let mega = only("read_write", &json!({ "instance_size": "mega" }));
    let plan = session.plan(DUCKLINGS, &mega, Some(&stored)).await;
    let drifted = json!({ "instance_size": "standard", "flock_size": 7, "cooldown_seconds": 240 });
    set_live(&api, &edited(&live(&api), "read_scaling", drifted.clone()));
    let stored = session.apply(&plan).await.object();
    assert_eq!(live(&api)["read_scaling"], drifted);
    assert_eq!(stored["read_scaling"], before()["read_scaling"], "as planned");
    let stored = session.refresh(DUCKLINGS, &stored).await;
    assert_eq!(stored["read_scaling"], drifted);
    assert_eq!(
        calls(&api).iter().filter(|call| call.starts_with("PUT")).count(),
        2
    );
}

#[tokio::test]
async fn unset_cooldown_is_the_live_value_or_the_default_of_a_new_size() {
    for silent in [false, true] {
        let (session, api) =
            on(Emulator::builder().behaviour(|of| of.put_without_default_cooldown = silent)).await;
        let stored = session
            .create(
                DUCKLINGS,
                &only("read_write", &json!({ "instance_size": "standard" })),
            )
            .await;
        assert_eq!(
            stored["read_write"]["cooldown_seconds"], 75,
            "a PUT without it would have reset it"
        );
        let stored = session.update(DUCKLINGS, &giga(), &stored).await;
        assert_eq!(stored["read_write"]["cooldown_seconds"], 600);
        assert_eq!(live(&api)["read_write"]["cooldown_seconds"], 600);
        let config = only("read_write", &json!({ "instance_size": "pulse" }));
        let stored = session.update(DUCKLINGS, &config, &stored).await;
        assert_eq!(stored["read_write"]["cooldown_seconds"], Json::Null);
        let stored = session.refresh(DUCKLINGS, &stored).await;
        session.assert_plan_is_empty(DUCKLINGS, &config, &stored).await;
    }
}

#[tokio::test]
async fn cooldown_returned_for_pulse_is_null_in_state_and_not_sent() {
    let (session, api) = Session::on_script(|_| {
        let pulse = json!({ "instance_size": "pulse", "cooldown_seconds": 1, "flock_size": 2 });
        Reply::ok(json!({ "read_write": pulse, "read_scaling": pulse }))
    })
    .await;
    let config = only("read_write", &json!({ "instance_size": "pulse" }));
    let stored = session.create(DUCKLINGS, &config).await;
    assert_eq!(stored["read_write"]["cooldown_seconds"], Json::Null);
    assert_eq!(stored["read_scaling"]["cooldown_seconds"], Json::Null);
    let expected = json!({ "config": {
        "read_write": { "instance_size": "pulse" }, "read_scaling": { "instance_size": "pulse", "flock_size": 2 },
    } });
    assert_eq!(api.requests()[1].body, expected);
    let stored = session.refresh(DUCKLINGS, &stored).await;
    session.assert_plan_is_empty(DUCKLINGS, &config, &stored).await;
}

#[tokio::test]
async fn rejected_put_is_an_error_with_the_api_message_and_no_state() {
    let (session, api) = on(Emulator::builder().behaviour(|of| of.plan = Tier::Lite)).await;
    let failed = session.try_create(DUCKLINGS, &giga()).await.unwrap_err();
    failed.assert_error("", &["could not be set", "400 BAD_REQUEST", "tier"]);
    assert_eq!((failed.stored, live(&api)), (None, before()));
}

#[tokio::test]
async fn failed_update_returns_the_prior_state() {
    let (session, api) = on(Emulator::builder()).await;
    let stored = session.create(DUCKLINGS, &giga()).await;
    let mega = only("read_write", &json!({ "instance_size": "mega" }));
    let plan = session.plan(DUCKLINGS, &mega, Some(&stored)).await;
    api.stop().await;
    let failed = session.try_apply(&plan).await.unwrap_err();
    failed.assert_error("", &["could not be set", "Nothing was sent"]);
    assert_eq!(failed.stored, Some(stored));
}

#[tokio::test]
async fn concurrent_updates_of_one_account_are_serialized() {
    let (session, api) = on(Emulator::builder().latency(std::time::Duration::from_millis(20))).await;
    // Two resources, as in two modules, manage one block each. They spell the username differently.
    let write = session.plan(DUCKLINGS, &giga(), None).await;
    let scale = json!({ "username": "LOADER", "read_scaling": { "instance_size": "mega", "flock_size": 9 } });
    let scale = session.plan(DUCKLINGS, &scale, None).await;
    let (write, scale) = tokio::join!(session.apply_once(&write), session.apply_once(&scale));
    write.unwrap().diagnostics.assert_empty();
    scale.unwrap().diagnostics.assert_empty();
    let expected = json!({
        "read_write": { "instance_size": "giga", "cooldown_seconds": 600 },
        "read_scaling": { "instance_size": "mega", "flock_size": 9, "cooldown_seconds": 300 },
    });
    assert_eq!(live(&api), expected, "one has overwritten the other's block");
    let methods: Vec<String> = api.requests().into_iter().map(|request| request.method).collect();
    assert_eq!(methods, ["GET", "PUT", "GET", "GET", "PUT", "GET"]);
}

/// Creates Ducklings while the PUT has no usable response: the response is `refusal`, or the connection
/// closes. `now` is what later GETs return; `None` makes them fail.
async fn create_in_doubt(refusal: Option<Json>, now: Option<Json>) -> Result<Applied, Applied> {
    let puts = AtomicUsize::new(0);
    let (session, _api) = Session::on_script(move |request| match request.method.as_str() {
        "PUT" => {
            puts.fetch_add(1, Ordering::Relaxed);
            refusal
                .clone()
                .map_or(Reply::CloseConnection, |refusal| Reply::Json(500, refusal))
        }
        _ if puts.load(Ordering::Relaxed) == 0 => Reply::ok(before()),
        _ => match &now {
            Some(now) => Reply::ok(now.clone()),
            None => Reply::CloseConnection,
        },
    })
    .await;
    let plan = session.plan(DUCKLINGS, &giga(), None).await;
    session.try_apply(&plan).await
}

#[tokio::test]
async fn lost_put_response_is_followed_by_reads() {
    let wanted = json!({ "read_write": { "instance_size": "giga", "cooldown_seconds": 600 }, "read_scaling": before()["read_scaling"] });
    let refusal = json!({ "code": "INTERNAL_SERVER_ERROR", "message": "Internal Error" });
    let (set, unchanged, refused, unread) = tokio::join!(
        create_in_doubt(None, Some(wanted)),
        create_in_doubt(None, Some(before())),
        create_in_doubt(Some(refusal), Some(before())),
        create_in_doubt(None, None),
    );
    assert_eq!(set.unwrap().object()["read_write"]["cooldown_seconds"], 600);
    // The PUT may still be carried out.
    for in_doubt in [unchanged, unread] {
        let failed = in_doubt.unwrap_err();
        failed.assert_error("", &["could not be set", "not known whether"]);
        assert!(failed.stored.is_some());
    }
    let failed = refused.unwrap_err();
    failed.assert_error("", &["could not be set", "500", "have not changed"]);
    assert_eq!(failed.stored, None);
}
