//! Calls of a managed resource.

use tonic::Request;

use super::messages::{
    apply, client, client_capabilities, configure, create, null_object, object, proto, read, refresh,
    summaries,
};
use super::provider::{Controls, controlled, created, service};
use crate::framework::private::Private;
use crate::framework::value::{Field, Value};
use proto::diagnostic::Severity;

#[tokio::test]
async fn panic_in_create_is_an_error_and_later_calls_succeed() {
    let service = service();
    let response = apply(&service, create("panics")).await;
    assert_eq!(response.new_state, None);
    assert!(response.diagnostics[0].detail.contains("a bug in the resource"));
    let response = apply(&service, create("well")).await;
    assert_eq!(
        (response.new_state, response.diagnostics),
        (object("well", Value::string("7")), Vec::new())
    );
    assert!(Private::decode(&response.private).flag("created"));
}

#[tokio::test]
async fn failed_create_returns_only_a_partially_created_object() {
    let service = service();
    let response = apply(&service, create("fails")).await;
    assert_eq!(
        (response.new_state, summaries(&response.diagnostics)),
        (None, vec!["not created"])
    );
    let response = apply(&service, create("half")).await;
    assert_eq!(
        (response.new_state, summaries(&response.diagnostics)),
        (object("half", Value::string("7")), vec!["half created"])
    );
    assert!(Private::decode(&response.private).flag("created"));
}

#[tokio::test]
async fn cancelled_apply_runs_to_its_end() {
    let controls = Controls::default();
    let service = controlled(&controls);
    let call = tokio::spawn(async move { client(&service).apply_resource_change(create("slow")).await });
    controls.entered.notified().await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    controls.proceed.notify_one();
    controls.done.notified().await;
}

#[tokio::test]
async fn read_returns_null_only_for_a_deleted_object() {
    let service = service();
    let found = refresh(&service, read("well")).await;
    assert_eq!(found.new_state, object("well", Value::string("7")));
    assert!(Private::decode(&found.private).flag("created"));
    for (name, state, summary, severity) in [
        ("gone", null_object(), "deleted elsewhere", Severity::Warning),
        ("fails", None, "not read", Severity::Error),
    ] {
        let response = refresh(&service, read(name)).await;
        assert_eq!(
            (response.new_state, summaries(&response.diagnostics)),
            (state, vec![summary])
        );
        assert_eq!(response.diagnostics[0].severity(), severity);
    }
}

#[tokio::test]
async fn delete_returns_null_only_on_success() {
    let service = service();
    for (name, state, summary) in [("well", null_object(), "deleted"), ("fails", None, "not deleted")] {
        let request = proto::apply_resource_change::Request {
            type_name: "test_object".into(),
            prior_state: object(name, Value::string("7")),
            planned_state: null_object(),
            config: null_object(),
            ..Default::default()
        };
        let response = apply(&service, Request::new(request)).await;
        assert_eq!(
            (response.new_state, summaries(&response.diagnostics)),
            (state, vec![summary])
        );
    }
}

#[tokio::test]
async fn read_is_deferred_with_unknown_configuration() {
    let service = service();
    let call = async |deferral_allowed| {
        let request = proto::read_resource::Request {
            client_capabilities: client_capabilities(deferral_allowed),
            ..read("well")
        };
        refresh(&service, request).await
    };
    configure(&service, Value::Unknown).await;
    let deferred = call(true).await;
    assert_eq!(
        deferred.deferred.unwrap().reason(),
        proto::deferred::Reason::ProviderConfigUnknown
    );
    assert_eq!(
        (deferred.new_state, deferred.private),
        (object("well", Value::string("7")), read("").private)
    );
    assert_eq!(call(false).await.deferred, None);
    configure(&service, Value::string("known")).await;
    assert_eq!(call(true).await.deferred, None);
}

#[tokio::test]
async fn replacement_plan_has_unknown_computed_values() {
    let request = proto::plan_resource_change::Request {
        type_name: "test_object".into(),
        prior_state: object("old", Value::string("7")),
        proposed_new_state: object("new", Value::string("7")),
        config: object("new", Value::Null),
        prior_private: created(&Field::Null).private.encode(),
        ..Default::default()
    };
    let plan = client(&service())
        .plan_resource_change(Request::new(request))
        .await;
    let plan = plan.unwrap().into_inner();
    assert_eq!(plan.planned_state, object("new", Value::Unknown));
    assert_eq!(plan.requires_replace.len(), 1);
    // The delete that follows receives this private state.
    assert!(Private::decode(&plan.planned_private).flag("created"));
}

#[tokio::test]
async fn read_of_an_unknown_type_is_an_error() {
    let request = proto::read_resource::Request {
        type_name: "test_other".into(),
        ..read("well")
    };
    let response = refresh(&service(), request).await;
    assert_eq!(
        (response.new_state, summaries(&response.diagnostics)),
        (None, vec!["Unknown resource type"])
    );
}
