//! A scripted action: it ends, and its end is reported once.

use std::sync::Arc;

use async_trait::async_trait;
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::sync::Notify;
use tonic::Request;

use super::super::super::action::{Action, Progress};
use super::super::super::block::Block;
use super::super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::super::schema::{Attribute, Schema};
use super::super::super::value::{Members, Type, Value};
use super::super::super::wire;
use super::super::ProviderService;
use super::{proto, service_of, summaries};
use proto::invoke_action::event;
use proto::provider_server::Provider as _;

crate::model! {
    struct Honk {
        way: String,
    }
}

/// The script of the action, and records of its calls.
#[derive(Clone, Default)]
struct Script {
    proceed: Arc<Notify>,
    done: Arc<Notify>,
}

struct Honks(Script);

/// More events than any channel holds for a receiver that does not read.
const MANY: usize = 100;

impl Block for Honks {
    type Model = Honk;

    fn type_name(&self) -> &'static str {
        "test_honk"
    }

    fn schema(&self) -> Schema {
        Schema {
            version: 0,
            description: "",
            attributes: vec![Attribute::of::<String>("way").required()],
        }
    }
}

#[async_trait]
impl Action for Honks {
    async fn invoke(&self, config: Honk, progress: &Progress) -> Result<Diagnostics, Diagnostics> {
        progress.report("begun").await;
        match config.way.text().unwrap_or_default() {
            "fails" => Err(Diagnostic::error("hoarse", "").into()),
            "panics" => panic!("the goose is on fire"),
            "long" => {
                self.0.proceed.notified().await;
                for number in 0..MANY {
                    progress.report(format!("honk {number}")).await;
                }
                self.0.done.notify_one();
                Ok(Diagnostics::new())
            }
            _ => Ok(Diagnostic::warning("loud", "").into()),
        }
    }
}

fn served(script: &Script) -> ProviderService {
    let script = script.clone();
    service_of(move |registry| registry.action(Honks(script.clone())))
}

fn config(way: Value) -> proto::DynamicValue {
    let members = [("way".to_owned(), way)];
    wire::encode(
        &Value::Object(members.into()),
        &Type::object([("way", Type::String)]),
    )
    .unwrap()
}

fn honk(way: &str) -> Request<proto::invoke_action::Request> {
    Request::new(proto::invoke_action::Request {
        action_type: "test_honk".into(),
        config: Some(config(Value::string(way))),
        ..Default::default()
    })
}

/// Returns every event of an invocation as text; the last one contains the summaries of its diagnostics.
async fn events(service: &ProviderService, request: Request<proto::invoke_action::Request>) -> Vec<String> {
    let events = service.invoke_action(request).await.unwrap().into_inner();
    let told = events.map_ok(
        |event| match event.r#type.expect("an event without a kind crashes core") {
            event::Type::Progress(progress) => progress.message,
            event::Type::Completed(end) => format!("end: {}", summaries(&end.diagnostics).join(", ")),
        },
    );
    told.try_collect().await.unwrap()
}

#[tokio::test]
async fn the_completion_is_sent_once_and_last() {
    let service = served(&Script::default());
    assert_eq!(events(&service, honk("well")).await, ["begun", "end: loud"]);
    assert_eq!(events(&service, honk("fails")).await, ["begun", "end: hoarse"]);
    assert_eq!(
        events(&service, honk("panics")).await,
        ["begun", "end: Unexpected provider behavior"]
    );
    let unheard_of = proto::invoke_action::Request {
        action_type: "test_bark".into(),
        ..Default::default()
    };
    assert_eq!(
        events(&service, Request::new(unheard_of)).await,
        ["end: Unknown action type"]
    );
    let unknown = proto::invoke_action::Request {
        config: Some(config(Value::Unknown)),
        ..honk("").into_inner()
    };
    assert_eq!(
        events(&service, Request::new(unknown)).await,
        ["end: Unexpected provider behavior"]
    );
}

#[tokio::test]
async fn every_word_of_a_long_action_arrives_in_order() {
    let script = Script::default();
    let service = served(&script);
    script.proceed.notify_one();
    let events = events(&service, honk("long")).await;
    assert_eq!(events.len(), MANY + 2);
    assert_eq!((&*events[1], &*events[MANY]), ("honk 0", "honk 99"));
}

#[tokio::test]
async fn after_an_interruption_only_the_completion_is_sent() {
    for stopped in [false, true] {
        let script = Script::default();
        let service = served(&script);
        let mut events = service.invoke_action(honk("long")).await.unwrap().into_inner();
        assert!(events.next().await.is_some(), "the call has begun");
        let lifecycle = service.lifecycle();
        if stopped {
            lifecycle.stop();
        } else {
            lifecycle.interrupted();
        }
        script.proceed.notify_one();
        script.done.notified().await;
        let [end] = events.try_collect::<Vec<_>>().await.unwrap().try_into().unwrap();
        assert!(matches!(end.r#type, Some(event::Type::Completed(_))), "{end:?}");
    }
}

#[tokio::test]
async fn a_listener_that_leaves_does_not_stop_an_action() {
    let script = Script::default();
    let service = served(&script);
    let mut events = service.invoke_action(honk("long")).await.unwrap().into_inner();
    assert!(events.next().await.is_some(), "the call has begun");
    drop(events);
    script.proceed.notify_one();
    script.done.notified().await;
}

#[tokio::test]
async fn a_plan_returns_only_diagnostics_or_a_deferral() {
    let service = served(&Script::default());
    let settings = wire::encode(&Value::Object(Members::new()), &Type::object::<&str>([])).unwrap();
    let configure = proto::configure_provider::Request {
        config: Some(settings),
        ..Default::default()
    };
    service.configure_provider(Request::new(configure)).await.unwrap();
    for deferral_allowed in [false, true] {
        let request = proto::plan_action::Request {
            action_type: "test_honk".into(),
            config: Some(config(Value::Unknown)),
            client_capabilities: Some(proto::ClientCapabilities {
                deferral_allowed,
                ..Default::default()
            }),
        };
        let planned = service
            .plan_action(Request::new(request))
            .await
            .unwrap()
            .into_inner();
        assert!(planned.diagnostics.is_empty());
        assert_eq!(planned.deferred.is_some(), deferral_allowed);
    }
}
