//! Identities: set from the create on, constant, and sufficient for an import. `host/rules.rs` checks the
//! identity of every response of all tests.

use motherduck_contract::CheckedEmulator;
use motherduck_provider::proto::tfplugin6 as proto;
use proto::{ResourceIdentityData, apply_resource_change, read_resource};
use serde_json::{Value as Json, json};

use crate::host::{
    ACCOUNT, Action, DUCKLINGS, Diagnostics, Reply, Session, StoredObject, TOKEN, TOKEN_ID, calls,
    dynamic_value, edited, smallest_ducklings, unknown,
};

/// Starts an organization in which `Loader` has one token.
pub(crate) async fn set_up() -> (Session, CheckedEmulator) {
    let token = json!({ "id": TOKEN_ID, "name": "nightly", "created_ts": "2026-01-01T00:00:00Z" });
    Session::on_users(&json!([
        { "username": "Loader", "is_service_account": true, "tokens": [token] },
        { "username": "other", "is_service_account": true },
        { "username": "ada.lovelace", "is_service_account": false },
    ]))
    .await
}

/// Returns a configuration of each resource for `Loader`.
pub(crate) fn configs() -> [(&'static str, Json); 3] {
    [
        (ACCOUNT, json!({ "username": "Loader" })),
        (TOKEN, json!({ "username": "Loader", "name": "nightly" })),
        (
            DUCKLINGS,
            json!({ "username": "Loader", "read_write": { "instance_size": "standard" } }),
        ),
    ]
}

/// Returns the identity of each of these resources.
pub(crate) fn identities() -> [(&'static str, Json); 3] {
    [
        (ACCOUNT, json!({ "username": "Loader" })),
        (TOKEN, json!({ "username": "Loader", "id": TOKEN_ID })),
        (DUCKLINGS, json!({ "username": "Loader" })),
    ]
}

/// Imports an object by its identity.
pub(crate) async fn imported(session: &Session, type_name: &str, identity: &Json) -> StoredObject {
    let imported = session.try_import_by(type_name, identity).await;
    imported.unwrap().object()
}

#[tokio::test]
async fn create_returns_the_identity() {
    let (session, _api) = Session::on_emulator().await;
    for (type_name, config) in configs() {
        let plan = session.plan(type_name, &config, None).await;
        // The id of a token is known after its creation.
        let expected = if type_name == TOKEN {
            Json::Null
        } else {
            json!({ "username": "Loader" })
        };
        assert_eq!(plan.identity, expected);
        let stored = session.apply(&plan).await.object();
        assert_eq!(stored.identity["username"], "Loader");
        if type_name == TOKEN {
            assert_eq!(stored.identity["id"], stored["id"]);
        }
        assert_eq!(
            session.refresh(type_name, &stored).await.identity,
            stored.identity
        );
    }
}

#[tokio::test]
async fn read_and_plan_add_a_missing_identity() {
    let (session, _api) = set_up().await;
    for ((type_name, identity), (_, config)) in identities().into_iter().zip(configs()) {
        let imported = imported(&session, type_name, &identity).await;
        let before = StoredObject {
            identity: Json::Null,
            ..imported
        };
        assert_eq!(session.refresh(type_name, &before).await.identity, identity);
        // A plan without a preceding refresh sets the identity.
        let plan = session.plan(type_name, &config, Some(&before)).await;
        assert_eq!((plan.action, &plan.identity), (Action::NoOp, &identity));
        // An object whose attributes are all null counts as no identity.
        let nothing = edited(&identity, "username", Json::Null);
        let nothing = if type_name == TOKEN {
            edited(&nothing, "id", Json::Null)
        } else {
            nothing
        };
        let response = read_with(&session, type_name, &before, &nothing).await;
        let now = session.decode_identity(type_name, response.new_identity.as_ref());
        assert_eq!(now.as_object().unwrap()["username"].as_str(), Some("Loader"));
    }
}

#[tokio::test]
async fn apply_ignores_the_planned_identity_of_the_request() {
    let (session, _api) = set_up().await;
    let stored = session.import(DUCKLINGS, "Loader").await;
    let config = json!({ "username": "Loader", "read_write": { "instance_size": "giga" } });
    let plan = session.plan(DUCKLINGS, &config, Some(&stored)).await;
    let block = session.resource(DUCKLINGS);
    // The request has no identity, an unknown one, or one of another object. The provider must return the
    // written object in each case.
    let planned = [
        Json::Null,
        json!({ "username": unknown() }),
        json!({ "username": "bob" }),
    ];
    for identity in planned {
        let request = apply_resource_change::Request {
            type_name: DUCKLINGS.into(),
            prior_state: Some(block.encode(&stored.state)),
            planned_state: Some(block.encode(&plan.state)),
            config: Some(block.encode(&config)),
            planned_private: plan.private.clone(),
            planned_identity: session.encode_identity(DUCKLINGS, &identity),
            ..Default::default()
        };
        let response = session.send_apply(request).await;
        Diagnostics::read(&response.diagnostics).assert_empty();
        let identity = session.decode_identity(DUCKLINGS, response.new_identity.as_ref());
        assert_eq!(identity.as_object().unwrap()["username"].as_str(), Some("Loader"));
    }
}

/// Refreshes an object with any identity.
async fn read_with(
    session: &Session,
    type_name: &str,
    stored: &StoredObject,
    identity: &Json,
) -> read_resource::Response {
    let request = read_resource::Request {
        type_name: type_name.into(),
        current_state: Some(session.resource(type_name).encode(&stored.state)),
        private: stored.private.clone(),
        current_identity: session.encode_identity(type_name, identity),
        ..Default::default()
    };
    session.send_read(request).await
}

#[tokio::test]
async fn identity_of_another_object_is_an_error_of_read_and_plan() {
    let (session, api) = set_up().await;
    for ((type_name, identity), (_, config)) in identities().into_iter().zip(configs()) {
        let stored = imported(&session, type_name, &identity).await;
        let mut foreign = vec![edited(&identity, "username", json!("bob"))];
        if type_name == TOKEN {
            foreign.push(edited(&identity, "id", json!("another")));
            foreign.push(edited(&identity, "id", Json::Null));
        }
        for foreign in foreign {
            let response = read_with(&session, type_name, &stored, &foreign).await;
            assert_eq!((&response.new_state, &response.new_identity), (&None, &None));
            let words = ["belongs to another object", "\"Loader\"", "terraform state rm"];
            Diagnostics::read(&response.diagnostics).assert_error("", &words);
            let broken = StoredObject {
                identity: foreign,
                ..stored.clone()
            };
            let diagnostics = session
                .try_plan(type_name, &config, Some(&broken))
                .await
                .unwrap_err();
            diagnostics.assert_error("", &words);
        }
    }
    let written = calls(&api).into_iter().find(|call| !call.starts_with("GET "));
    assert_eq!(written, None);
}

#[tokio::test]
async fn identities_are_compared_without_letter_case() {
    let (session, _api) = set_up().await;
    for (type_name, identity) in identities() {
        let stored = imported(&session, type_name, &identity).await;
        let mut spelled = edited(&identity, "username", json!("LOADER"));
        if type_name == TOKEN {
            spelled = edited(&spelled, "id", json!(TOKEN_ID.to_uppercase()));
        }
        let stored = StoredObject {
            identity: spelled.clone(),
            ..stored
        };
        // The spelling is kept.
        assert_eq!(session.refresh(type_name, &stored).await.identity, spelled);
    }
}

#[tokio::test]
async fn read_of_a_deleted_object_returns_no_identity() {
    let (session, _api) = set_up().await;
    let state = json!({ "username": "nobody", "deletion_protection": true, "id": "nobody" });
    let stored = StoredObject::of(state);
    for identity in [json!({ "username": "nobody" }), json!({ "username": "bob" })] {
        let response = read_with(&session, ACCOUNT, &stored, &identity).await;
        assert_eq!(
            session.resource(ACCOUNT).decode_json(response.new_state.as_ref()),
            Json::Null
        );
        assert_eq!(response.new_identity, None);
        Diagnostics::read(&response.diagnostics).assert_warning("", &["is gone"]);
    }
}

#[tokio::test]
async fn state_of_a_failed_create_has_an_identity() {
    let (session, _api) = Session::on_script(move |request| match request.method.as_str() {
        "PUT" => Reply::CloseConnection,
        _ => Reply::ok(smallest_ducklings()),
    })
    .await;
    let config = json!({ "username": "Loader", "read_write": { "instance_size": "giga" } });
    let failed = session.try_create(DUCKLINGS, &config).await.unwrap_err();
    assert!(failed.diagnostics.has_errors());
    assert_eq!(failed.object().identity, json!({ "username": "Loader" }));
}

#[tokio::test]
async fn undecodable_identity_is_an_error_of_read() {
    let (session, _api) = set_up().await;
    let stored = session.import(ACCOUNT, "Loader").await;
    let request = read_resource::Request {
        type_name: ACCOUNT.into(),
        current_state: Some(session.resource(ACCOUNT).encode(&stored.state)),
        current_identity: Some(ResourceIdentityData {
            identity_data: Some(dynamic_value(vec![0x81, 0xa1, b'x', 1])),
        }),
        ..Default::default()
    };
    let response = session.send_read(request).await;
    assert_eq!(response.new_state, None);
    Diagnostics::read(&response.diagnostics).assert_error("", &["could not be read"]);
}

#[tokio::test]
async fn read_after_upgrade_of_an_empty_identity_returns_the_identity() {
    let (session, _api) = set_up().await;
    let upgraded = session.upgrade_identity(TOKEN, 1, "").await.unwrap();
    assert_eq!(upgraded, json!({ "username": null, "id": null }));
    let stored = session.import(TOKEN, &format!("Loader/{TOKEN_ID}")).await;
    let response = read_with(&session, TOKEN, &stored, &upgraded).await;
    let identity = session.decode_identity(TOKEN, response.new_identity.as_ref());
    assert_eq!(identity.as_object().unwrap()["id"].as_str(), Some(TOKEN_ID));
}

#[tokio::test]
async fn upgrade_of_an_incomplete_identity_is_an_error() {
    let session = Session::start().await;
    for stored in [
        json!({ "username": "Loader" }),
        json!({ "username": "Loader", "id": null }),
    ] {
        let upgraded = session.upgrade_identity(TOKEN, 0, &stored.to_string()).await;
        let words = [
            "Stored identity cannot be read",
            "version 0",
            "terraform state rm",
        ];
        upgraded.unwrap_err().assert_error("", &words);
    }
}
