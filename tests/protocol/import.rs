//! Imports by id.

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::Emulator;
use serde_json::{Value as Json, json};

use crate::host::{ACCOUNT, DUCKLINGS, Session, TOKEN, TOKEN_ID, emulator, seed_users};

async fn seeded(api: CheckedEmulator) -> (Session, CheckedEmulator) {
    let users = json!([
        { "username": "Loader", "is_service_account": true },
        { "username": "ada.lovelace", "is_service_account": false },
    ]);
    seed_users(&api, &users);
    (Session::on(&api.url()).await, api)
}

async fn set_up() -> (Session, CheckedEmulator) {
    seeded(emulator().await).await
}

#[tokio::test]
async fn imported_account_has_deletion_protection() {
    let (session, _api) = set_up().await;
    let stored = session.import(ACCOUNT, "Loader").await;
    let expected = json!({ "username": "Loader", "deletion_protection": true, "id": "Loader" });
    assert_eq!(stored.state, expected);
    session
        .assert_plan_is_empty(ACCOUNT, &json!({ "username": "Loader" }), &stored)
        .await;
    session
        .assert_plan_is_empty(ACCOUNT, &json!({ "username": "loader" }), &stored)
        .await;
}

#[tokio::test]
async fn import_of_a_human_member_as_account_is_an_error() {
    let (session, _api) = set_up().await;
    for name in ["ada.lovelace", "ADA.lovelace"] {
        let diagnostics = session.try_import(ACCOUNT, name).await.unwrap_err();
        diagnostics.assert_error(
            "",
            &["human member", "delete a person's account", "motherduck_token"],
        );
    }
}

#[tokio::test]
async fn import_without_users_endpoint_returns_a_warning() {
    let api = CheckedEmulator::start(Emulator::builder().behaviour(|of| of.missing_users_endpoint = true))
        .await
        .unwrap();
    let (session, _api) = seeded(api).await;
    let imported = session.try_import(ACCOUNT, "Loader").await.unwrap();
    imported.assert_warning("", &["could not be checked", "Make sure", "human"]);
    assert!(imported.stored.is_some());
}

#[tokio::test]
async fn import_of_a_missing_object_is_an_error() {
    let (session, _api) = set_up().await;
    let cases = [
        (ACCOUNT, "nobody".to_owned()),
        (DUCKLINGS, "nobody".to_owned()),
        (TOKEN, format!("nobody/{TOKEN_ID}")),
        (TOKEN, format!("Loader/{TOKEN_ID}")),
        (TOKEN, "Loader/no-uuid".to_owned()),
    ];
    for (type_name, id) in cases {
        let diagnostics = session.try_import(type_name, &id).await.unwrap_err();
        diagnostics.assert_error("", &["There is no", "Nothing was imported"]);
    }
}

#[tokio::test]
async fn unauthorized_import_is_not_reported_as_a_missing_object() {
    let api = emulator().await;
    let session = Session::with(&api.url(), "admin_token", json!("wrong")).await;
    for (type_name, id) in [(ACCOUNT, "loader"), (DUCKLINGS, "loader"), (TOKEN, "loader/1")] {
        let diagnostics = session.try_import(type_name, id).await.unwrap_err();
        diagnostics.assert_error("", &["401 UNAUTHORIZED", "MOTHERDUCK_ADMIN_TOKEN"]);
        diagnostics.assert_omits("There is no");
    }
}

#[tokio::test]
async fn ducklings_of_every_kind_of_account_can_be_imported() {
    let (session, api) = set_up().await;
    let ducklings = json!({
        "read_write": { "instance_size": "mega", "cooldown_seconds": 400 },
        "read_scaling": { "instance_size": "pulse", "flock_size": 4, "cooldown_seconds": null },
    });
    for name in ["Loader", "ada.lovelace"] {
        let user = json!({ "username": name, "ducklings": {
            "read_write": ducklings["read_write"], "read_scaling": { "instance_size": "pulse", "flock_size": 4 },
        } });
        seed_users(&api, &json!([user]));
        let stored = session.import(DUCKLINGS, name).await;
        assert_eq!(stored["read_write"], ducklings["read_write"]);
        assert_eq!(stored["read_scaling"], ducklings["read_scaling"]);
        assert_eq!(
            (&stored["id"], &stored["restore_on_destroy"]),
            (&json!(name), &json!(false))
        );
        let config = json!({ "username": name, "read_write": { "instance_size": "mega" } });
        session.assert_plan_is_empty(DUCKLINGS, &config, &stored).await;
    }
}

/// Seeds a token of `Loader` and returns its import id.
fn seed_token(api: &CheckedEmulator, name: &str, seconds: Option<i64>) -> String {
    let created = api.now();
    let end = seconds.map(|seconds| (created + jiff::SignedDuration::from_secs(seconds)).to_string());
    let token = json!({
        "id": TOKEN_ID, "name": name, "description": "by hand", "token_type": "read_scaling",
        "created_ts": created.to_string(), "expire_at": end,
    });
    seed_users(api, &json!([{ "username": "Loader", "tokens": [token] }]));
    format!("Loader/{TOKEN_ID}")
}

#[tokio::test]
async fn imported_token_has_a_null_secret() {
    let (session, api) = set_up().await;
    let id = seed_token(&api, "nightly", Some(3600));
    let stored = session.import(TOKEN, &id).await;
    for (name, value) in [
        ("username", json!("Loader")),
        ("name", json!("nightly")),
        ("description", json!("by hand")),
        ("token_type", json!("read_scaling")),
        ("ttl", json!(3600)),
        ("keepers", Json::Null),
        ("id", json!(TOKEN_ID)),
        ("token", Json::Null),
        ("read_only", json!(true)),
        ("ready_for_rotation", json!(false)),
    ] {
        assert_eq!(stored[name], value, "{name}");
    }
    let config =
        json!({ "username": "loader", "name": "nightly", "token_type": "read_scaling", "ttl": 3600 });
    session.assert_plan_is_empty(TOKEN, &config, &stored).await;
    // The letter case of the id does not matter.
    assert_eq!(session.import(TOKEN, &id.replace('a', "A")).await["id"], TOKEN_ID);
}

#[tokio::test]
async fn imported_ttl_is_the_lifetime_if_it_can_be_configured() {
    let (session, api) = set_up().await;
    for (seconds, ttl) in [(None, Json::Null), (Some(296), json!(300))] {
        let id = seed_token(&api, "nightly", seconds);
        assert_eq!(session.import(TOKEN, &id).await["ttl"], ttl, "{seconds:?}");
    }
    let id = seed_token(&api, "nightly", Some(200));
    let imported = session.try_import(TOKEN, &id).await.unwrap();
    imported.assert_warning("ttl", &["cannot be configured as `ttl`", "200"]);
    let stored = imported.object();
    assert_eq!(stored["ttl"], Json::Null);
    let config = json!({ "username": "Loader", "name": "nightly", "token_type": "read_scaling" });
    session.assert_plan_is_empty(TOKEN, &config, &stored).await;
}

#[tokio::test]
async fn import_of_a_token_with_an_invalid_name_is_an_error() {
    let (session, api) = set_up().await;
    for name in ["MotherDuck Extension", "MotherDuck Flights", "  "] {
        let id = seed_token(&api, name, None);
        let diagnostics = session.try_import(TOKEN, &id).await.unwrap_err();
        diagnostics.assert_error(
            "",
            &["cannot be imported", &format!("{name:?}"), "Nothing was imported"],
        );
    }
}
