//! Calls of an action: it ends, and its end is reported once.

use futures_util::{StreamExt as _, TryStreamExt as _};
use tonic::Request;

use super::messages::{client, client_capabilities, configure, object_of_strings, proto, summaries};
use super::provider::{Controls, MANY, controlled, service};
use crate::framework::server::ProviderService;
use crate::framework::value::Value;
use proto::invoke_action::event;

fn config(what: Value) -> proto::DynamicValue {
    object_of_strings([("what", what)])
}

fn invoke(what: &str) -> Request<proto::invoke_action::Request> {
    Request::new(proto::invoke_action::Request {
        action_type: "test_action".into(),
        config: Some(config(Value::string(what))),
        ..Default::default()
    })
}

/// Returns every event of an invocation as text; the last one contains the summaries of its diagnostics.
async fn events(service: &ProviderService, request: Request<proto::invoke_action::Request>) -> Vec<String> {
    let events = client(service).invoke_action(request).await.unwrap().into_inner();
    let texts = events.map_ok(
        |event| match event.r#type.expect("an event without a kind crashes core") {
            event::Type::Progress(progress) => progress.message,
            event::Type::Completed(end) => format!("end: {}", summaries(&end.diagnostics).join(", ")),
        },
    );
    texts.try_collect().await.unwrap()
}

#[tokio::test]
async fn invoke_sends_completion_once_and_last() {
    let service = service();
    assert_eq!(events(&service, invoke("well")).await, ["begun", "end: done"]);
    assert_eq!(
        events(&service, invoke("fails")).await,
        ["begun", "end: not done"]
    );
    assert_eq!(
        events(&service, invoke("panics")).await,
        ["begun", "end: Unexpected provider behavior"]
    );
    let of_another_type = proto::invoke_action::Request {
        action_type: "test_other".into(),
        ..Default::default()
    };
    assert_eq!(
        events(&service, Request::new(of_another_type)).await,
        ["end: Unknown action type"]
    );
    let unknown = proto::invoke_action::Request {
        config: Some(config(Value::Unknown)),
        ..invoke("").into_inner()
    };
    assert_eq!(
        events(&service, Request::new(unknown)).await,
        ["end: Unexpected provider behavior"]
    );
}

#[tokio::test]
async fn invoke_sends_every_progress_message_in_order() {
    let controls = Controls::default();
    let service = controlled(&controls);
    controls.proceed.notify_one();
    let events = events(&service, invoke("long")).await;
    assert_eq!(events.len(), MANY + 2);
    assert_eq!((&*events[1], &*events[MANY]), ("step 0", "step 99"));
}

#[tokio::test]
async fn invoke_sends_no_progress_after_a_stop() {
    for stopped in [false, true] {
        let controls = Controls::default();
        let service = controlled(&controls);
        let mut events = client(&service)
            .invoke_action(invoke("long"))
            .await
            .unwrap()
            .into_inner();
        assert!(events.next().await.is_some(), "it has begun");
        let lifecycle = service.lifecycle();
        if stopped {
            lifecycle.stop();
        } else {
            lifecycle.end_progress_events();
        }
        controls.proceed.notify_one();
        controls.done.notified().await;
        let [end] = events.try_collect::<Vec<_>>().await.unwrap().try_into().unwrap();
        assert!(matches!(end.r#type, Some(event::Type::Completed(_))), "{end:?}");
    }
}

#[tokio::test]
async fn dropped_event_stream_does_not_stop_the_action() {
    let controls = Controls::default();
    let service = controlled(&controls);
    let mut events = client(&service)
        .invoke_action(invoke("long"))
        .await
        .unwrap()
        .into_inner();
    assert!(events.next().await.is_some(), "it has begun");
    drop(events);
    controls.proceed.notify_one();
    controls.done.notified().await;
}

#[tokio::test]
async fn plan_action_is_deferred_with_unknown_configuration() {
    let service = service();
    configure(&service, Value::Unknown).await;
    for deferral_allowed in [false, true] {
        let request = proto::plan_action::Request {
            action_type: "test_action".into(),
            config: Some(config(Value::Unknown)),
            client_capabilities: client_capabilities(deferral_allowed),
        };
        let planned = client(&service)
            .plan_action(Request::new(request))
            .await
            .unwrap()
            .into_inner();
        assert!(planned.diagnostics.is_empty());
        assert_eq!(planned.deferred.is_some(), deferral_allowed);
    }
}
