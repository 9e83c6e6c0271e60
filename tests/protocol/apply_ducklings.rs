//! Ducklings: set, shared between resources, and restored.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use motherduck_contract::Watched;
use motherduck_emulator::{Emulator, Plan as Tier};
use serde_json::{Value as Json, json};

use crate::host::{
    ACCOUNT, Action, Applied, Canned, DUCKLINGS, Notes, Reply, Session, Stored, calls, edited,
};

fn before() -> Json {
    json!({
        "read_write": { "instance_size": "standard", "cooldown_seconds": 75 },
        "read_scaling": { "instance_size": "jumbo", "flock_size": 3, "cooldown_seconds": 90 },
    })
}

async fn on(emulator: Emulator) -> (Session, Watched) {
    let api = Watched::start(emulator).await.unwrap();
    set_live(&api, &before());
    (Session::on(&api.url()).await, api)
}

fn set_live(api: &Watched, ducklings: &Json) {
    let user = json!({ "username": "loader", "is_service_account": true, "ducklings": ducklings });
    api.seed(&json!({ "users": [user] })).unwrap();
}

fn live(api: &Watched) -> Json {
    let state = api.state();
    let accounts = state["accounts"].as_array().unwrap();
    let loader = accounts
        .iter()
        .find(|account| account["username"] == "loader")
        .unwrap();
    loader["ducklings"].clone()
}

fn only(block: &str, value: &Json) -> Json {
    json!({ "username": "loader", block: value })
}

fn giga() -> Json {
    only("read_write", &json!({ "instance_size": "giga" }))
}

async fn destroy(session: &Session, stored: &Stored) -> Notes {
    let plan = session.plan_destroy(DUCKLINGS, stored).await.unwrap();
    session.apply(&plan).await.notes
}

// --- Setting ---

#[tokio::test]
async fn the_block_that_is_not_managed_is_sent_as_it_is_live() {
    let (session, api) = on(Emulator::builder()).await;
    let stored = session.create(DUCKLINGS, &giga()).await;
    assert_eq!(live(&api)["read_scaling"], before()["read_scaling"]);
    assert_eq!(stored["read_scaling"], before()["read_scaling"]);
    assert_eq!(stored["id"], "loader");

    // The configuration is changed between the refresh and the apply: the live one counts, and the next
    // refresh shows it.
    let plan = session
        .plan(
            DUCKLINGS,
            &only("read_write", &json!({ "instance_size": "mega" })),
            Some(&stored),
        )
        .await;
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
async fn an_unset_cooldown_is_the_live_one_or_the_default_of_another_size() {
    for silent in [false, true] {
        let (session, api) = on(Emulator::builder().put_without_default_cooldown(silent)).await;
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
        let stored = session
            .change_to(DUCKLINGS, &giga(), &stored, Action::Update)
            .await;
        assert_eq!(stored["read_write"]["cooldown_seconds"], 600);
        assert_eq!(live(&api)["read_write"]["cooldown_seconds"], 600);
        let config = only("read_write", &json!({ "instance_size": "pulse" }));
        let stored = session
            .change_to(DUCKLINGS, &config, &stored, Action::Update)
            .await;
        assert_eq!(stored["read_write"]["cooldown_seconds"], Json::Null);
        let stored = session.refresh(DUCKLINGS, &stored).await;
        session.assert_settled(DUCKLINGS, &config, &stored).await;
    }
}

#[tokio::test]
async fn a_cooldown_that_is_reported_with_pulse_is_neither_stored_nor_sent() {
    let api = Canned::start(|_| {
        let pulse = json!({ "instance_size": "pulse", "cooldown_seconds": 1, "flock_size": 2 });
        Reply::Json(200, json!({ "read_write": pulse, "read_scaling": pulse }))
    })
    .await;
    let session = Session::on(api.url()).await;
    let config = only("read_write", &json!({ "instance_size": "pulse" }));
    let stored = session.create(DUCKLINGS, &config).await;
    assert_eq!(stored["read_write"]["cooldown_seconds"], Json::Null);
    assert_eq!(stored["read_scaling"]["cooldown_seconds"], Json::Null);
    let expected = json!({ "config": {
        "read_write": { "instance_size": "pulse" }, "read_scaling": { "instance_size": "pulse", "flock_size": 2 },
    } });
    assert_eq!(api.requests()[1].body, expected);
    let stored = session.refresh(DUCKLINGS, &stored).await;
    session.assert_settled(DUCKLINGS, &config, &stored).await;
}

#[tokio::test]
async fn a_refusal_quotes_the_api_and_changes_nothing() {
    let (session, api) = on(Emulator::builder().plan(Tier::Lite)).await;
    let plan = session.plan(DUCKLINGS, &giga(), None).await;
    let failed = session.try_apply(&plan).await.unwrap_err();
    failed
        .notes
        .assert_error("", &["could not be set", "400 BAD_REQUEST", "tier"]);
    assert_eq!((failed.stored, live(&api)), (None, before()));
}

#[tokio::test]
async fn a_failed_update_leaves_the_state_as_it_was() {
    let (session, api) = on(Emulator::builder()).await;
    let stored = session.create(DUCKLINGS, &giga()).await;
    let plan = session
        .plan(
            DUCKLINGS,
            &only("read_write", &json!({ "instance_size": "mega" })),
            Some(&stored),
        )
        .await;
    api.stop().await;
    let failed = session.try_apply(&plan).await.unwrap_err();
    failed
        .notes
        .assert_error("", &["could not be set", "Nothing was sent"]);
    assert_eq!(failed.stored, Some(stored));
}

#[tokio::test]
async fn one_accounts_changes_take_turns() {
    let (session, api) = on(Emulator::builder().latency(std::time::Duration::from_millis(20))).await;
    // Two resources, as in two modules, each for one block, and with another spelling of the name.
    let write = session.plan(DUCKLINGS, &giga(), None).await;
    let scale = json!({ "username": "LOADER", "read_scaling": { "instance_size": "mega", "flock_size": 9 } });
    let scale = session.plan(DUCKLINGS, &scale, None).await;
    let (write, scale) = tokio::join!(session.change(&write), session.change(&scale));
    write.unwrap().notes.assert_empty();
    scale.unwrap().notes.assert_empty();
    let expected = json!({
        "read_write": { "instance_size": "giga", "cooldown_seconds": 600 },
        "read_scaling": { "instance_size": "mega", "flock_size": 9, "cooldown_seconds": 300 },
    });
    assert_eq!(live(&api), expected, "neither has overwritten the other's block");
    let methods: Vec<String> = api.requests().into_iter().map(|request| request.method).collect();
    assert_eq!(methods, ["GET", "PUT", "GET", "GET", "PUT", "GET"]);
}

/// The result of a create whose PUT gets no usable response: the response is `refusal`, or there is none.
/// `now` is live afterwards, if it can be read.
async fn create_in_doubt(refusal: Option<Json>, now: Option<Json>) -> Result<Applied, Applied> {
    let puts = AtomicUsize::new(0);
    let api = Canned::start(move |request| match request.method.as_str() {
        "PUT" => {
            puts.fetch_add(1, Ordering::Relaxed);
            refusal
                .clone()
                .map_or(Reply::HangUp, |refusal| Reply::Json(500, refusal))
        }
        _ if puts.load(Ordering::Relaxed) == 0 => Reply::Json(200, before()),
        _ => match &now {
            Some(now) => Reply::Json(200, now.clone()),
            None => Reply::HangUp,
        },
    })
    .await;
    let session = Session::on(api.url()).await;
    let plan = session.plan(DUCKLINGS, &giga(), None).await;
    session.try_apply(&plan).await
}

#[tokio::test]
async fn a_lost_response_is_followed_by_looks() {
    let wanted = json!({ "read_write": { "instance_size": "giga", "cooldown_seconds": 600 }, "read_scaling": before()["read_scaling"] });
    let refusal = json!({ "code": "INTERNAL_SERVER_ERROR", "message": "Internal Error" });
    let (set, unchanged, refused, unread) = tokio::join!(
        create_in_doubt(None, Some(wanted)),
        create_in_doubt(None, Some(before())),
        create_in_doubt(Some(refusal), Some(before())),
        create_in_doubt(None, None),
    );
    assert_eq!(set.unwrap().object()["read_write"]["cooldown_seconds"], 600);
    // The request may still be under way.
    for in_doubt in [unchanged, unread] {
        let failed = in_doubt.unwrap_err();
        failed
            .notes
            .assert_error("", &["could not be set", "not known whether"]);
        assert!(failed.stored.is_some());
    }
    let failed = refused.unwrap_err();
    failed
        .notes
        .assert_error("", &["could not be set", "500", "have not changed"]);
    assert_eq!(failed.stored, None);
}

// --- What was written is compared ---

/// An API that stores what it receives after `store` has changed it. It is called with the number of the PUT.
async fn storing(store: impl Fn(usize, &mut Json) + Send + Sync + 'static) -> Canned {
    let (live, puts) = (Mutex::new(before()), AtomicUsize::new(0));
    Canned::start(move |request| {
        let mut live = live.lock().unwrap();
        if request.method == "PUT" {
            *live = request.body["config"].clone();
            store(puts.fetch_add(1, Ordering::Relaxed) + 1, &mut live);
        }
        Reply::Json(200, live.clone())
    })
    .await
}

fn puts(api: &Canned) -> Vec<Json> {
    let requests = api.requests().into_iter();
    let puts = requests.filter(|request| request.method == "PUT");
    puts.map(|put| put.body["config"].clone()).collect()
}

#[tokio::test]
async fn a_value_that_is_stored_differently_is_an_error_that_shows_both() {
    let both = json!({
        "username": "loader",
        "read_write": { "instance_size": "giga", "cooldown_seconds": 600 },
        "read_scaling": { "instance_size": "jumbo", "flock_size": 3, "cooldown_seconds": 90 },
    });
    let cases = [
        (
            "read_write.instance_size",
            json!("mega"),
            "sent \"giga\", stored \"mega\"",
        ),
        (
            "read_write.cooldown_seconds",
            json!(900),
            "sent 600 seconds, stored 900 seconds",
        ),
        (
            "read_scaling.instance_size",
            json!("mega"),
            "sent \"jumbo\", stored \"mega\"",
        ),
        ("read_scaling.flock_size", json!(2), "sent 3, stored 2"),
        (
            "read_scaling.cooldown_seconds",
            json!(60),
            "sent 90 seconds, stored 60 seconds",
        ),
    ];
    for (path, stored, words) in cases {
        let value = stored.clone();
        let api = storing(move |_, live| *live = edited(live, path, value.clone())).await;
        let session = Session::on(api.url()).await;
        let plan = session.plan(DUCKLINGS, &both, None).await;
        let failed = session.try_apply(&plan).await.unwrap_err();
        failed
            .notes
            .assert_error(path, &["not stored as they were sent", words]);
        let kept = failed.object();
        assert_eq!(edited(&kept.state, "username", json!("loader")), {
            let kept = edited(&both, path, stored);
            edited(
                &edited(&kept, "restore_on_destroy", json!(false)),
                "id",
                json!("loader"),
            )
        });
        assert_eq!(puts(&api).len(), 1, "{path}");

        // The next apply fails in the same way; the plan does not change endlessly.
        let plan = session.plan(DUCKLINGS, &both, Some(&kept)).await;
        let failed = session.try_apply(&plan).await.unwrap_err();
        failed.notes.assert_error(path, &[words]);
        assert_eq!(failed.object().state, kept.state);
    }
}

#[tokio::test]
async fn a_response_without_a_cooldown_is_read_back_before_it_is_judged() {
    let live = Mutex::new(before());
    let api = Canned::start(move |request| {
        let mut live = live.lock().unwrap();
        if request.method == "PUT" {
            *live = request.body["config"].clone();
            return Reply::Json(
                200,
                edited(&live, "read_write", json!({ "instance_size": "giga" })),
            );
        }
        Reply::Json(200, live.clone())
    })
    .await;
    let session = Session::on(api.url()).await;
    let both = json!({
        "username": "loader",
        "read_write": { "instance_size": "giga", "cooldown_seconds": 700 },
        "read_scaling": { "instance_size": "jumbo", "flock_size": 3, "cooldown_seconds": 90 },
    });
    let stored = session.create(DUCKLINGS, &both).await;
    assert_eq!(stored["read_write"]["cooldown_seconds"], 700);
}

// --- Other writers ---

fn others() -> Json {
    json!({ "instance_size": "mega", "flock_size": 9, "cooldown_seconds": 300 })
}

#[tokio::test]
async fn a_block_that_something_else_overwrites_is_sent_once_more_with_the_other_block_as_it_is_then() {
    // Another writer read before the first PUT and writes after it.
    let live = Mutex::new(before());
    let puts_so_far = AtomicUsize::new(0);
    let api = Canned::start(move |request| {
        let mut live = live.lock().unwrap();
        if request.method != "PUT" {
            return Reply::Json(200, live.clone());
        }
        *live = request.body["config"].clone();
        let response = live.clone();
        if puts_so_far.fetch_add(1, Ordering::Relaxed) == 0 {
            *live = edited(&before(), "read_scaling", others());
        }
        Reply::Json(200, response)
    })
    .await;
    let session = Session::on(api.url()).await;
    let config = only(
        "read_write",
        &json!({ "instance_size": "giga", "cooldown_seconds": 600 }),
    );
    let stored = session.create(DUCKLINGS, &config).await;
    let giga = json!({ "instance_size": "giga", "cooldown_seconds": 600 });
    assert_eq!(
        puts(&api),
        [
            json!({ "read_write": giga, "read_scaling": before()["read_scaling"] }),
            json!({ "read_write": giga, "read_scaling": others() }),
        ]
    );
    let methods: Vec<String> = api.requests().into_iter().map(|request| request.method).collect();
    assert_eq!(methods, ["GET", "PUT", "GET", "GET", "PUT", "GET"]);
    assert_eq!(stored["read_scaling"], others());
}

#[tokio::test]
async fn a_block_that_something_else_overwrites_twice_is_an_error() {
    for echo in [true, false] {
        let live = Mutex::new(before());
        let api = Canned::start(move |request| {
            let mut live = live.lock().unwrap();
            if request.method != "PUT" {
                return Reply::Json(200, live.clone());
            }
            let sent = request.body["config"].clone();
            *live = edited(&sent, "read_write", before()["read_write"].clone());
            Reply::Json(200, if echo { sent } else { live.clone() })
        })
        .await;
        let session = Session::on(api.url()).await;
        let plan = session.plan(DUCKLINGS, &giga(), None).await;
        let failed = session.try_apply(&plan).await.unwrap_err();
        let words = if echo {
            "Something else wrote"
        } else {
            "not stored as they were sent"
        };
        failed.notes.assert_error(
            "read_write.instance_size",
            &[words, "sent \"giga\", stored \"standard\""],
        );
        assert_eq!(failed.object()["read_write"], before()["read_write"]);
        assert_eq!(puts(&api).len(), 2);
    }
}

#[tokio::test]
async fn a_cooldown_that_cannot_be_read_back_is_a_warning() {
    let gets = AtomicUsize::new(0);
    let api = Canned::start(move |request| {
        let silent =
            json!({ "read_write": { "instance_size": "giga" }, "read_scaling": before()["read_scaling"] });
        match request.method.as_str() {
            "PUT" => Reply::Json(200, silent),
            _ if gets.fetch_add(1, Ordering::Relaxed) == 0 => Reply::Json(200, before()),
            _ => Reply::Json(403, json!({ "code": "FORBIDDEN", "message": "Unauthorized" })),
        }
    })
    .await;
    let session = Session::on(api.url()).await;
    let plan = session.plan(DUCKLINGS, &giga(), None).await;
    let applied = session.apply(&plan).await;
    applied
        .notes
        .assert_warning("", &["cooldown", "403 FORBIDDEN", "next refresh"]);
    assert_eq!(
        applied.stored.unwrap()["read_write"]["cooldown_seconds"],
        Json::Null
    );
}

// --- Destroy ---

#[tokio::test]
async fn a_planned_destroy_warns_once_that_the_sizes_stay() {
    let (session, api) = on(Emulator::builder()).await;
    api.seed(&json!({ "users": [{ "username": "other", "is_service_account": true }] }))
        .unwrap();
    let stored = session.create(DUCKLINGS, &giga()).await;
    let other = edited(&giga(), "username", json!("other"));
    let other = session.create(DUCKLINGS, &other).await;
    let was = live(&api);
    api.clear_requests();
    let plan = session.plan_destroy(DUCKLINGS, &stored).await.unwrap();
    plan.notes.assert_warning(
        "",
        &[
            "Ducklings are left as they are",
            "does not matter if the account",
            "restore_on_destroy",
        ],
    );
    let quiet = session.plan_destroy(DUCKLINGS, &other).await.unwrap();
    quiet.notes.assert_empty();
    for plan in [plan, quiet] {
        session.apply(&plan).await.notes.assert_empty();
    }
    assert_eq!(live(&api), was);
    assert!(calls(&api).is_empty());

    // Another run plans it again.
    session
        .configure(&Session::settings(&api.url()))
        .await
        .assert_empty();
    let again = session.plan_destroy(DUCKLINGS, &stored).await.unwrap();
    again.notes.assert_warning("", &["left as they are"]);
}

#[tokio::test]
async fn a_destroy_that_this_run_has_made_a_successor_for_has_no_warning() {
    let (session, _api) = on(Emulator::builder()).await;
    let old = session.create(DUCKLINGS, &giga()).await;
    session.create(DUCKLINGS, &giga()).await;
    session
        .plan_destroy(DUCKLINGS, &old)
        .await
        .unwrap()
        .notes
        .assert_empty();
}

#[tokio::test]
async fn a_destroy_restores_managed_blocks_only() {
    let (session, api) = on(Emulator::builder()).await;
    let config = edited(&giga(), "restore_on_destroy", json!(true));
    let stored = session.create(DUCKLINGS, &config).await;
    let stored = session.refresh(DUCKLINGS, &stored).await;
    let drifted = json!({ "instance_size": "standard", "flock_size": 7, "cooldown_seconds": 240 });
    set_live(&api, &edited(&live(&api), "read_scaling", drifted.clone()));
    destroy(&session, &stored).await.assert_empty();
    assert_eq!(live(&api), edited(&before(), "read_scaling", drifted));
}

#[tokio::test]
async fn a_block_that_was_ever_managed_is_put_back() {
    let (session, api) = on(Emulator::builder()).await;
    let scaling = json!({ "instance_size": "mega", "flock_size": 9 });
    let both = edited(
        &edited(&giga(), "restore_on_destroy", json!(true)),
        "read_scaling",
        scaling,
    );
    let stored = session.create(DUCKLINGS, &both).await;
    // First one block is removed from the configuration, then the other one is changed, with a plan for each.
    let config = edited(
        &edited(&both, "read_scaling", Json::Null),
        "read_write.instance_size",
        json!("jumbo"),
    );
    let stored = session
        .change_to(DUCKLINGS, &config, &stored, Action::Update)
        .await;
    destroy(&session, &stored).await.assert_empty();
    assert_eq!(live(&api), before());
}

#[tokio::test]
async fn a_replacement_puts_the_old_accounts_ducklings_back() {
    let (session, api) = on(Emulator::builder()).await;
    api.seed(&json!({ "users": [{ "username": "other", "is_service_account": true }] }))
        .unwrap();
    let config = edited(&giga(), "restore_on_destroy", json!(true));
    let stored = session.create(DUCKLINGS, &config).await;
    let other = edited(&config, "username", json!("other"));
    let stored = session
        .change_to(DUCKLINGS, &other, &stored, Action::Replace)
        .await;
    assert_eq!(live(&api), before());
    assert_eq!(stored["id"], "other");
    destroy(&session, &stored).await.assert_empty();
    let accounts = api.state()["accounts"].clone();
    let other = accounts
        .as_array()
        .unwrap()
        .iter()
        .find(|account| account["username"] == "other")
        .unwrap();
    assert_eq!(
        other["ducklings"]["read_write"]["instance_size"], "standard",
        "and so are the new one's"
    );
}

#[tokio::test]
async fn a_new_object_is_not_undone_by_the_end_of_the_old_one() {
    let (session, api) = on(Emulator::builder()).await;
    let config = edited(&giga(), "restore_on_destroy", json!(true));
    let old = session.create(DUCKLINGS, &config).await;
    // As with `create_before_destroy`, in a separate run.
    session
        .configure(&Session::settings(&api.url()))
        .await
        .assert_empty();
    let jumbo = edited(&config, "read_write.instance_size", json!("jumbo"));
    session.create(DUCKLINGS, &jumbo).await;
    let was = live(&api);
    let notes = destroy(&session, &old).await;
    notes.assert_warning(
        "",
        &[
            "stay as they are",
            "must not be undone",
            "cooldown_seconds = 75",
            "flock_size = 3",
        ],
    );
    assert_eq!(live(&api), was);
}

#[tokio::test]
async fn a_successor_that_was_refused_is_none() {
    let (session, api) = on(Emulator::builder().plan(Tier::Lite)).await;
    let pulse = json!({
        "read_write": { "instance_size": "pulse" }, "read_scaling": { "instance_size": "pulse", "flock_size": 3 },
    });
    set_live(&api, &pulse);
    let larger = json!({ "instance_size": "pulse", "flock_size": 9 });
    let restore = edited(&only("read_scaling", &larger), "restore_on_destroy", json!(true));
    let old = session.create(DUCKLINGS, &restore).await;
    session
        .configure(&Session::settings(&api.url()))
        .await
        .assert_empty();
    let plan = session.plan(DUCKLINGS, &giga(), None).await;
    session.try_apply(&plan).await.unwrap_err();
    destroy(&session, &old).await.assert_empty();
    assert_eq!(live(&api), pulse);
}

#[tokio::test]
async fn the_end_of_an_object_waits_for_its_successor_and_then_undoes_nothing() {
    let (session, api) = on(Emulator::builder().latency(std::time::Duration::from_millis(50))).await;
    let restore = edited(&giga(), "restore_on_destroy", json!(true));
    let old = session.create(DUCKLINGS, &restore).await;
    session
        .configure(&Session::settings(&api.url()))
        .await
        .assert_empty();
    // A resource under another address, as after a rename without a `moved` block, at the same time.
    let jumbo = edited(&restore, "read_write.instance_size", json!("jumbo"));
    let (new, end) = (
        session.plan(DUCKLINGS, &jumbo, None).await,
        session.plan_destroy(DUCKLINGS, &old).await.unwrap(),
    );
    let (made, ended) = tokio::join!(session.change(&new), session.change(&end));
    made.unwrap();
    ended.unwrap();
    assert_eq!(live(&api)["read_write"]["instance_size"], "jumbo");
}

#[tokio::test]
async fn managed_blocks_are_remembered_through_a_replacement() {
    let (session, api) = on(Emulator::builder()).await;
    let old = session.create(DUCKLINGS, &giga()).await;
    destroy(&session, &old).await;
    let scaling = json!({ "instance_size": "mega", "flock_size": 9 });
    let config = edited(&only("read_scaling", &scaling), "restore_on_destroy", json!(true));
    let new = session.create(DUCKLINGS, &config).await;
    destroy(&session, &new).await.assert_empty();
    assert_eq!(live(&api), before());
}

#[tokio::test]
async fn the_sizes_to_restore_survive_a_replacement_for_the_same_account() {
    let (session, api) = on(Emulator::builder()).await;
    let old = session.create(DUCKLINGS, &giga()).await;
    destroy(&session, &old).await;
    let config = edited(&giga(), "restore_on_destroy", json!(true));
    let new = session.create(DUCKLINGS, &config).await;
    destroy(&session, &new).await.assert_empty();
    assert_eq!(live(&api), before());
}

#[tokio::test]
async fn the_sizes_to_restore_are_read_again_in_another_run() {
    let (session, api) = on(Emulator::builder()).await;
    let old = session.create(DUCKLINGS, &giga()).await;
    destroy(&session, &old).await;
    let between = edited(&before(), "read_write.instance_size", json!("mega"));
    set_live(&api, &between);
    session
        .configure(&Session::settings(&api.url()))
        .await
        .assert_empty();
    let config = edited(&giga(), "restore_on_destroy", json!(true));
    let new = session.create(DUCKLINGS, &config).await;
    destroy(&session, &new).await.assert_empty();
    assert_eq!(live(&api), between);
}

#[tokio::test]
async fn after_an_import_the_sizes_at_the_import_are_restored() {
    let (session, api) = on(Emulator::builder()).await;
    let stored = session.import(DUCKLINGS, "loader").await;
    let config = edited(&giga(), "restore_on_destroy", json!(true));
    let stored = session
        .change_to(DUCKLINGS, &config, &stored, Action::Update)
        .await;
    destroy(&session, &stored).await.assert_empty();
    assert_eq!(live(&api), before());
}

#[tokio::test]
async fn there_is_nothing_to_put_back_on_an_account_that_is_gone() {
    let (session, api) = on(Emulator::builder()).await;
    let account = session.import(ACCOUNT, "loader").await;
    let stored = session
        .create(DUCKLINGS, &edited(&giga(), "restore_on_destroy", json!(true)))
        .await;
    let unprotected = json!({ "username": "loader", "deletion_protection": false });
    let account = session
        .change_to(ACCOUNT, &unprotected, &account, Action::Update)
        .await;
    let plan = session.plan_destroy(ACCOUNT, &account).await.unwrap();
    session.apply(&plan).await;
    destroy(&session, &stored).await.assert_empty();
    drop(api);
}
