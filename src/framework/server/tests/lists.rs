//! Lists: the events of a stream, and when the search ends.

use std::ops::ControlFlow;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::StreamExt;
use tokio::sync::{Notify, mpsc};
use tonic::Request;
use tonic::codegen::BoxStream;

use super::super::super::block::Block;
use super::super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::super::list_resource::{ListRequest, ListResource, ListResult, ListResults};
use super::super::super::schema::{Attribute, Schema};
use super::super::super::value::{Field, Type, Value};
use super::super::super::wire;
use super::{Duck, Ducks, ProviderService, Script, duck, proto, service_of, summaries};
use proto::list_resource::Event;
use proto::provider_server::Provider as _;

crate::model! {
    struct Call {
        word: String,
    }
}

/// Lists ducks `1`, `2`, … while the receiver reads, and reports each step to the test.
struct Flock {
    steps: mpsc::UnboundedSender<usize>,
    dropped: Arc<Notify>,
}

/// Notifies when it is dropped.
struct Alarm(Arc<Notify>);

impl Drop for Alarm {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Block for Flock {
    type Model = Call;

    fn type_name(&self) -> &'static str {
        "test_duck"
    }

    fn schema(&self) -> Schema {
        Schema {
            version: 0,
            description: "",
            attributes: vec![Attribute::of::<String>("word")],
        }
    }
}

#[async_trait]
impl ListResource for Flock {
    async fn list(&self, request: ListRequest<Call>, found: &mut ListResults) -> Result<(), Diagnostics> {
        let _alarm = Alarm(Arc::clone(&self.dropped));
        for number in 1.. {
            let _ = self.steps.send(number);
            match (request.config.word.text(), number) {
                (Some("panic"), 3) => panic!("a fox"),
                (Some("fail"), 3) => return Err(Diagnostic::error("fog", "").into()),
                (Some("stay"), 3) => std::future::pending().await,
                (Some("end"), 3) => break,
                _ => {}
            }
            let name = if number == 2 && request.config.word.text() == Some("odd") {
                Field::Known("no duck".into())
            } else {
                Field::Known(number.to_string())
            };
            let result = ListResult {
                display_name: format!("duck {number}"),
                state: Duck {
                    name,
                    id: Field::Known("7".into()),
                },
                warnings: Diagnostic::warning("quack", "").into(),
            };
            if let ControlFlow::Break(()) = found.report(result).await {
                break;
            }
        }
        Ok(())
    }
}

/// A service, and the reports of its list.
struct Stage {
    service: ProviderService,
    steps: mpsc::UnboundedReceiver<usize>,
    dropped: Arc<Notify>,
}

impl Stage {
    fn new() -> Self {
        let (sender, steps) = mpsc::unbounded_channel();
        let dropped = Arc::new(Notify::new());
        let gone = Arc::clone(&dropped);
        let service = service_of(move |registry| {
            registry.resource(Ducks(Script::default())).with_identity();
            registry.list_resource(Flock {
                steps: sender.clone(),
                dropped: Arc::clone(&gone),
            });
        });
        Stage {
            service,
            steps,
            dropped,
        }
    }

    async fn list(&self, word: Value, limit: i64, include_resource_object: bool) -> BoxStream<Event> {
        let config = Value::Object([("word".to_owned(), word)].into());
        let of = Type::object([("word", Type::String)]);
        let request = proto::list_resource::Request {
            type_name: "test_duck".into(),
            config: Some(wire::encode(&config, &of).unwrap()),
            include_resource_object,
            limit,
        };
        let response = self.service.list_resource(Request::new(request)).await;
        response.unwrap().into_inner()
    }

    /// Returns all events of a query with this word.
    async fn told(&self, word: &str, limit: i64) -> Vec<Event> {
        let events = self.list(Value::string(word), limit, false).await;
        events.map(Result::unwrap).collect().await
    }

    /// Returns the number of steps so far.
    fn steps(&mut self) -> usize {
        let mut last = 0;
        while let Ok(step) = self.steps.try_recv() {
            last = step;
        }
        last
    }
}

fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.display_name.as_str()).collect()
}

#[tokio::test]
async fn a_listener_hears_of_as_many_as_it_wants_and_no_more_are_looked_for() {
    let mut stage = Stage::new();
    let told = stage.told("on", 3).await;
    assert_eq!(names(&told), ["duck 1", "duck 2", "duck 3"]);
    assert_eq!(stage.steps(), 3);
    for event in &told {
        assert!(event.identity.is_some() && event.resource_object.is_none());
        assert_eq!(summaries(&event.diagnostic), ["quack"]);
    }
    assert_eq!(stage.told("on", 0).await, []);
    assert_eq!(stage.steps(), 0);
    assert_eq!(names(&stage.told("end", 100).await), ["duck 1", "duck 2"]);
}

#[tokio::test]
async fn resources_are_included_on_request() {
    let stage = Stage::new();
    let mut events = stage.list(Value::string("on"), 1, true).await;
    let event = events.next().await.unwrap().unwrap();
    assert_eq!(event.resource_object, duck("1", Value::string("7")));
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn an_object_that_cannot_be_configured_is_a_warning_and_does_not_count() {
    let stage = Stage::new();
    let told = stage.told("odd", 2).await;
    assert_eq!(names(&told), ["duck 1", "", "duck 3"]);
    assert_eq!(summaries(&told[1].diagnostic), ["An object is not listed"]);
    assert_eq!(
        told[1].diagnostic[0].severity(),
        proto::diagnostic::Severity::Warning
    );
    let detail = &told[1].diagnostic[0].detail;
    assert!(
        detail.starts_with("\"duck 2\" is not listed") && detail.contains("`name` must hold no blank"),
        "{detail}"
    );
    assert_eq!(told[1].identity, None);
}

#[tokio::test]
async fn an_error_or_a_panic_ends_the_stream_after_its_results() {
    let stage = Stage::new();
    for (word, summary) in [("fail", "fog"), ("panic", "Unexpected provider behavior")] {
        let told = stage.told(word, 100).await;
        assert_eq!(names(&told), ["duck 1", "duck 2", ""]);
        assert_eq!(summaries(&told[2].diagnostic), [summary]);
        assert_eq!(
            told[2].diagnostic[0].severity(),
            proto::diagnostic::Severity::Error
        );
    }
    // The next query works.
    assert_eq!(stage.told("on", 1).await.len(), 1);
}

#[tokio::test]
async fn the_search_goes_no_faster_than_its_listener_and_ends_when_that_one_leaves() {
    let mut stage = Stage::new();
    let mut events = stage.list(Value::string("on"), 1000, false).await;
    assert_eq!(events.next().await.unwrap().unwrap().display_name, "duck 1");
    drop(events);
    stage.dropped.notified().await;
    assert!(stage.steps() < 10, "it listed far more than was read");

    // The search also ends while it waits for something else.
    let mut events = stage.list(Value::string("stay"), 1000, false).await;
    for _ in 0..2 {
        events.next().await.unwrap().unwrap();
    }
    while stage.steps.recv().await != Some(3) {}
    drop(events);
    stage.dropped.notified().await;
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_an_error() {
    let mut stage = Stage::new();
    let told = stage.told("on", -1).await;
    assert_eq!(summaries(&told[0].diagnostic), ["Invalid limit"]);
    let events = stage.list(Value::Unknown, 1, false).await;
    let told: Vec<_> = events.map(Result::unwrap).collect().await;
    assert_eq!(told.len(), 1);
    assert_eq!(
        summaries(&told[0].diagnostic),
        ["The `config` block is not known yet"]
    );

    let request = proto::list_resource::Request {
        type_name: "test_goose".into(),
        limit: 1,
        ..Default::default()
    };
    let events = stage.service.list_resource(Request::new(request)).await.unwrap();
    let told: Vec<_> = events.into_inner().map(Result::unwrap).collect().await;
    assert_eq!(summaries(&told[0].diagnostic), ["Unknown list resource type"]);
    assert_eq!((told.len(), stage.steps()), (1, 0));
}
