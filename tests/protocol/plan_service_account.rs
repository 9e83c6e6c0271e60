//! Plans of service accounts: names, and `deletion_protection`.

use motherduck_contract::CheckedEmulator;
use serde_json::{Value as Json, json};

use crate::host::{ACCOUNT, Action, Diagnostics, Session, StoredObject, calls, unknown};

async fn set_up(config: Json) -> (Session, CheckedEmulator, StoredObject) {
    let (session, api) = Session::on_emulator().await;
    let stored = session.create(ACCOUNT, &config).await;
    api.clear_requests();
    (session, api, stored)
}

fn protected() -> Json {
    json!({ "username": "loader" })
}

fn unprotected() -> Json {
    json!({ "username": "loader", "deletion_protection": false })
}

/// Expects the error that says what would be lost and how to proceed.
fn assert_refused(diagnostics: &Diagnostics) {
    let words = [
        "\"loader\"",
        "tokens",
        "all data it owns",
        "deletion_protection = false",
        "second run",
        "the value in the state is used",
        "single instance",
        "lifecycle { destroy = false }",
        "OpenTofu",
    ];
    diagnostics.assert_error("deletion_protection", &words);
}

#[tokio::test]
async fn plan_of_create_has_deletion_protection_and_unknown_id() {
    let session = Session::start().await;
    let plan = session.plan(ACCOUNT, &protected(), None).await;
    assert_eq!(plan.action, Action::Create);
    let expected = json!({ "username": "loader", "deletion_protection": true, "id": unknown() });
    assert_eq!(plan.state, expected);
}

#[tokio::test]
async fn letter_case_of_username_does_not_require_replace() {
    let (session, _api, stored) = set_up(protected()).await;
    session.assert_plan_is_empty(ACCOUNT, &protected(), &stored).await;
    session
        .assert_plan_is_empty(ACCOUNT, &json!({ "username": "LOADER" }), &stored)
        .await;
    let config = json!({ "username": "Loader", "deletion_protection": false });
    let plan = session.plan(ACCOUNT, &config, Some(&stored)).await;
    assert_eq!(
        (plan.action, &plan["username"]),
        (Action::Update, &json!("loader"))
    );
}

#[tokio::test]
async fn deletion_protection_is_updated_in_place_without_a_request() {
    let (session, api, stored) = set_up(protected()).await;
    let plan = session.plan(ACCOUNT, &unprotected(), Some(&stored)).await;
    assert_eq!((plan.action, &plan["id"]), (Action::Update, &json!("loader")));
    let stored = session.apply(&plan).await.object();
    assert_eq!(stored["deletion_protection"], false);
    // Removing the attribute restores the default.
    let stored = session.update(ACCOUNT, &protected(), &stored).await;
    assert_eq!(stored["deletion_protection"], true);
    assert!(calls(&api).is_empty());
}

#[tokio::test]
async fn destroy_or_replacement_of_a_protected_account_is_an_error() {
    let (session, api, stored) = set_up(protected()).await;
    assert_refused(&session.plan_destroy(ACCOUNT, &stored).await.unwrap_err());
    // The state counts, not the configuration, so removing the protection takes two applies.
    for config in [
        json!({ "username": "other" }),
        json!({ "username": "other", "deletion_protection": false }),
    ] {
        assert_refused(
            &session
                .try_plan(ACCOUNT, &config, Some(&stored))
                .await
                .unwrap_err(),
        );
    }
    assert!(calls(&api).is_empty());
}

#[tokio::test]
async fn null_deletion_protection_in_state_counts_as_true() {
    let (session, _api, mut stored) = set_up(unprotected()).await;
    stored.state["deletion_protection"] = Json::Null;
    assert_refused(&session.plan_destroy(ACCOUNT, &stored).await.unwrap_err());
}

#[tokio::test]
async fn requested_replacement_of_a_protected_account_is_an_error() {
    let (session, _api, stored) = set_up(protected()).await;
    for config in [protected(), unprotected()] {
        // The first plan does not know of `-replace`. It stores a key in the private state for the second
        // plan.
        let first = session.plan(ACCOUNT, &config, Some(&stored)).await;
        assert_refused(&session.plan_create_of_replacement(&first).await.unwrap_err());
    }
    let unguarded = session.update(ACCOUNT, &unprotected(), &stored).await;
    for config in [protected(), unprotected()] {
        let first = session.plan(ACCOUNT, &config, Some(&unguarded)).await;
        session.plan_create_of_replacement(&first).await.unwrap();
    }
}

#[tokio::test]
async fn unprotected_account_is_replaced_and_deleted() {
    let (session, api, stored) = set_up(unprotected()).await;
    let config = json!({ "username": "other", "deletion_protection": false });
    let plan = session.plan(ACCOUNT, &config, Some(&stored)).await;
    plan.assert_replaces(&["username"]);
    assert_eq!(plan["id"], unknown());
    let stored = session.apply(&plan).await.object();
    assert_eq!(stored["id"], "other");
    session.destroy(ACCOUNT, &stored).await;
    assert_eq!(
        calls(&api),
        [
            "DELETE /v1/users/loader",
            "GET /v1/users/other/instances",
            "POST /v1/users",
            "DELETE /v1/users/other"
        ]
    );
}

#[tokio::test]
async fn delete_of_a_tainted_protected_account_is_an_error() {
    let (session, api, stored) = set_up(protected()).await;
    // Core plans the replacement of a tainted object as a create without a prior state.
    let plan = session.plan(ACCOUNT, &protected(), None).await;
    let failed = session
        .apply_once(&plan.delete_of_tainted(&stored))
        .await
        .unwrap_err();
    failed.assert_error(
        "deletion_protection",
        &[
            "terraform untaint",
            "was not deleted",
            "Tokens that the same plan revokes",
            "may be gone already",
            "\"loader\"",
        ],
    );
    assert_eq!(failed.stored, Some(stored));
    assert!(calls(&api).is_empty());
}
