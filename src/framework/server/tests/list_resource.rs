//! Calls of a list resource: the events of a stream, and when the search ends.

use std::sync::Arc;

use futures_util::StreamExt as _;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedReceiver;
use tonic::{Request, Streaming};

use super::messages::{client, object, object_of_strings, proto, summaries};
use super::provider::{Controls, controlled};
use crate::framework::server::ProviderService;
use crate::framework::value::Value;
use proto::list_resource::Event;

/// A service, and the reports of its list.
struct TestService {
    service: ProviderService,
    searched: UnboundedReceiver<usize>,
    done: Arc<Notify>,
}

impl TestService {
    fn new() -> Self {
        let (controls, reports) = Controls::reporting();
        TestService {
            service: controlled(&controls),
            searched: reports.searched,
            done: controls.done,
        }
    }

    async fn list(&self, word: Value, limit: i64, include_resource_object: bool) -> Streaming<Event> {
        let request = proto::list_resource::Request {
            type_name: "test_object".into(),
            config: Some(object_of_strings([("word", word)])),
            include_resource_object,
            limit,
        };
        let response = client(&self.service).list_resource(Request::new(request)).await;
        response.unwrap().into_inner()
    }

    /// Returns all events of a query with this word.
    async fn events(&self, word: &str, limit: i64) -> Vec<Event> {
        let events = self.list(Value::string(word), limit, false).await;
        events.map(Result::unwrap).collect().await
    }

    /// Returns the number of results that the list has looked for since the last call.
    fn searched(&mut self) -> usize {
        let mut last = 0;
        while let Ok(step) = self.searched.try_recv() {
            last = step;
        }
        last
    }
}

fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.display_name.as_str()).collect()
}

#[tokio::test]
async fn list_sends_results_up_to_the_limit() {
    let mut service = TestService::new();
    let events = service.events("on", 3).await;
    assert_eq!(names(&events), ["object 1", "object 2", "object 3"]);
    assert_eq!(service.searched(), 3);
    for event in &events {
        assert!(event.identity.is_some() && event.resource_object.is_none());
        assert_eq!(summaries(&event.diagnostic), ["listed"]);
    }
    assert_eq!(service.events("on", 0).await, []);
    assert_eq!(service.searched(), 0);
    assert_eq!(names(&service.events("end", 100).await), ["object 1", "object 2"]);
}

#[tokio::test]
async fn list_includes_resources_on_request() {
    let service = TestService::new();
    let mut events = service.list(Value::string("on"), 1, true).await;
    let event = events.next().await.unwrap().unwrap();
    assert_eq!(event.resource_object, object("1", Value::string("7")));
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn list_reports_an_invalid_object_as_an_uncounted_warning() {
    let service = TestService::new();
    let events = service.events("odd", 2).await;
    assert_eq!(names(&events), ["object 1", "", "object 3"]);
    assert_eq!(summaries(&events[1].diagnostic), ["An object is not listed"]);
    assert_eq!(
        events[1].diagnostic[0].severity(),
        proto::diagnostic::Severity::Warning
    );
    let detail = &events[1].diagnostic[0].detail;
    assert!(
        detail.starts_with("\"object 2\" is not listed") && detail.contains("`name` must contain no blank"),
        "{detail}"
    );
    assert_eq!(events[1].identity, None);
}

#[tokio::test]
async fn list_error_or_panic_is_the_last_event() {
    let service = TestService::new();
    for (word, summary) in [("fail", "not listed"), ("panic", "Unexpected provider behavior")] {
        let events = service.events(word, 100).await;
        assert_eq!(names(&events), ["object 1", "object 2", ""]);
        assert_eq!(summaries(&events[2].diagnostic), [summary]);
        assert_eq!(
            events[2].diagnostic[0].severity(),
            proto::diagnostic::Severity::Error
        );
    }
    // The next query succeeds.
    assert_eq!(service.events("on", 1).await.len(), 1);
}

#[tokio::test]
async fn list_ends_when_its_stream_is_dropped() {
    let mut service = TestService::new();
    let mut events = service.list(Value::string("on"), 1000, false).await;
    assert_eq!(events.next().await.unwrap().unwrap().display_name, "object 1");
    drop(events);
    service.done.notified().await;
    assert!(service.searched() < 10, "it listed far more than was read");

    // The search also ends while it waits for something else.
    let mut events = service.list(Value::string("stay"), 1000, false).await;
    for _ in 0..2 {
        events.next().await.unwrap().unwrap();
    }
    while service.searched.recv().await != Some(3) {}
    drop(events);
    service.done.notified().await;
}

#[tokio::test]
async fn list_with_an_invalid_request_is_an_error() {
    let mut service = TestService::new();
    let events = service.events("on", -1).await;
    assert_eq!(summaries(&events[0].diagnostic), ["Invalid limit"]);
    let events = service.list(Value::Unknown, 1, false).await;
    let events: Vec<_> = events.map(Result::unwrap).collect().await;
    assert_eq!(events.len(), 1);
    assert_eq!(
        summaries(&events[0].diagnostic),
        ["The `config` block is not known yet"]
    );

    let request = proto::list_resource::Request {
        type_name: "test_other".into(),
        limit: 1,
        ..Default::default()
    };
    let events = client(&service.service)
        .list_resource(Request::new(request))
        .await
        .unwrap();
    let events: Vec<_> = events.into_inner().map(Result::unwrap).collect().await;
    assert_eq!(summaries(&events[0].diagnostic), ["Unknown list resource type"]);
    assert_eq!((events.len(), service.searched()), (1, 0));
}
