//! Calls of an ephemeral resource: every opened one is closed, by core or by the service.

use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;
use tonic::Request;

use super::messages::{client, client_capabilities, configure, object_of_strings, proto, summaries};
use super::provider::{Controls, PATIENCE, Reports, controlled, private_of};
use crate::framework::private::Private;
use crate::framework::server::ProviderService;
use crate::framework::value::Value;

/// Returns the service, the receiver of closed private data, and the controls.
fn service() -> (ProviderService, UnboundedReceiver<Private>, Controls) {
    let (controls, Reports { closed, .. }) = Controls::reporting();
    (controlled(&controls), closed, controls)
}

fn ephemeral(name: &str, size: Value, key: Value) -> proto::DynamicValue {
    object_of_strings([("name", Value::string(name)), ("size", size), ("key", key)])
}

fn open(name: &str) -> Request<proto::open_ephemeral_resource::Request> {
    Request::new(proto::open_ephemeral_resource::Request {
        type_name: "test_ephemeral".into(),
        config: Some(ephemeral(name, Value::Null, Value::Null)),
        client_capabilities: None,
    })
}

fn close(private: Option<Vec<u8>>) -> Request<proto::close_ephemeral_resource::Request> {
    Request::new(proto::close_ephemeral_resource::Request {
        type_name: "test_ephemeral".into(),
        private,
    })
}

async fn call_open(service: &ProviderService, name: &str) -> proto::open_ephemeral_resource::Response {
    let response = client(service).open_ephemeral_resource(open(name)).await;
    response.unwrap().into_inner()
}

async fn call_close(
    service: &ProviderService,
    private: Option<Vec<u8>>,
) -> proto::close_ephemeral_resource::Response {
    let response = client(service).close_ephemeral_resource(close(private)).await;
    response.unwrap().into_inner()
}

#[tokio::test]
async fn open_returns_defaults_and_close_receives_private_data() {
    let (service, mut closings, _controls) = service();
    let opened = call_open(&service, "well").await;
    assert_eq!(
        opened.result,
        Some(ephemeral("well", Value::string("small"), Value::string("k3y")))
    );
    assert_eq!(summaries(&opened.diagnostics), ["opened"]);
    assert_eq!((opened.renew_at, opened.deferred), (None, None));

    let closed = call_close(&service, opened.private).await;
    assert_eq!(summaries(&closed.diagnostics), ["closed"]);
    assert_eq!(closings.recv().await, Some(private_of("well")));
}

#[tokio::test]
async fn open_cancelled_in_flight_is_closed() {
    let (service, mut closings, controls) = service();
    let call = tokio::spawn(async move { client(&service).open_ephemeral_resource(open("slow")).await });
    controls.entered.notified().await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    controls.proceed.notify_one();
    assert_eq!(closings.recv().await, Some(private_of("slow")));
}

#[tokio::test]
async fn open_cancelled_before_its_response_is_read_is_closed() {
    let (service, mut closings, controls) = service();
    let service = Arc::new(service);
    let calling = {
        let service = Arc::clone(&service);
        async move { client(&service).open_ephemeral_resource(open("slow")).await }
    };
    // The future is polled by hand, so the response arrives and is never read.
    let mut calling = Box::pin(calling);
    assert!(futures_util::poll!(&mut calling).is_pending());
    controls.entered.notified().await;
    controls.proceed.notify_one();
    // On a single thread each yield lets the open continue, so it ends long before this loop.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(closings.try_recv().is_err(), "the caller is still there");
    drop(calling);
    assert_eq!(closings.recv().await, Some(private_of("slow")));
}

#[tokio::test]
async fn open_with_an_invalid_result_is_closed_and_an_error() {
    let (service, mut closings, _controls) = service();
    for (name, words, errors) in [("unknown", "unknown values", 2), ("other", "another `size`", 1)] {
        let response = call_open(&service, name).await;
        assert_eq!((response.result, response.private), (None, None));
        assert!(response.diagnostics[0].detail.contains(words), "{name}");
        assert_eq!(response.diagnostics.len(), errors, "{name}");
        assert_eq!(closings.try_recv().unwrap(), private_of(name));
    }
}

#[tokio::test]
async fn failed_open_is_not_closed() {
    let (service, mut closings, controls) = service();
    for (name, words) in [
        ("fails", "not opened"),
        ("panics", "Unexpected provider behavior"),
    ] {
        let response = call_open(&service, name).await;
        assert_eq!(response.result, None);
        assert_eq!(summaries(&response.diagnostics), [words]);
    }
    drop((service, controls));
    assert_eq!(closings.recv().await, None);
}

#[tokio::test]
async fn close_with_foreign_private_bytes_and_renew_are_errors() {
    let (service, _closings, _controls) = service();
    for private in [None, Some(b"{}".to_vec()), Some(b"\xff".to_vec())] {
        let response = call_close(&service, private).await;
        assert_eq!(summaries(&response.diagnostics), ["no name"]);
    }
    let request = proto::renew_ephemeral_resource::Request {
        type_name: "test_ephemeral".into(),
        private: None,
    };
    let response = client(&service)
        .renew_ephemeral_resource(Request::new(request))
        .await
        .unwrap()
        .into_inner();
    assert!(response.diagnostics[0].detail.contains("cannot be renewed"));
}

#[tokio::test]
async fn open_is_deferred_with_unknown_configuration() {
    let (service, mut closings, controls) = service();
    configure(&service, Value::Unknown).await;
    let mut request = open("fails").into_inner();
    request.client_capabilities = client_capabilities(true);
    let response = client(&service)
        .open_ephemeral_resource(Request::new(request))
        .await
        .unwrap()
        .into_inner();
    assert!(response.deferred.is_some() && response.diagnostics.is_empty());
    drop((service, controls));
    assert_eq!(closings.recv().await, None);
}

#[tokio::test]
async fn finish_closes_open_ephemeral_resources_once() {
    let (service, mut closings, controls) = service();
    let closed = call_open(&service, "closed").await.private;
    call_open(&service, "forgotten").await;
    call_close(&service, closed).await;
    assert_eq!(closings.recv().await, Some(private_of("closed")));

    service.lifecycle().finish(PATIENCE).await;
    assert_eq!(closings.try_recv().unwrap(), private_of("forgotten"));
    service.lifecycle().finish(PATIENCE).await;
    drop((service, controls));
    assert_eq!(closings.recv().await, None);
}

#[tokio::test]
async fn finish_waits_for_an_open_in_flight() {
    let (service, mut closings, controls) = service();
    let lifecycle = service.lifecycle();
    let call = tokio::spawn(async move { client(&service).open_ephemeral_resource(open("slow")).await });
    controls.entered.notified().await;
    call.abort();
    let mut end = Box::pin(lifecycle.finish(PATIENCE));
    assert!(futures_util::poll!(&mut end).is_pending());
    controls.proceed.notify_one();
    end.await;
    assert_eq!(closings.try_recv().unwrap(), private_of("slow"));
}

#[tokio::test(start_paused = true)]
async fn finish_stops_a_hanging_open_after_closing_the_others() {
    let (service, mut closings, controls) = service();
    call_open(&service, "forgotten").await;
    let service = Arc::new(service);
    for name in ["stuck", "slow"] {
        let service = Arc::clone(&service);
        tokio::spawn(async move { client(&service).open_ephemeral_resource(open(name)).await });
        controls.entered.notified().await;
    }

    let end = tokio::spawn(service.lifecycle().finish(PATIENCE));
    assert_eq!(closings.recv().await, Some(private_of("forgotten")));
    // An ephemeral resource that is opened meanwhile is closed once too, although its caller is still
    // connected.
    controls.proceed.notify_one();
    assert_eq!(closings.recv().await, Some(private_of("slow")));
    end.await.unwrap();
    assert!(closings.try_recv().is_err(), "nothing is closed twice");
}

#[tokio::test]
async fn finish_waits_for_a_close_in_flight_and_sends_no_other() {
    let (service, mut closings, controls) = service();
    let lifecycle = service.lifecycle();
    let private = call_open(&service, "heavy").await.private;
    let call = tokio::spawn(async move { client(&service).close_ephemeral_resource(close(private)).await });
    assert_eq!(closings.recv().await, Some(private_of("heavy")));
    call.abort();
    let mut end = Box::pin(lifecycle.finish(PATIENCE));
    assert!(futures_util::poll!(&mut end).is_pending());
    controls.proceed.notify_one();
    end.await;
    assert!(closings.try_recv().is_err());
}

#[tokio::test]
async fn failed_close_is_an_error_and_not_repeated() {
    let (service, mut closings, _controls) = service();
    let private = call_open(&service, "stays").await.private;
    let response = call_close(&service, private).await;
    assert_eq!(summaries(&response.diagnostics), ["not closed"]);
    assert_eq!(closings.recv().await, Some(private_of("stays")));
    service.lifecycle().finish(PATIENCE).await;
    assert!(closings.try_recv().is_err());
}
