//! Values that are known only after apply: there is no error, and core accepts the plans, also when the
//! values are known at apply.

use motherduck_contract::CheckedEmulator;
use serde_json::{Value as Json, json};

use crate::host::{ACCOUNT, Action, DUCKLINGS, Session, TOKEN, edited, refined, unknown};

/// Returns every resource with all its arguments.
fn full() -> [(&'static str, Json); 3] {
    [
        (
            ACCOUNT,
            json!({ "username": "loader", "deletion_protection": false }),
        ),
        (
            TOKEN,
            json!({
                "username": "owner", "name": "nightly", "description": "for the loads", "token_type": "read_write",
                "ttl": 3600, "early_rotation_seconds": 600, "keepers": { "month": "1" },
            }),
        ),
        (
            DUCKLINGS,
            json!({
                "username": "owner", "restore_on_destroy": true,
                "read_write": { "instance_size": "jumbo", "cooldown_seconds": 120 },
                "read_scaling": { "instance_size": "standard", "flock_size": 2, "cooldown_seconds": 90 },
            }),
        ),
    ]
}

async fn set_up() -> (Session, CheckedEmulator) {
    let owner = json!({ "username": "owner", "is_service_account": true });
    Session::on_users(&json!([owner])).await
}

/// Returns copies of the configuration with unknown values: each attribute by itself, nested attributes and
/// their object, an element of a map, and all of them together. Each copy has the name of what is unknown.
fn with_unknowns(session: &Session, type_name: &str, config: &Json) -> Vec<(String, Json)> {
    let paths = session.resource(type_name).configurable();
    let mut cases = Vec::new();
    for mark in [unknown(), refined()] {
        for path in &paths {
            cases.push((path.clone(), edited(config, path, mark.clone())));
        }
        if type_name == TOKEN {
            let element = edited(config, "keepers.month", mark.clone());
            cases.push(("keepers".into(), element));
        }
        let outer = paths.iter().filter(|path| !path.contains('.'));
        let leaves = paths.iter().filter(|path| !has_parts(&paths, path));
        let all = |paths: Vec<&String>| {
            let start = config.clone();
            paths
                .into_iter()
                .fold(start, |config, path| edited(&config, path, mark.clone()))
        };
        cases.push(("everything".into(), all(outer.collect())));
        cases.push(("every leaf".into(), all(leaves.collect())));
    }
    cases
}

fn has_parts(paths: &[String], path: &str) -> bool {
    let prefix = format!("{path}.");
    paths.iter().any(|other| other.starts_with(&prefix))
}

#[tokio::test]
async fn unknown_values_are_valid() {
    let session = Session::start().await;
    for (type_name, config) in full() {
        for (_, config) in with_unknowns(&session, type_name, &config) {
            session.validate(type_name, &config).await.assert_empty();
        }
    }
    for name in session.provider().configurable() {
        for mark in [unknown(), refined()] {
            session
                .validate_provider(&json!({ &name: mark }))
                .await
                .assert_empty();
        }
    }
}

#[tokio::test]
async fn rules_between_attributes_ignore_unknown_values() {
    let session = Session::start().await;
    let size = |size: Json| json!({ "instance_size": size, "cooldown_seconds": 60 });
    for (type_name, config) in [
        (
            TOKEN,
            json!({ "username": "a", "name": "b", "ttl": unknown(), "early_rotation_seconds": 99_999 }),
        ),
        (
            TOKEN,
            json!({ "username": "a", "name": "b", "ttl": 300, "early_rotation_seconds": unknown() }),
        ),
        (DUCKLINGS, json!({ "username": "a", "read_write": unknown() })),
        (
            DUCKLINGS,
            json!({ "username": "a", "read_write": size(unknown()) }),
        ),
    ] {
        session.validate(type_name, &config).await.assert_empty();
    }
    // Known values beside an unknown one are still checked.
    let config = json!({ "username": "a", "read_write": unknown(), "read_scaling":
        { "instance_size": unknown(), "flock_size": 65 } });
    let diagnostics = session.validate(DUCKLINGS, &config).await;
    diagnostics.assert_error("read_scaling.flock_size", &["0 to 64"]);
}

#[tokio::test]
async fn create_with_unknown_values_agrees_with_its_plan() {
    for (type_name, config) in full() {
        let (session, _api) = set_up().await;
        for (what, unknowing) in with_unknowns(&session, type_name, &config) {
            let plan = session.plan(type_name, &unknowing, None).await;
            assert_eq!(plan.action, Action::Create);
            assert_eq!(plan["id"], unknown(), "{what}");
            let created = session.try_apply_with_known(&plan, &config).await;
            let created = created
                .unwrap_or_else(|failed| panic!("{what}: {failed:#?}"))
                .object();
            session.destroy(type_name, &created).await;
        }
    }
}

#[tokio::test]
async fn change_with_unknown_values_agrees_with_its_plan() {
    let forcing = [
        "username",
        "name",
        "name_prefix",
        "description",
        "token_type",
        "ttl",
        "keepers",
    ];
    for (type_name, config) in full() {
        let (session, _api) = set_up().await;
        let mut stored = session.create(type_name, &config).await;
        for (what, unknowing) in with_unknowns(&session, type_name, &config) {
            let plan = session.plan(type_name, &unknowing, Some(&stored)).await;
            let everything = what.starts_with("every");
            let replaces = everything || forcing.contains(&what.as_str());
            if replaces {
                assert_eq!(plan.action, Action::Replace, "{type_name} {what}");
                assert!(everything || plan.replace == [what.clone()], "{plan:#?}");
                assert_eq!(
                    plan["id"],
                    unknown(),
                    "{what}: dependents must wait for the new object"
                );
            } else {
                assert_eq!(plan.action, Action::Update, "{type_name} {what}");
                assert_eq!(plan["id"], stored["id"], "{what}");
            }
            let applied = session.try_apply_with_known(&plan, &config).await;
            stored = applied
                .unwrap_or_else(|failed| panic!("{what}: {failed:#?}"))
                .object();
            session.assert_plan_is_empty(type_name, &config, &stored).await;
        }
    }
}

#[tokio::test]
async fn unknown_value_may_become_null() {
    let (session, _api) = set_up().await;
    for name in ["description", "token_type", "ttl", "keepers"] {
        let config = json!({ "username": "owner", "name": format!("nightly {name}") });
        let plan = session.plan(TOKEN, &edited(&config, name, unknown()), None).await;
        assert_eq!(plan[name], unknown(), "{name} may still have any value");
        let created = session
            .try_apply_with_known(&plan, &config)
            .await
            .unwrap()
            .object();
        session.assert_plan_is_empty(TOKEN, &config, &created).await;
    }
    let config = json!({ "username": "owner", "read_write": { "instance_size": "mega" } });
    let unknowing = edited(&config, "read_scaling", unknown());
    let plan = session.plan(DUCKLINGS, &unknowing, None).await;
    session.try_apply_with_known(&plan, &config).await.unwrap();
}

#[tokio::test]
async fn unknown_username_of_a_protected_account_is_an_error() {
    let (session, _api) = set_up().await;
    let config = json!({ "username": "loader" });
    let stored = session.create(ACCOUNT, &config).await;
    let unknowing = edited(&config, "username", refined());
    let diagnostics = session
        .try_plan(ACCOUNT, &unknowing, Some(&stored))
        .await
        .unwrap_err();
    diagnostics.assert_error("deletion_protection", &["\"loader\"", "protected from deletion"]);
}
