//! Identities in responses with states.

use tonic::Request;

use super::messages::{client, null_object, object, object_of_strings, proto, read, refresh, summaries};
use super::provider::service;
use crate::framework::value::Value;

/// Returns the identity of an object with this name.
#[allow(clippy::unnecessary_wraps, reason = "as the messages hold it")]
fn identity(name: Value) -> Option<proto::ResourceIdentityData> {
    Some(proto::ResourceIdentityData {
        identity_data: Some(object_of_strings([("name", name)])),
    })
}

fn identity_of(name: &str) -> Option<proto::ResourceIdentityData> {
    identity(Value::string(name))
}

async fn refreshed(
    name: &str,
    current_identity: Option<proto::ResourceIdentityData>,
) -> proto::read_resource::Response {
    let request = proto::read_resource::Request {
        current_identity,
        ..read(name)
    };
    refresh(&service(), request).await
}

#[tokio::test]
async fn read_returns_the_identity_of_the_state() {
    for stored in [identity_of("well"), None, identity(Value::Null)] {
        let response = refreshed("well", stored).await;
        assert_eq!(
            (response.new_identity, response.diagnostics),
            (identity_of("well"), Vec::new())
        );
    }
    assert_eq!(refreshed("gone", identity_of("gone")).await.new_identity, None);
}

#[tokio::test]
async fn read_with_the_identity_of_another_object_is_an_error() {
    // This resource has no attribute with semantic equality, so letter case matters.
    for foreign in ["ill", "WELL"] {
        let response = refreshed("well", identity_of(foreign)).await;
        assert_eq!((&response.new_state, &response.new_identity), (&None, &None));
        assert_eq!(
            summaries(&response.diagnostics),
            ["Stored identity belongs to another object"]
        );
        assert!(response.diagnostics[0].detail.contains("name = \"well\""));
    }
}

#[tokio::test]
async fn planned_identity_is_unset_while_unknown() {
    let planned = async |prior, name: Value| {
        let config = Some(object_of_strings([("name", name), ("id", Value::Null)]));
        let request = proto::plan_resource_change::Request {
            type_name: "test_object".into(),
            prior_state: prior,
            proposed_new_state: config.clone(),
            config,
            prior_identity: None,
            ..Default::default()
        };
        let response = client(&service())
            .plan_resource_change(Request::new(request))
            .await
            .unwrap();
        response.into_inner().planned_identity
    };
    let old = || object("old", Value::string("7"));
    assert_eq!(
        planned(null_object(), Value::string("new")).await,
        identity_of("new")
    );
    assert_eq!(planned(null_object(), Value::Unknown).await, None);
    assert_eq!(planned(old(), Value::string("new")).await, identity_of("new"));
    assert_eq!(planned(old(), Value::Unknown).await, None);
    assert_eq!(planned(old(), Value::string("old")).await, identity_of("old"));
}

#[tokio::test]
async fn import_by_identity_requires_a_complete_identity() {
    let import = async |type_name: &str, identity| {
        let request = proto::import_resource_state::Request {
            type_name: type_name.into(),
            identity,
            ..Default::default()
        };
        client(&service())
            .import_resource_state(Request::new(request))
            .await
            .unwrap()
            .into_inner()
    };
    let imported = import("test_object", identity_of("well"))
        .await
        .imported_resources;
    assert_eq!(imported[0].identity, identity_of("well"));
    assert_eq!(imported[0].state, object("well", Value::string("7")));

    let empty = Some(proto::ResourceIdentityData::default());
    for incomplete in [identity(Value::Null), identity(Value::Unknown), empty] {
        let response = import("test_object", incomplete).await;
        assert_eq!(summaries(&response.diagnostics), ["Incomplete identity"]);
        assert!(response.imported_resources.is_empty());
    }
    let response = import("test_other", identity_of("well")).await;
    assert_eq!(summaries(&response.diagnostics), ["Unknown resource type"]);
}

#[tokio::test]
async fn upgrade_identity_requires_a_complete_identity_of_this_version() {
    let upgrade = async |version, json: &str| {
        let request = proto::upgrade_resource_identity::Request {
            type_name: "test_object".into(),
            version,
            raw_identity: Some(proto::RawState {
                json: json.into(),
                ..Default::default()
            }),
        };
        client(&service())
            .upgrade_resource_identity(Request::new(request))
            .await
            .unwrap()
            .into_inner()
    };
    let enough = r#"{"name": "well", "other": "big"}"#;
    let response = upgrade(0, enough).await;
    assert_eq!(
        (response.upgraded_identity, response.diagnostics),
        (identity_of("well"), Vec::new())
    );
    let newer = upgrade(1, enough).await;
    assert_eq!(newer.upgraded_identity, None);
    assert_eq!(
        summaries(&newer.diagnostics),
        ["Stored identity is newer than this provider"]
    );
    assert_eq!(upgrade(1, "").await.upgraded_identity, identity(Value::Null));
    for broken in ["{", "null", "[]", "{}", r#"{"other": "big"}"#] {
        let response = upgrade(0, broken).await;
        assert_eq!(response.upgraded_identity, None, "{broken}");
        assert_eq!(
            summaries(&response.diagnostics),
            ["Stored identity cannot be read"]
        );
    }
}
