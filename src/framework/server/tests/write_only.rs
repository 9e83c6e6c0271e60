//! A write-only attribute of a resource that copies it to its whole state: the resource receives the value,
//! and no response contains it.

use async_trait::async_trait;
use tonic::Request;

use super::super::super::block::Block;
use super::super::super::diagnostics::Diagnostics;
use super::super::super::private::Private;
use super::super::super::resource::{
    ApplyResult, CreateRequest, DeleteRequest, Import, Plan, PlanRequest, Read, Resource,
    ResourceWithIdentity, ResourceWithImport, UpdateRequest,
};
use super::super::super::resource_state::ResourceState;
use super::super::super::schema::{Attribute, IdentityAttribute, Schema};
use super::super::super::value::{Field, Type, Value};
use super::super::super::wire;
use super::super::ProviderService;
use super::{proto, service_of, summaries};
use proto::provider_server::Provider as _;

crate::model! {
    struct Chest {
        name: String,
        key_wo: String,
        /// The length of the key.
        letters: i64,
    }
}

/// Returns the chest after it received a key, with that key.
fn locked(config: Chest) -> ResourceState<Chest> {
    let letters = config.key_wo.text().map(|key| i64::try_from(key.len()).unwrap());
    let letters = letters.into();
    ResourceState::new(Chest { letters, ..config }, Private::new())
}

fn with_key(chest: Chest) -> Chest {
    Chest {
        key_wo: Field::Known("left behind".into()),
        ..chest
    }
}

struct Chests;

impl Block for Chests {
    type Model = Chest;

    fn type_name(&self) -> &'static str {
        "test_chest"
    }

    fn schema(&self) -> Schema {
        let attributes = vec![
            Attribute::of::<String>("name").required(),
            Attribute::of::<String>("key_wo").write_only(),
            Attribute::of::<i64>("letters").computed(),
        ];
        Schema {
            version: 0,
            description: "",
            attributes,
        }
    }
}

#[async_trait]
impl Resource for Chests {
    fn plan(&self, request: PlanRequest<Chest>) -> Result<Plan<Chest>, Diagnostics> {
        let plan = Plan::proposed(request);
        Ok(Plan {
            planned: with_key(plan.planned),
            ..plan
        })
    }

    async fn create(&self, request: CreateRequest<Chest>) -> ApplyResult<Chest> {
        Ok(locked(request.config))
    }

    async fn read(&self, request: ResourceState<Chest>) -> Result<Read<Chest>, Diagnostics> {
        Ok(Read::Found(ResourceState::new(
            with_key(request.state),
            Private::new(),
        )))
    }

    async fn update(&self, request: UpdateRequest<Chest>) -> ApplyResult<Chest> {
        Ok(locked(request.config))
    }

    async fn delete(&self, _: DeleteRequest<Chest>) -> Result<Diagnostics, Diagnostics> {
        Ok(Diagnostics::new())
    }
}

impl ResourceWithIdentity for Chests {
    fn identity(&self) -> Vec<IdentityAttribute> {
        vec![IdentityAttribute {
            name: "name",
            description: "",
        }]
    }
}

#[async_trait]
impl ResourceWithImport for Chests {
    async fn import(&self, what: Import<Chest>) -> Result<ResourceState<Chest>, Diagnostics> {
        let name = match what {
            Import::Id(id) => Field::Known(id),
            Import::Identity(identity) => identity.name,
        };
        let chest = Chest {
            name,
            ..Chest::default()
        };
        Ok(ResourceState::new(with_key(chest), Private::new()))
    }
}

fn service() -> ProviderService {
    service_of(|registry| {
        registry.resource(Chests).with_identity().with_import();
    })
}

#[allow(clippy::unnecessary_wraps, reason = "as the messages hold it")]
fn value(value: &Value) -> Option<proto::DynamicValue> {
    let attributes = [
        ("name", Type::String),
        ("key_wo", Type::String),
        ("letters", Type::Number),
    ];
    Some(wire::encode(value, &Type::object(attributes)).unwrap())
}

fn chest(key: Value, letters: Value) -> Option<proto::DynamicValue> {
    let members = [
        ("name", Value::string("oak")),
        ("key_wo", key),
        ("letters", letters),
    ];
    let members = members.map(|(name, value)| (name.to_owned(), value));
    value(&Value::Object(members.into()))
}

/// Encodes a configuration.
fn config(key: &str) -> Option<proto::DynamicValue> {
    chest(Value::string(key), Value::Null)
}

/// Encodes a state, which never has a key.
fn state(letters: impl Into<Option<i64>>) -> Option<proto::DynamicValue> {
    let letters = letters.into().map_or(Value::Null, |n| Value::Number(n.into()));
    chest(Value::Null, letters)
}

#[tokio::test]
async fn the_schema_marks_write_only_attributes() {
    let request = Request::new(proto::get_provider_schema::Request {});
    let response = service().get_provider_schema(request).await.unwrap().into_inner();
    let block = response.resource_schemas["test_chest"].block.as_ref().unwrap();
    let write_only: Vec<&str> = block
        .attributes
        .iter()
        .filter(|attribute| attribute.write_only)
        .map(|attribute| attribute.name.as_str())
        .collect();
    assert_eq!(write_only, ["key_wo"]);
}

#[tokio::test]
async fn a_client_without_write_only_support_is_an_error() {
    let service = service();
    let refused = async |config, client_capabilities| {
        let request = proto::validate_resource_config::Request {
            type_name: "test_chest".into(),
            config,
            client_capabilities,
        };
        let response = service.validate_resource_config(Request::new(request)).await;
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
async fn no_plan_holds_it() {
    let plan = async |prior, config: Option<proto::DynamicValue>| {
        let request = proto::plan_resource_change::Request {
            type_name: "test_chest".into(),
            prior_state: prior,
            proposed_new_state: config.clone(),
            config,
            ..Default::default()
        };
        let response = service().plan_resource_change(Request::new(request)).await;
        let response = response.unwrap().into_inner();
        assert_eq!(response.diagnostics, []);
        response.planned_state
    };
    for key in [Value::string("quack"), Value::Unknown] {
        let new = plan(value(&Value::Null), chest(key, Value::Null)).await;
        assert_eq!(new, chest(Value::Null, Value::Unknown));
    }
    // Another key is no change.
    assert_eq!(plan(state(5), config("honk")).await, state(5));
}

#[tokio::test]
async fn an_apply_hands_it_over_and_does_not_keep_it() {
    let service = service();
    let apply = async |prior, key| {
        let request = proto::apply_resource_change::Request {
            type_name: "test_chest".into(),
            prior_state: prior,
            planned_state: chest(Value::Null, Value::Unknown),
            config: config(key),
            ..Default::default()
        };
        let response = service.apply_resource_change(Request::new(request)).await;
        let response = response.unwrap().into_inner();
        assert_eq!(response.diagnostics, []);
        response.new_state
    };
    assert_eq!(apply(value(&Value::Null), "quack").await, state(5));
    assert_eq!(apply(state(5), "honk").await, state(4));
}

#[tokio::test]
async fn imported_and_moved_states_lack_write_only_values() {
    let service = service();
    let request = proto::read_resource::Request {
        type_name: "test_chest".into(),
        current_state: state(5),
        ..Default::default()
    };
    let read = service.read_resource(Request::new(request)).await.unwrap();
    assert_eq!(read.into_inner().new_state, state(5));

    let request = proto::import_resource_state::Request {
        type_name: "test_chest".into(),
        id: "oak".into(),
        ..Default::default()
    };
    let import = service
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
        type_name: "test_chest".into(),
        version: 0,
        raw_state: Some(stored),
    };
    let upgrade = service
        .upgrade_resource_state(Request::new(request))
        .await
        .unwrap();
    assert_eq!(upgrade.into_inner().upgraded_state, state(5));

    let request = proto::generate_resource_config::Request {
        type_name: "test_chest".into(),
        state: config("quack"),
    };
    let generated = service
        .generate_resource_config(Request::new(request))
        .await
        .unwrap();
    assert_eq!(generated.into_inner().config, state(None));
}
