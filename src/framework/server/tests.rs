//! Tests of the service with scripted resources and other blocks.

mod action;
mod apply;
mod delivery;
mod ephemeral_resource;
mod identity;
mod lists;
mod peers;
mod write_only;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::Notify;
use tonic::Request;

use super::super::block::Block;
use super::super::call::{current_stop, note_creation};
use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::private::Private;
use super::super::provider::{Configure, Configured, Provider};
use super::super::registry::Registry;
use super::super::resource::{
    ApplyError, ApplyResult, CreateRequest, DeleteRequest, Import, Read, Resource, ResourceWithIdentity,
    ResourceWithImport, ResourceWithUndeliveredCreate, UpdateRequest,
};
use super::super::resource_state::ResourceState;
use super::super::schema::{Attribute, IdentityAttribute, Schema, Validator};
use super::super::value::{Field, Type, Value};
use super::super::wire;
use super::ProviderService;
use crate::proto::tfplugin6 as proto;
use proto::provider_server::Provider as _;

crate::model! {
    struct Duck {
        name: String,
        id: String,
    }
}

/// The script of the resource, and records of its calls.
#[derive(Clone, Default)]
struct Script {
    entered: Arc<Notify>,
    proceed: Arc<Notify>,
    done: Arc<Notify>,
    /// The names of the ducks whose creation was undone.
    undone: Arc<Mutex<Vec<String>>>,
    /// How often `finish` of the provider was called.
    finished: Arc<AtomicUsize>,
}

struct Ducks(Script);

fn hatched(name: &Field<String>) -> ResourceState<Duck> {
    let mut private = Private::new();
    private.set("hatched", &true);
    ResourceState::new(
        Duck {
            name: name.clone(),
            id: Field::Known("7".into()),
        },
        private,
    )
}

/// The name of a duck selects the behaviour.
impl Block for Ducks {
    type Model = Duck;

    fn type_name(&self) -> &'static str {
        "test_duck"
    }

    fn schema(&self) -> Schema {
        let attributes = vec![
            Attribute::of::<String>("name")
                .required()
                .requires_replace()
                .validator(Validator::text(|name| {
                    if name.contains(' ') {
                        Err("must hold no blank".into())
                    } else {
                        Ok(())
                    }
                })),
            Attribute::of::<String>("id").computed().use_state_for_unknown(),
        ];
        Schema {
            version: 1,
            description: "",
            attributes,
        }
    }
}

#[async_trait]
impl Resource for Ducks {
    async fn create(&self, request: CreateRequest<Duck>) -> ApplyResult<Duck> {
        match request.planned.name.text() {
            Some("panics") => panic!("the duck is on fire"),
            Some("fails") => Err(Diagnostic::error("no duck", "Egg 7 is in no state.").into()),
            Some("late") => {
                note_creation("duck 8 of the pond".to_owned());
                self.0.entered.notify_one();
                std::future::pending().await
            }
            Some("half") => Err(ApplyError {
                diagnostics: Diagnostic::error("half a duck", "").into(),
                kept: Some(hatched(&request.planned.name)),
            }),
            Some("slow") => {
                self.0.entered.notify_one();
                self.0.proceed.notified().await;
                self.0.done.notify_one();
                Ok(hatched(&request.planned.name))
            }
            Some("stoppable") => {
                self.0.entered.notify_one();
                current_stop().fired().await;
                Err(Diagnostic::error("stopped", "").into())
            }
            _ => Ok(hatched(&request.planned.name)),
        }
    }

    async fn read(&self, request: ResourceState<Duck>) -> Result<Read<Duck>, Diagnostics> {
        match request.state.name.text() {
            Some("gone") => Ok(Read::Gone(Diagnostic::warning("flown", "").into())),
            Some("fails") => Err(Diagnostic::error("fog", "").into()),
            _ => Ok(Read::Found(request)),
        }
    }

    async fn update(&self, _: UpdateRequest<Duck>) -> ApplyResult<Duck> {
        Err(Diagnostic::error("ducks do not change", "").into())
    }

    async fn delete(&self, request: DeleteRequest<Duck>) -> Result<Diagnostics, Diagnostics> {
        match request.prior.name.text() {
            Some("fails") => Err(Diagnostic::error("it bites", "").into()),
            _ => Ok(Diagnostic::warning("quack", "").into()),
        }
    }
}

impl ResourceWithIdentity for Ducks {
    fn identity(&self) -> Vec<IdentityAttribute> {
        vec![IdentityAttribute {
            name: "name",
            description: "",
        }]
    }
}

#[async_trait]
impl ResourceWithImport for Ducks {
    async fn import(&self, what: Import<Duck>) -> Result<ResourceState<Duck>, Diagnostics> {
        Ok(hatched(&match what {
            Import::Id(id) => Field::Known(id),
            Import::Identity(identity) => identity.name,
        }))
    }
}

#[async_trait]
impl ResourceWithUndeliveredCreate for Ducks {
    async fn undelivered_create(&self, created: ResourceState<Duck>) -> Result<(), Diagnostics> {
        let name = created.state.name.text().unwrap_or_default().to_owned();
        self.0.undone.lock().unwrap().push(name.clone());
        match name.as_str() {
            "stuck" => std::future::pending().await,
            "bites" => Err(Diagnostic::error("it bites", "Duck 7 is in no state.").into()),
            _ => Ok(()),
        }
    }
}

crate::model! {
    struct PondConfig {
        water: String,
    }
}

struct Pond(Script);

impl Block for Pond {
    type Model = PondConfig;

    fn type_name(&self) -> &'static str {
        "test"
    }

    fn schema(&self) -> Schema {
        Schema {
            version: 0,
            description: "",
            attributes: vec![Attribute::of::<String>("water")],
        }
    }
}

#[async_trait]
impl Provider for Pond {
    fn address(&self) -> &'static str {
        "test/pond"
    }

    async fn configure(&self, request: Configure<PondConfig>) -> Result<Configured, Diagnostics> {
        Ok(if request.config.water.is_unknown() {
            Configured::Deferred
        } else {
            Configured::Ready
        })
    }

    async fn finish(&self) {
        self.0.finished.fetch_add(1, Ordering::SeqCst);
    }

    fn register(&self, registry: &mut Registry) {
        registry
            .resource(Ducks(self.0.clone()))
            .with_identity()
            .with_import()
            .with_undelivered_create();
    }
}

crate::model! {
    struct Empty {}
}

/// A provider without a configuration, with the blocks that a test registers.
struct Unconfigured(Arc<dyn Fn(&mut Registry) + Send + Sync>);

impl Block for Unconfigured {
    type Model = Empty;

    fn type_name(&self) -> &'static str {
        "test"
    }

    fn schema(&self) -> Schema {
        Schema {
            version: 0,
            description: "",
            attributes: vec![],
        }
    }
}

#[async_trait]
impl Provider for Unconfigured {
    fn address(&self) -> &'static str {
        "test/unconfigured"
    }

    async fn configure(&self, _: Configure<Empty>) -> Result<Configured, Diagnostics> {
        Ok(Configured::Deferred)
    }

    fn register(&self, registry: &mut Registry) {
        (self.0)(registry);
    }
}

/// Creates a service for the blocks that `register` registers.
fn service_of(register: impl Fn(&mut Registry) + Send + Sync + 'static) -> ProviderService {
    let register: Arc<dyn Fn(&mut Registry) + Send + Sync> = Arc::new(register);
    ProviderService::new(move || Unconfigured(Arc::clone(&register)))
}

fn service() -> ProviderService {
    ProviderService::new(|| Pond(Script::default()))
}

fn duck_type() -> Type {
    Type::object([("name", Type::String), ("id", Type::String)])
}

#[allow(clippy::unnecessary_wraps, reason = "as the messages hold it")]
fn duck(name: &str, id: Value) -> Option<proto::DynamicValue> {
    let members = [("name".to_owned(), Value::string(name)), ("id".to_owned(), id)];
    Some(wire::encode(&Value::Object(members.into()), &duck_type()).unwrap())
}

#[allow(clippy::unnecessary_wraps, reason = "as the messages hold it")]
fn none() -> Option<proto::DynamicValue> {
    Some(wire::encode(&Value::Null, &duck_type()).unwrap())
}

fn create(name: &str) -> Request<proto::apply_resource_change::Request> {
    Request::new(proto::apply_resource_change::Request {
        type_name: "test_duck".into(),
        prior_state: none(),
        planned_state: duck(name, Value::Unknown),
        config: duck(name, Value::Null),
        ..Default::default()
    })
}

fn summaries(diagnostics: &[proto::Diagnostic]) -> Vec<&str> {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.summary.as_str())
        .collect()
}

#[tokio::test]
async fn a_panic_is_one_error_and_the_calls_after_it_are_served() {
    let service = service();
    let response = service
        .apply_resource_change(create("panics"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(response.new_state, None);
    assert!(response.diagnostics[0].detail.contains("the duck is on fire"));
    let response = service
        .apply_resource_change(create("well"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (response.new_state, response.diagnostics),
        (duck("well", Value::string("7")), Vec::new())
    );
    assert!(Private::decode(&response.private).flag("hatched"));
}

#[tokio::test]
async fn a_failed_create_keeps_only_objects_that_were_created() {
    let service = service();
    let response = service
        .apply_resource_change(create("fails"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (response.new_state, summaries(&response.diagnostics)),
        (None, vec!["no duck"])
    );
    let response = service
        .apply_resource_change(create("half"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (response.new_state, summaries(&response.diagnostics)),
        (duck("half", Value::string("7")), vec!["half a duck"])
    );
    assert!(Private::decode(&response.private).flag("hatched"));
}

#[tokio::test]
async fn a_caller_that_goes_away_does_not_cut_a_write_short() {
    let script = Script::default();
    let pond = script.clone();
    let service = ProviderService::new(move || Pond(pond.clone()));
    let call = tokio::spawn(async move { service.apply_resource_change(create("slow")).await });
    script.entered.notified().await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    script.proceed.notify_one();
    script.done.notified().await;
}

fn read(name: &str) -> proto::read_resource::Request {
    proto::read_resource::Request {
        type_name: "test_duck".into(),
        current_state: duck(name, Value::string("7")),
        private: hatched(&Field::Null).private.encode(),
        ..Default::default()
    }
}

#[tokio::test]
async fn only_deleted_objects_read_as_null() {
    let service = service();
    let call = async |name| {
        service
            .read_resource(Request::new(read(name)))
            .await
            .unwrap()
            .into_inner()
    };
    let found = call("well").await;
    assert_eq!(found.new_state, duck("well", Value::string("7")));
    assert!(Private::decode(&found.private).flag("hatched"));
    let gone = call("gone").await;
    assert_eq!(
        (gone.new_state, summaries(&gone.diagnostics)),
        (none(), vec!["flown"])
    );
    assert_eq!(
        gone.diagnostics[0].severity(),
        proto::diagnostic::Severity::Warning
    );
    let failed = call("fails").await;
    assert_eq!(
        (failed.new_state, summaries(&failed.diagnostics)),
        (None, vec!["fog"])
    );
    assert_eq!(
        failed.diagnostics[0].severity(),
        proto::diagnostic::Severity::Error
    );
}

#[tokio::test]
async fn a_delete_response_null_only_when_it_is_done() {
    let service = service();
    let call = async |name| {
        let request = proto::apply_resource_change::Request {
            type_name: "test_duck".into(),
            prior_state: duck(name, Value::string("7")),
            planned_state: none(),
            config: none(),
            ..Default::default()
        };
        service
            .apply_resource_change(Request::new(request))
            .await
            .unwrap()
            .into_inner()
    };
    let done = call("well").await;
    assert_eq!(
        (done.new_state, summaries(&done.diagnostics)),
        (none(), vec!["quack"])
    );
    let failed = call("fails").await;
    assert_eq!(
        (failed.new_state, summaries(&failed.diagnostics)),
        (None, vec!["it bites"])
    );
}

#[tokio::test]
async fn operations_that_need_an_unknown_configuration_are_deferred_where_allowed() {
    let service = service();
    let water = Type::object([("water", Type::String)]);
    let configure = async |water_is: Value| {
        let config = Value::Object([("water".to_owned(), water_is)].into());
        let request = proto::configure_provider::Request {
            config: Some(wire::encode(&config, &water).unwrap()),
            ..Default::default()
        };
        service.configure_provider(Request::new(request)).await.unwrap();
    };
    let call = async |deferral_allowed| {
        let client_capabilities = Some(proto::ClientCapabilities {
            deferral_allowed,
            ..Default::default()
        });
        let request = proto::read_resource::Request {
            client_capabilities,
            ..read("well")
        };
        service
            .read_resource(Request::new(request))
            .await
            .unwrap()
            .into_inner()
    };
    configure(Value::Unknown).await;
    let deferred = call(true).await;
    assert_eq!(
        deferred.deferred.unwrap().reason(),
        proto::deferred::Reason::ProviderConfigUnknown
    );
    assert_eq!(
        (deferred.new_state, deferred.private),
        (duck("well", Value::string("7")), read("").private)
    );
    assert_eq!(call(false).await.deferred, None);
    configure(Value::string("fresh")).await;
    assert_eq!(call(true).await.deferred, None);
}

#[tokio::test]
async fn a_replacement_is_planned_as_the_new_object() {
    let request = proto::plan_resource_change::Request {
        type_name: "test_duck".into(),
        prior_state: duck("old", Value::string("7")),
        proposed_new_state: duck("new", Value::string("7")),
        config: duck("new", Value::Null),
        prior_private: hatched(&Field::Null).private.encode(),
        ..Default::default()
    };
    let plan = service()
        .plan_resource_change(Request::new(request))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(plan.planned_state, duck("new", Value::Unknown));
    assert_eq!(plan.requires_replace.len(), 1);
    // The delete that follows receives this private state.
    assert!(Private::decode(&plan.planned_private).flag("hatched"));
}

#[tokio::test]
async fn an_unknown_type_is_an_error_and_never_an_empty_response() {
    let request = proto::read_resource::Request {
        type_name: "test_goose".into(),
        ..read("well")
    };
    let response = service()
        .read_resource(Request::new(request))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (response.new_state, summaries(&response.diagnostics)),
        (None, vec!["Unknown resource type"])
    );
}

#[tokio::test]
async fn a_resource_does_only_what_it_was_registered_with() {
    let service = service_of(|registry| {
        registry.resource(Ducks(Script::default()));
    });
    let schemas = service
        .get_resource_identity_schemas(Request::new(
            proto::get_resource_identity_schemas::Request::default(),
        ))
        .await
        .unwrap()
        .into_inner();
    assert!(schemas.identity_schemas.is_empty());
    let created = service
        .apply_resource_change(create("well"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (created.new_state, created.new_identity),
        (duck("well", Value::string("7")), None)
    );
    let import = proto::import_resource_state::Request {
        type_name: "test_duck".into(),
        id: "well".into(),
        ..Default::default()
    };
    let import = service
        .import_resource_state(Request::new(import))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        summaries(&import.diagnostics),
        ["This resource cannot be imported"]
    );
}

#[tokio::test]
async fn faults_of_what_was_registered_are_errors_of_the_schema() {
    let service = service_of(|registry| {
        registry.resource(Ducks(Script::default()));
        registry.resource(Ducks(Script::default()));
    });
    let schemas = service
        .get_provider_schema(Request::new(proto::get_provider_schema::Request::default()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(schemas.diagnostics.len(), 1);
    let detail = &schemas.diagnostics[0].detail;
    assert!(
        detail.contains("The resource type test_duck is registered twice."),
        "{detail}"
    );
}
