//! Write-only attributes: the resource receives them, and no response has them.

use tonic::Request;

use super::messages::{apply, client, proto, refresh, summaries};
use super::provider::service;
use crate::framework::value::{Type, Value};
use crate::framework::wire;

#[allow(clippy::unnecessary_wraps, reason = "as the messages hold it")]
fn value(value: &Value) -> Option<proto::DynamicValue> {
    let attributes = [
        ("name", Type::String),
        ("key_wo", Type::String),
        ("letters", Type::Number),
    ];
    Some(wire::encode(value, &Type::object(attributes)).unwrap())
}

fn object(key: Value, letters: Value) -> Option<proto::DynamicValue> {
    let members = [
        ("name", Value::string("oak")),
        ("key_wo", key),
        ("letters", letters),
    ];
    let members = members.map(|(name, value)| (name.to_owned(), value));
    value(&Value::Object(members.into()))
}

fn config(key: &str) -> Option<proto::DynamicValue> {
    object(Value::string(key), Value::Null)
}

/// Encodes a state, which never has a key.
fn state(letters: impl Into<Option<i64>>) -> Option<proto::DynamicValue> {
    let letters = letters.into().map_or(Value::Null, |n| Value::Number(n.into()));
    object(Value::Null, letters)
}

#[tokio::test]
async fn schema_marks_write_only_attributes() {
    let request = Request::new(proto::get_provider_schema::Request {});
    let response = client(&service())
        .get_provider_schema(request)
        .await
        .unwrap()
        .into_inner();
    let block = response.resource_schemas["test_write_only"]
        .block
        .as_ref()
        .unwrap();
    let write_only: Vec<&str> = block
        .attributes
        .iter()
        .filter(|attribute| attribute.write_only)
        .map(|attribute| attribute.name.as_str())
        .collect();
    assert_eq!(write_only, ["key_wo"]);
}

#[tokio::test]
async fn validate_without_client_support_for_write_only_is_an_error() {
    let service = service();
    let refused = async |config, client_capabilities| {
        let request = proto::validate_resource_config::Request {
            type_name: "test_write_only".into(),
            config,
            client_capabilities,
        };
        let response = client(&service)
            .validate_resource_config(Request::new(request))
            .await;
        response.unwrap().into_inner().diagnostics
    };
    let client = |write_only_attributes_allowed| {
        Some(proto::ClientCapabilities {
            write_only_attributes_allowed,
            ..Default::default()
        })
    };
    for too_old in [None, client(false)] {
        let found = refused(config("quack"), too_old).await;
        assert_eq!(summaries(&found), ["Write-only values need a newer CLI"]);
        assert_eq!(found[0].severity(), proto::diagnostic::Severity::Error);
        assert!(!found[0].detail.contains("quack"));
        let steps = &found[0].attribute.as_ref().unwrap().steps;
        let name = proto::attribute_path::step::Selector::AttributeName("key_wo".into());
        assert_eq!(steps[0].selector, Some(name));
        assert_eq!(refused(state(None), too_old).await, []);
    }
    assert_eq!(refused(config("quack"), client(true)).await, []);
}

#[tokio::test]
async fn plan_omits_write_only_values() {
    let plan = async |prior, config: Option<proto::DynamicValue>| {
        let request = proto::plan_resource_change::Request {
            type_name: "test_write_only".into(),
            prior_state: prior,
            proposed_new_state: config.clone(),
            config,
            ..Default::default()
        };
        let response = client(&service())
            .plan_resource_change(Request::new(request))
            .await;
        let response = response.unwrap().into_inner();
        assert_eq!(response.diagnostics, []);
        response.planned_state
    };
    for key in [Value::string("quack"), Value::Unknown] {
        let new = plan(value(&Value::Null), object(key, Value::Null)).await;
        assert_eq!(new, object(Value::Null, Value::Unknown));
    }
    // Another key is no change.
    assert_eq!(plan(state(5), config("honk")).await, state(5));
}

#[tokio::test]
async fn apply_passes_write_only_values_and_returns_none() {
    let service = service();
    let apply = async |prior, key| {
        let request = proto::apply_resource_change::Request {
            type_name: "test_write_only".into(),
            prior_state: prior,
            planned_state: object(Value::Null, Value::Unknown),
            config: config(key),
            ..Default::default()
        };
        let response = apply(&service, Request::new(request)).await;
        assert_eq!(response.diagnostics, []);
        response.new_state
    };
    assert_eq!(apply(value(&Value::Null), "quack").await, state(5));
    assert_eq!(apply(state(5), "honk").await, state(4));
}

#[tokio::test]
async fn read_import_upgrade_and_generate_omit_write_only_values() {
    let service = service();
    let request = proto::read_resource::Request {
        type_name: "test_write_only".into(),
        current_state: state(5),
        ..Default::default()
    };
    assert_eq!(refresh(&service, request).await.new_state, state(5));

    let request = proto::import_resource_state::Request {
        type_name: "test_write_only".into(),
        id: "oak".into(),
        ..Default::default()
    };
    let import = client(&service)
        .import_resource_state(Request::new(request))
        .await
        .unwrap();
    assert_eq!(import.into_inner().imported_resources[0].state, state(None));

    // A state that was stored before the attribute was write-only.
    let stored = proto::RawState {
        json: br#"{"name":"oak","key_wo":"quack","letters":5}"#.into(),
        ..Default::default()
    };
    let request = proto::upgrade_resource_state::Request {
        type_name: "test_write_only".into(),
        version: 0,
        raw_state: Some(stored),
    };
    let upgrade = client(&service)
        .upgrade_resource_state(Request::new(request))
        .await
        .unwrap();
    assert_eq!(upgrade.into_inner().upgraded_state, state(5));

    let request = proto::generate_resource_config::Request {
        type_name: "test_write_only".into(),
        state: config("quack"),
    };
    let generated = client(&service)
        .generate_resource_config(Request::new(request))
        .await
        .unwrap();
    assert_eq!(generated.into_inner().config, state(None));
}
