//! Plans of tokens: reasons for replacement, rotation, and values after an import.

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::Emulator;
use serde_json::{Value as Json, json};

use crate::host::{
    Action, Session, StoredObject, TOKEN, TOKEN_ID, calls, edited, merged, seed_users, unknown, with_loader,
};

/// Starts an organization with an account `loader`, and a provider.
async fn set_up() -> (Session, CheckedEmulator) {
    let api = with_loader(Emulator::builder()).await;
    (Session::on(&api.url()).await, api)
}

async fn set_up_with(config: &Json) -> (Session, CheckedEmulator, StoredObject) {
    let (session, api) = set_up().await;
    let stored = session.create(TOKEN, config).await;
    api.clear_requests();
    (session, api, stored)
}

fn minimal() -> Json {
    json!({ "username": "loader", "name": "nightly" })
}

fn full() -> Json {
    json!({
        "username": "loader", "name": "nightly", "description": "for the loads", "token_type": "read_scaling",
        "ttl": 3600, "early_rotation_seconds": 600, "keepers": { "month": "1" },
    })
}

async fn assert_replaced(session: &Session, config: &Json, stored: &StoredObject, paths: &[&str]) {
    let plan = session.plan(TOKEN, config, Some(stored)).await;
    plan.assert_replaces(paths);
    for computed in [
        "id",
        "token",
        "expire_at",
        "created_ts",
        "read_only",
        "ready_for_rotation",
    ] {
        assert_eq!(plan[computed], unknown(), "{computed} is the new token's");
    }
}

// --- New tokens ---

#[tokio::test]
async fn plan_of_create_has_defaults_and_unknown_computed_attributes() {
    let session = Session::start().await;
    let plan = session.plan(TOKEN, &minimal(), None).await;
    let expected = json!({
        "username": "loader", "name": "nightly", "name_prefix": null, "description": unknown(),
        "token_type": "read_write", "ttl": null, "early_rotation_seconds": null, "revoke_on_destroy": true,
        "keepers": null, "id": unknown(), "token": unknown(), "expire_at": unknown(),
        "created_ts": unknown(), "read_only": unknown(), "ready_for_rotation": unknown(),
    });
    assert_eq!(plan.state, expected);
}

// --- Changes ---

#[tokio::test]
async fn plan_is_empty_for_an_unchanged_configuration() {
    for config in [minimal(), full()] {
        let (session, _api, stored) = set_up_with(&config).await;
        session.assert_plan_is_empty(TOKEN, &config, &stored).await;
        let cased = edited(&config, "username", json!("LOADER"));
        session.assert_plan_is_empty(TOKEN, &cased, &stored).await;
        let refreshed = session.refresh(TOKEN, &stored).await;
        assert_eq!(refreshed, stored);
    }
}

#[tokio::test]
async fn changed_argument_requires_replace() {
    let (session, api, stored) = set_up_with(&full()).await;
    for (name, value) in [
        ("username", json!("other")),
        ("name", json!("Nightly")),
        ("description", json!("for other loads")),
        ("token_type", json!("read_write")),
        ("token_type", Json::Null),
        ("ttl", json!(3601)),
        ("keepers", json!({ "month": "2" })),
        ("keepers", json!({ "month": "1", "day": "1" })),
        ("keepers", json!({})),
        ("keepers", Json::Null),
    ] {
        assert_replaced(&session, &edited(&full(), name, value), &stored, &[name]).await;
    }
    let without_end = merged(&full(), &json!({ "ttl": null, "early_rotation_seconds": null }));
    assert_replaced(&session, &without_end, &stored, &["ttl"]).await;
    let both = merged(&full(), &json!({ "name": "n", "token_type": "read_write" }));
    assert_replaced(&session, &both, &stored, &["name", "token_type"]).await;
    assert!(calls(&api).is_empty());
}

#[tokio::test]
async fn added_ttl_or_keepers_require_replace() {
    let (session, _api, stored) = set_up_with(&minimal()).await;
    for (name, value) in [("ttl", json!(300)), ("keepers", json!({ "a": "1" }))] {
        assert_replaced(&session, &edited(&minimal(), name, value), &stored, &[name]).await;
    }
}

#[tokio::test]
async fn plan_is_empty_after_removal_of_the_description() {
    let (session, _api, stored) = set_up_with(&full()).await;
    session
        .assert_plan_is_empty(TOKEN, &edited(&full(), "description", Json::Null), &stored)
        .await;
}

// --- Generated names ---

fn prefixed() -> Json {
    json!({ "username": "loader", "name_prefix": "etl-", "ttl": 3600 })
}

#[tokio::test]
async fn generated_name_is_unchanged_while_name_prefix_is_unchanged() {
    let (session, api) = set_up().await;
    let plan = session.plan(TOKEN, &prefixed(), None).await;
    assert_eq!(
        (&plan["name"], &plan["name_prefix"]),
        (&unknown(), &json!("etl-"))
    );
    let stored = session.apply(&plan).await.object();
    let name = stored["name"].as_str().unwrap();
    let (time, digits) = name.strip_prefix("etl-").unwrap().split_once('-').unwrap();
    assert!(
        time.len() == 14 && time.bytes().all(|byte| byte.is_ascii_digit()),
        "{name}"
    );
    assert!(
        digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{name}"
    );
    assert_eq!(
        calls(&api),
        ["POST /v1/users/loader/tokens"],
        "nothing else is sent"
    );
    session.assert_plan_is_empty(TOKEN, &prefixed(), &stored).await;
    assert_eq!(session.refresh(TOKEN, &stored).await, stored);

    let other = edited(&prefixed(), "early_rotation_seconds", json!(60));
    let updated = session.update(TOKEN, &other, &stored).await;
    assert_eq!(updated["name"], stored["name"]);
    let rotated = edited(&prefixed(), "keepers", json!({ "month": "1" }));
    let plan = session.plan(TOKEN, &rotated, Some(&stored)).await;
    assert_eq!((plan.action, &plan["name"]), (Action::Replace, &unknown()));
}

#[tokio::test]
async fn changed_name_prefix_requires_replace_unless_the_name_has_it() {
    let (session, api, drawn) = set_up_with(&prefixed()).await;
    for prefix in [json!("other-"), unknown()] {
        let config = edited(&prefixed(), "name_prefix", prefix);
        assert_replaced(&session, &config, &drawn, &["name_prefix"]).await;
    }

    // The configuration replaces `name_prefix` by `name` with the token's name, and back.
    let fixed = json!({ "username": "loader", "name": drawn["name"], "ttl": 3600 });
    let stored = session.update(TOKEN, &fixed, &drawn).await;
    assert_eq!(
        (&stored["name"], &stored["name_prefix"]),
        (&drawn["name"], &Json::Null)
    );
    session.assert_plan_is_empty(TOKEN, &fixed, &stored).await;
    for prefix in ["etl-", "e"] {
        let config = edited(&prefixed(), "name_prefix", json!(prefix));
        let back = session.update(TOKEN, &config, &stored).await;
        assert_eq!((&back["name"], &back["id"]), (&drawn["name"], &drawn["id"]));
        session.assert_plan_is_empty(TOKEN, &config, &back).await;
    }
    let elsewhere = edited(&prefixed(), "name_prefix", json!("load-"));
    assert_replaced(&session, &elsewhere, &stored, &["name_prefix"]).await;
    let renamed = edited(&fixed, "name", json!("etl"));
    assert_replaced(&session, &renamed, &drawn, &["name"]).await;
    assert!(calls(&api).is_empty());
}

// --- Destroy ---

#[tokio::test]
async fn destroy_with_revoke_on_destroy_false_sends_no_request() {
    let config = edited(&prefixed(), "revoke_on_destroy", json!(false));
    let (session, api, stored) = set_up_with(&config).await;
    session.destroy(TOKEN, &stored).await;
    assert!(calls(&api).is_empty());
    // A token that never expires would stay valid without end.
    let mut endless = stored.clone();
    endless.state["expire_at"] = Json::Null;
    session.destroy(TOKEN, &endless).await;
    let id = stored["id"].as_str().unwrap();
    assert_eq!(calls(&api), [format!("DELETE /v1/users/loader/tokens/{id}")]);
}

#[tokio::test]
async fn revoke_on_destroy_changed_with_a_replacement_is_a_warning() {
    let (session, api, stored) = set_up_with(&prefixed()).await;
    assert_eq!(stored["revoke_on_destroy"], true);
    let left = edited(&prefixed(), "revoke_on_destroy", json!(false));
    let changed = session.update(TOKEN, &left, &stored).await;
    assert_eq!(changed["revoke_on_destroy"], false);
    session.assert_plan_is_empty(TOKEN, &left, &changed).await;
    assert!(calls(&api).is_empty());

    let both = edited(&left, "keepers", json!({ "month": "1" }));
    let plan = session.plan(TOKEN, &both, Some(&stored)).await;
    assert_eq!(plan.action, Action::Replace);
    plan.diagnostics.assert_warning(
        "revoke_on_destroy",
        &[
            "`revoke_on_destroy = true`",
            "replaced token is revoked",
            "in a run of its own",
        ],
    );
    let plan = session.plan(TOKEN, &both, Some(&changed)).await;
    plan.diagnostics.assert_empty();
}

#[tokio::test]
async fn requested_replacement_warns_that_the_token_is_revoked() {
    let (session, api, stored) = set_up_with(&prefixed()).await;
    let left = edited(&prefixed(), "revoke_on_destroy", json!(false));
    // With `-replace` and `replace_triggered_by` the first plan is an update in place.
    let first = session.plan(TOKEN, &left, Some(&stored)).await;
    assert_eq!(first.action, Action::Update);
    first.diagnostics.assert_empty();
    let words = ["`revoke_on_destroy = true`", "replaced token is revoked"];
    let second = session.plan_create_of_replacement(&first).await.unwrap();
    second.diagnostics.assert_warning("revoke_on_destroy", &words);
    // Terraform shows the warnings of the delete, but not those of a second plan.
    let deleted = session
        .apply_once(&first.delete_of_replacement(&second))
        .await
        .unwrap();
    deleted.assert_warning("revoke_on_destroy", &words);
    assert_eq!(calls(&api).len(), 1, "the token is revoked");

    // Without a replacement there is no warning, and none in later plans.
    let changed = session.update(TOKEN, &left, &stored).await;
    session.destroy(TOKEN, &changed).await.assert_empty();
}

// --- Rotation ---

#[tokio::test]
async fn early_rotation_seconds_is_updated_in_place_without_a_request() {
    let (session, api, mut stored) = set_up_with(&full()).await;
    for early in [json!(60), Json::Null, json!(600)] {
        let config = edited(&full(), "early_rotation_seconds", early.clone());
        let plan = session.plan(TOKEN, &config, Some(&stored)).await;
        assert_eq!((plan.action, &plan["id"]), (Action::Update, &stored["id"]));
        stored = session.apply(&plan).await.object();
        assert_eq!(stored["early_rotation_seconds"], early);
    }
    assert!(calls(&api).is_empty());
}

#[tokio::test]
async fn token_ready_for_rotation_requires_replace() {
    let (session, api, stored) = set_up_with(&full()).await;
    assert_eq!(stored["ready_for_rotation"], false);
    api.advance_clock(2900).unwrap();
    let stored = session.refresh(TOKEN, &stored).await;
    assert_eq!(stored["ready_for_rotation"], false);
    session.assert_plan_is_empty(TOKEN, &full(), &stored).await;

    api.advance_clock(100).unwrap();
    // A plan reads no clock, so without a refresh nothing changes.
    session.assert_plan_is_empty(TOKEN, &full(), &stored).await;
    // The refresh of another run does not use an earlier response.
    session.configure_for(&api.url()).await;
    let due = session.refresh(TOKEN, &stored).await;
    assert_eq!(due["ready_for_rotation"], true);
    assert_replaced(&session, &full(), &due, &["ready_for_rotation"]).await;

    let plan = session.plan(TOKEN, &full(), Some(&due)).await;
    let rotated = session.apply(&plan).await.object();
    assert_eq!(rotated["ready_for_rotation"], false);
    assert_ne!(rotated["token"], due["token"]);
    let rotated = session.refresh(TOKEN, &rotated).await;
    session.assert_plan_is_empty(TOKEN, &full(), &rotated).await;
    let tokens = &api.state()["accounts"][0]["tokens"];
    assert_eq!(
        tokens.as_array().map(Vec::len),
        Some(1),
        "the old one is revoked: {tokens}"
    );
}

#[tokio::test]
async fn changed_early_rotation_seconds_is_updated_in_place_when_due() {
    let (session, api, stored) = set_up_with(&full()).await;
    api.advance_clock(3000).unwrap();
    let due = session.refresh(TOKEN, &stored).await;
    for early in [json!(60), Json::Null] {
        let config = edited(&full(), "early_rotation_seconds", early);
        let put_off = session.update(TOKEN, &config, &due).await;
        let put_off = session.refresh(TOKEN, &put_off).await;
        assert_eq!(put_off["ready_for_rotation"], false);
        session.assert_plan_is_empty(TOKEN, &config, &put_off).await;
    }
    // An unknown value must not postpone the rotation.
    let unknowing = edited(&full(), "early_rotation_seconds", unknown());
    assert_replaced(&session, &unknowing, &due, &["ready_for_rotation"]).await;
}

// --- After an import ---

/// Imports a token with a lifetime of this many seconds.
async fn imported(seconds: i64) -> (Session, CheckedEmulator, StoredObject) {
    let (session, api) = set_up().await;
    let created = api.now();
    let token = json!({
        "id": TOKEN_ID, "name": "nightly", "description": "by hand",
        "created_ts": created.to_string(), "expire_at": (created + jiff::SignedDuration::from_secs(seconds)).to_string(),
    });
    seed_users(&api, &json!([{ "username": "loader", "tokens": [token] }]));
    let stored = session.import(TOKEN, &format!("loader/{TOKEN_ID}")).await;
    (session, api, stored)
}

#[tokio::test]
async fn ttl_of_an_imported_token_has_a_tolerance() {
    let (session, _api, stored) = imported(3597).await;
    assert_eq!(stored["ttl"], 3597);
    for ttl in [json!(3600), Json::Null] {
        session
            .assert_plan_is_empty(TOKEN, &edited(&minimal(), "ttl", ttl), &stored)
            .await;
    }
    let longer = edited(&minimal(), "ttl", json!(3603));
    assert_replaced(&session, &longer, &stored, &["ttl"]).await;
}

#[tokio::test]
async fn ttl_tolerance_ends_with_a_replacement() {
    let (session, _api, stored) = imported(3597).await;
    let config = merged(&minimal(), &json!({ "ttl": 3600, "early_rotation_seconds": 60 }));
    let stored = session.update(TOKEN, &config, &stored).await;
    let stored = session.refresh(TOKEN, &stored).await;
    session.assert_plan_is_empty(TOKEN, &config, &stored).await;

    let config = edited(&config, "ttl", json!(7200));
    let stored = session.replace(TOKEN, &config, &stored).await;
    assert_replaced(&session, &edited(&config, "ttl", json!(7203)), &stored, &["ttl"]).await;
}

#[tokio::test]
async fn first_keepers_of_an_imported_token_are_updated_in_place() {
    let (session, api, stored) = imported(3600).await;
    api.clear_requests();
    let config = edited(&minimal(), "keepers", json!({ "month": "1" }));
    let stored = session.update(TOKEN, &config, &stored).await;
    assert!(calls(&api).is_empty());
    let stored = session.refresh(TOKEN, &stored).await;
    let next = edited(&minimal(), "keepers", json!({ "month": "2" }));
    assert_replaced(&session, &next, &stored, &["keepers"]).await;
    assert_replaced(&session, &minimal(), &stored, &["keepers"]).await;
}

#[tokio::test]
async fn other_changes_of_an_imported_token_require_replace() {
    let (session, _api, stored) = imported(3600).await;
    let described = edited(&minimal(), "description", json!("by hand"));
    session.assert_plan_is_empty(TOKEN, &described, &stored).await;
    for (name, value) in [
        ("description", "other"),
        ("name", "other"),
        ("token_type", "read_scaling"),
    ] {
        let config = edited(&minimal(), name, json!(value));
        assert_replaced(&session, &config, &stored, &[name]).await;
    }
}
