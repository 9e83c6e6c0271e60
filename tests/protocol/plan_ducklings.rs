//! Plans of Ducklings: unmanaged blocks and unset cooldowns.

use motherduck_contract::CheckedEmulator;
use serde_json::{Value as Json, json};

use crate::host::{
    Action, DUCKLINGS, ListQuery, Reply, ScriptedApi, Session, StoredObject, calls, edited, unknown,
};

/// Starts an organization with an account `loader` that has these Ducklings, and creates a resource with this
/// configuration.
async fn set_up(live: Json, config: &Json) -> (Session, CheckedEmulator, StoredObject) {
    let user = json!({ "username": "loader", "is_service_account": true, "ducklings": live });
    let (session, api) = Session::on_users(&json!([user])).await;
    let stored = session.create(DUCKLINGS, config).await;
    api.clear_requests();
    (session, api, stored)
}

fn live() -> Json {
    json!({
        "read_write": { "instance_size": "standard", "cooldown_seconds": 75 },
        "read_scaling": { "instance_size": "jumbo", "flock_size": 3, "cooldown_seconds": 90 },
    })
}

fn only_read_write(size: &str) -> Json {
    json!({ "username": "loader", "read_write": { "instance_size": size } })
}

fn both() -> Json {
    json!({
        "username": "loader",
        "read_write": { "instance_size": "standard" },
        "read_scaling": { "instance_size": "jumbo", "flock_size": 3 },
    })
}

#[tokio::test]
async fn plan_of_create_has_unknown_unconfigured_attributes() {
    let session = Session::start().await;
    let plan = session.plan(DUCKLINGS, &only_read_write("standard"), None).await;
    let expected = json!({
        "username": "loader",
        "read_write": { "instance_size": "standard", "cooldown_seconds": unknown() },
        "read_scaling": unknown(),
        "restore_on_destroy": false,
        "id": unknown(),
    });
    assert_eq!(plan.state, expected);
    let plan = session.plan(DUCKLINGS, &only_read_write("pulse"), None).await;
    let pulse = json!({ "instance_size": "pulse", "cooldown_seconds": null });
    assert_eq!(plan["read_write"], pulse, "pulse has no cooldown");
}

#[tokio::test]
async fn unconfigured_block_is_planned_with_its_prior_value() {
    let (session, _api, stored) = set_up(live(), &only_read_write("standard")).await;
    assert_eq!(stored["read_scaling"], live()["read_scaling"]);
    session
        .assert_plan_is_empty(DUCKLINGS, &only_read_write("standard"), &stored)
        .await;
    let plan = session
        .plan(DUCKLINGS, &only_read_write("giga"), Some(&stored))
        .await;
    assert_eq!(
        (plan.action, &plan["read_scaling"]),
        (Action::Update, &live()["read_scaling"])
    );
    assert_eq!(plan["id"], "loader");
}

#[tokio::test]
async fn plan_is_empty_after_removal_of_a_block() {
    let (session, _api, stored) = set_up(live(), &both()).await;
    session
        .assert_plan_is_empty(DUCKLINGS, &only_read_write("standard"), &stored)
        .await;
}

#[tokio::test]
async fn unset_cooldown_is_planned_unchanged_while_the_size_is_unchanged() {
    let (session, _api, stored) = set_up(live(), &both()).await;
    assert_eq!(
        stored["read_write"]["cooldown_seconds"], 75,
        "the live one is kept"
    );
    let flock = edited(&both(), "read_scaling.flock_size", json!(9));
    let plan = session.plan(DUCKLINGS, &flock, Some(&stored)).await;
    assert_eq!(plan["read_scaling"]["cooldown_seconds"], 90);
    assert_eq!(plan["read_write"], stored["read_write"]);

    let size = edited(&both(), "read_write.instance_size", json!("mega"));
    let plan = session.plan(DUCKLINGS, &size, Some(&stored)).await;
    assert_eq!(
        plan["read_write"]["cooldown_seconds"],
        unknown(),
        "the API chooses"
    );
}

#[tokio::test]
async fn plan_is_empty_after_removal_of_a_configured_cooldown() {
    let (session, _api, stored) = set_up(live(), &both()).await;
    let config = edited(&both(), "read_write.cooldown_seconds", json!(600));
    let plan = session.plan(DUCKLINGS, &config, Some(&stored)).await;
    assert_eq!(plan["read_write"]["cooldown_seconds"], 600);
    let stored = session.apply(&plan).await.object();
    session.assert_plan_is_empty(DUCKLINGS, &both(), &stored).await;
}

#[tokio::test]
async fn changed_username_requires_replace_and_letter_case_does_not() {
    let (session, api, stored) = set_up(live(), &both()).await;
    session
        .assert_plan_is_empty(DUCKLINGS, &edited(&both(), "username", json!("LOADER")), &stored)
        .await;
    let other = edited(&both(), "username", json!("other"));
    let plan = session.plan(DUCKLINGS, &other, Some(&stored)).await;
    plan.assert_replaces(&["username"]);
    // The plan for the new account uses no value of the old one.
    assert_eq!(plan["id"], unknown());
    assert_eq!(plan["read_write"]["cooldown_seconds"], unknown());
    assert!(calls(&api).is_empty());
}

#[tokio::test]
async fn restore_on_destroy_is_updated_in_place_without_a_request() {
    let (session, api, stored) = set_up(live(), &both()).await;
    let config = edited(&both(), "restore_on_destroy", json!(true));
    let stored = session.update(DUCKLINGS, &config, &stored).await;
    let stored = session.update(DUCKLINGS, &both(), &stored).await;
    assert_eq!(stored["restore_on_destroy"], false);
    assert!(calls(&api).is_empty());
}

// --- Sizes ---

#[tokio::test]
async fn unsupported_size_is_a_plan_error_at_its_attribute() {
    let session = Session::start().await;
    for path in ["read_write.instance_size", "read_scaling.instance_size"] {
        let config = edited(&both(), path, json!("large"));
        let refused = session.try_plan(DUCKLINGS, &config, None).await.unwrap_err();
        refused.assert_error(path, &["pulse, standard, jumbo, mega, giga", "\"large\""]);
    }
}

/// An API with an instance size that this version does not know.
async fn with_a_new_size() -> (Session, ScriptedApi) {
    let api = ScriptedApi::start(|request| match request.endpoint().as_str() {
        "GET /v1/users" => Reply::ok(json!({ "users": [{
            "id": "1", "username": "loader", "email": null, "first_name": null, "last_name": null,
            "is_service_account": true, "is_deprovisioned": false, "roles": [],
        }] })),
        line if line.starts_with("PUT") => Reply::ok(request.body["config"].clone()),
        _ => Reply::ok(json!({
            "read_write": { "instance_size": "tera", "cooldown_seconds": 900 },
            "read_scaling": { "instance_size": "jumbo", "flock_size": 3, "cooldown_seconds": 90 },
        })),
    })
    .await;
    (Session::on(api.url()).await, api)
}

#[tokio::test]
async fn unsupported_size_in_the_state_is_accepted_in_plans() {
    let (session, _api) = with_a_new_size().await;
    let found = session
        .read_data_source("motherduck_ducklings", &json!({ "username": "loader" }))
        .await;
    assert_eq!(found["read_write"]["instance_size"], "tera");

    let stored = session.import(DUCKLINGS, "loader").await;
    let stored = session.refresh(DUCKLINGS, &stored).await;
    assert_eq!(stored["read_write"]["instance_size"], "tera");

    let listed = session.list(&ListQuery::all(DUCKLINGS).with_resources()).await;
    let (config, diagnostics) = session.generate(DUCKLINGS, &listed[0].state).await;
    diagnostics.assert_empty();
    assert_eq!(config["read_write"]["instance_size"], "tera");
    assert!(!session.validate(DUCKLINGS, &config).await.has_errors());
    session.assert_plan_is_empty(DUCKLINGS, &config, &stored).await;

    // Other attributes can change while it is kept, and it can be removed.
    let slower = edited(&config, "read_write.cooldown_seconds", json!(1000));
    let plan = session.plan(DUCKLINGS, &slower, Some(&stored)).await;
    assert_eq!(plan.action, Action::Update);
    let known = edited(&config, "read_write.instance_size", json!("giga"));
    session.plan(DUCKLINGS, &known, Some(&stored)).await;

    // A requested replacement keeps it: the second plan reads it from the first plan's private state, and the
    // plan at apply from that of the delete.
    let plan = session.plan(DUCKLINGS, &config, Some(&stored)).await;
    let second = session.plan_create_of_replacement(&plan).await.unwrap();
    assert_eq!(second["read_write"]["instance_size"], "tera");
    let (fresh, _api) = with_a_new_size().await;
    fresh.plan_create_of_replacement(&plan).await.unwrap();
    fresh
        .apply_once(&plan.delete_of_replacement(&second))
        .await
        .unwrap();
    let again = fresh.plan(DUCKLINGS, &config, None).await;
    assert_eq!(
        fresh.apply(&again).await.object()["read_write"],
        config["read_write"]
    );
    // The replacement of a tainted object keeps it too, because the object was read before.
    let (fresh, _api) = with_a_new_size().await;
    fresh.refresh(DUCKLINGS, &stored).await;
    fresh.plan(DUCKLINGS, &config, None).await;
    // It is refused for another account.
    let elsewhere = edited(&config, "username", json!("other"));
    assert!(fresh.try_plan(DUCKLINGS, &elsewhere, None).await.is_err());

    let other = edited(&config, "read_write.instance_size", json!("peta"));
    let refused = session
        .try_plan(DUCKLINGS, &other, Some(&stored))
        .await
        .unwrap_err();
    refused.assert_error(
        "read_write.instance_size",
        &["not \"peta\"", "upgrade the provider"],
    );
}
