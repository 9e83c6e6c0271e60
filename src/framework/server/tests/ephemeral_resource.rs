//! A scripted ephemeral resource: everything that is opened is closed, by core or by the service.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Notify, mpsc};
use tonic::Request;

use super::super::super::block::Block;
use super::super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::super::ephemeral_resource::{EphemeralResource, OpenResponse};
use super::super::super::private::Private;
use super::super::super::schema::{Attribute, Schema};
use super::super::super::value::{Field, Members, Type, Value};
use super::super::super::wire;
use super::super::ProviderService;
use super::{proto, service_of, summaries};
use proto::provider_server::Provider as _;

crate::model! {
    struct Nest {
        name: String,
        size: String,
        key: String,
    }
}

/// The channels between the test and the resource.
#[derive(Clone)]
struct Script {
    entered: Arc<Notify>,
    proceed: Arc<Notify>,
    closed: mpsc::UnboundedSender<Private>,
}

struct Nests(Script);

fn remembering(name: &str) -> Private {
    let mut private = Private::new();
    private.set("name", &name);
    private
}

/// Longer than any test takes; with a paused clock it passes at once.
const PATIENCE: Duration = Duration::from_secs(600);

/// The name of a nest selects the behaviour.
impl Block for Nests {
    type Model = Nest;

    fn type_name(&self) -> &'static str {
        "test_nest"
    }

    fn schema(&self) -> Schema {
        let attributes = vec![
            Attribute::of::<String>("name").required(),
            Attribute::of::<String>("size").default(Value::string("small")),
            Attribute::of::<String>("key").computed(),
        ];
        Schema {
            version: 0,
            description: "",
            attributes,
        }
    }
}

#[async_trait]
impl EphemeralResource for Nests {
    async fn open(&self, config: Nest) -> Result<OpenResponse<Nest>, Diagnostics> {
        assert!(config.key.is_unknown(), "`open` sets it");
        let name = config.name.text().unwrap_or_default().to_owned();
        let mut result = Nest {
            key: Field::Known("k3y".into()),
            ..config
        };
        match name.as_str() {
            "fails" => return Err(Diagnostic::error("no twigs", "").into()),
            "panics" => panic!("the nest is on fire"),
            "unknown" => result.key = Field::Unknown,
            "other" => result.size = Field::Known("large".into()),
            "slow" => {
                self.0.entered.notify_one();
                self.0.proceed.notified().await;
            }
            "stuck" => {
                self.0.entered.notify_one();
                std::future::pending::<()>().await;
            }
            _ => {}
        }
        Ok(OpenResponse {
            result,
            private: remembering(&name),
            warnings: Diagnostic::warning("draughty", "").into(),
        })
    }

    async fn close(&self, private: Private) -> Result<Diagnostics, Diagnostics> {
        let name = private.get::<String>("name");
        self.0.closed.send(private).unwrap();
        match name.as_deref() {
            None => Err(Diagnostic::error("which one?", "").into()),
            Some("unknown" | "stays") => Err(Diagnostic::error("it stays", "").into()),
            Some("heavy") => {
                self.0.proceed.notified().await;
                Ok(Diagnostics::new())
            }
            Some(_) => Ok(Diagnostic::warning("quack", "").into()),
        }
    }
}

/// Returns the service, the closed resources, and the script.
fn service() -> (ProviderService, mpsc::UnboundedReceiver<Private>, Script) {
    let (closed, closings) = mpsc::unbounded_channel();
    let script = Script {
        entered: Arc::default(),
        proceed: Arc::default(),
        closed,
    };
    let tree = script.clone();
    (
        service_of(move |registry| registry.ephemeral_resource(Nests(tree.clone()))),
        closings,
        script,
    )
}

fn nest_type() -> Type {
    Type::object([
        ("name", Type::String),
        ("size", Type::String),
        ("key", Type::String),
    ])
}

fn nest(name: &str, size: Value, key: Value) -> proto::DynamicValue {
    let members = [
        ("name".to_owned(), Value::string(name)),
        ("size".to_owned(), size),
        ("key".to_owned(), key),
    ];
    wire::encode(&Value::Object(members.into()), &nest_type()).unwrap()
}

fn open(name: &str) -> Request<proto::open_ephemeral_resource::Request> {
    Request::new(proto::open_ephemeral_resource::Request {
        type_name: "test_nest".into(),
        config: Some(nest(name, Value::Null, Value::Null)),
        client_capabilities: None,
    })
}

fn close(private: Option<Vec<u8>>) -> Request<proto::close_ephemeral_resource::Request> {
    Request::new(proto::close_ephemeral_resource::Request {
        type_name: "test_nest".into(),
        private,
    })
}

#[tokio::test]
async fn an_open_returns_defaults_and_close_receives_its_private_data() {
    let (service, mut closings, _script) = service();
    let opened = service
        .open_ephemeral_resource(open("well"))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        opened.result,
        Some(nest("well", Value::string("small"), Value::string("k3y")))
    );
    assert_eq!(summaries(&opened.diagnostics), ["draughty"]);
    assert_eq!((opened.renew_at, opened.deferred), (None, None));

    let closed = service
        .close_ephemeral_resource(close(opened.private))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(summaries(&closed.diagnostics), ["quack"]);
    assert_eq!(closings.recv().await, Some(remembering("well")));
}

#[tokio::test]
async fn a_caller_that_goes_away_while_it_opens_gets_it_closed() {
    let (service, mut closings, script) = service();
    let call = tokio::spawn(async move { service.open_ephemeral_resource(open("slow")).await });
    script.entered.notified().await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    script.proceed.notify_one();
    assert_eq!(closings.recv().await, Some(remembering("slow")));
}

#[tokio::test]
async fn a_caller_that_goes_away_just_when_the_response_is_there_gets_it_closed() {
    let (service, mut closings, script) = service();
    let service = Arc::new(service);
    let calling = {
        let service = Arc::clone(&service);
        async move { service.open_ephemeral_resource(open("slow")).await }
    };
    // The future is polled by hand, so the response arrives and is never read.
    let mut calling = Box::pin(calling);
    assert!(futures_util::poll!(&mut calling).is_pending());
    script.entered.notified().await;
    script.proceed.notify_one();
    // On a single thread each yield lets the open continue, so it ends long before this loop.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(closings.try_recv().is_err(), "the caller is still connected");
    drop(calling);
    assert_eq!(closings.recv().await, Some(remembering("slow")));
}

#[tokio::test]
async fn results_that_core_would_refuse_are_closed_at_once() {
    let (service, mut closings, _script) = service();
    for (name, words, errors) in [("unknown", "unknown values", 2), ("other", "another `size`", 1)] {
        let response = service
            .open_ephemeral_resource(open(name))
            .await
            .unwrap()
            .into_inner();
        assert_eq!((response.result, response.private), (None, None));
        assert!(response.diagnostics[0].detail.contains(words), "{name}");
        assert_eq!(response.diagnostics.len(), errors, "{name}");
        assert_eq!(closings.try_recv().unwrap(), remembering(name));
    }
}

#[tokio::test]
async fn a_failed_open_is_not_closed() {
    let (service, mut closings, script) = service();
    for (name, words) in [("fails", "no twigs"), ("panics", "Unexpected provider behavior")] {
        let response = service
            .open_ephemeral_resource(open(name))
            .await
            .unwrap()
            .into_inner();
        assert_eq!(response.result, None);
        assert_eq!(summaries(&response.diagnostics), [words]);
    }
    drop((service, script));
    assert_eq!(closings.recv().await, None);
}

#[tokio::test]
async fn private_bytes_of_others_are_no_memory_and_renewals_are_refused() {
    let (service, _closings, _script) = service();
    for private in [None, Some(b"{}".to_vec()), Some(b"\xff".to_vec())] {
        let response = service.close_ephemeral_resource(close(private)).await.unwrap();
        assert_eq!(summaries(&response.into_inner().diagnostics), ["which one?"]);
    }
    let request = proto::renew_ephemeral_resource::Request {
        type_name: "test_nest".into(),
        private: None,
    };
    let response = service
        .renew_ephemeral_resource(Request::new(request))
        .await
        .unwrap()
        .into_inner();
    assert!(response.diagnostics[0].detail.contains("cannot be renewed"));
}

#[tokio::test]
async fn nothing_is_opened_where_that_can_be_deferred() {
    let (service, mut closings, script) = service();
    let config = wire::encode(&Value::Object(Members::new()), &Type::object::<&str>([])).unwrap();
    let configure = proto::configure_provider::Request {
        config: Some(config),
        ..Default::default()
    };
    service.configure_provider(Request::new(configure)).await.unwrap();
    let mut request = open("fails").into_inner();
    request.client_capabilities = Some(proto::ClientCapabilities {
        deferral_allowed: true,
        ..Default::default()
    });
    let response = service
        .open_ephemeral_resource(Request::new(request))
        .await
        .unwrap()
        .into_inner();
    assert!(response.deferred.is_some() && response.diagnostics.is_empty());
    drop((service, script));
    assert_eq!(closings.recv().await, None);
}

#[tokio::test]
async fn resources_left_open_by_core_are_closed_at_the_end() {
    let (service, mut closings, script) = service();
    let open_one = async |name| {
        let opened = service.open_ephemeral_resource(open(name)).await.unwrap();
        opened.into_inner().private
    };
    let closed = open_one("closed").await;
    open_one("forgotten").await;
    service.close_ephemeral_resource(close(closed)).await.unwrap();
    assert_eq!(closings.recv().await, Some(remembering("closed")));

    service.lifecycle().finish(PATIENCE).await;
    assert_eq!(closings.try_recv().unwrap(), remembering("forgotten"));
    service.lifecycle().finish(PATIENCE).await;
    drop((service, script));
    assert_eq!(closings.recv().await, None);
}

#[tokio::test]
async fn the_end_waits_for_an_open_under_way() {
    let (service, mut closings, script) = service();
    let lifecycle = service.lifecycle();
    let call = tokio::spawn(async move { service.open_ephemeral_resource(open("slow")).await });
    script.entered.notified().await;
    call.abort();
    let mut end = Box::pin(lifecycle.finish(PATIENCE));
    assert!(futures_util::poll!(&mut end).is_pending());
    script.proceed.notify_one();
    end.await;
    assert_eq!(closings.try_recv().unwrap(), remembering("slow"));
}

#[tokio::test(start_paused = true)]
async fn an_open_that_hangs_delays_no_close_and_is_stopped_at_the_end() {
    let (service, mut closings, script) = service();
    service.open_ephemeral_resource(open("forgotten")).await.unwrap();
    let service = Arc::new(service);
    for name in ["stuck", "slow"] {
        let service = Arc::clone(&service);
        tokio::spawn(async move { service.open_ephemeral_resource(open(name)).await });
        script.entered.notified().await;
    }

    let end = tokio::spawn(service.lifecycle().finish(PATIENCE));
    assert_eq!(closings.recv().await, Some(remembering("forgotten")));
    // What is opened meanwhile is closed once too, although its caller is still connected.
    script.proceed.notify_one();
    assert_eq!(closings.recv().await, Some(remembering("slow")));
    end.await.unwrap();
    assert!(closings.try_recv().is_err(), "nothing is closed twice");
}

#[tokio::test]
async fn the_end_waits_for_a_close_of_core_and_does_not_repeat_it() {
    let (service, mut closings, script) = service();
    let lifecycle = service.lifecycle();
    let opened = service.open_ephemeral_resource(open("heavy")).await.unwrap();
    let private = opened.into_inner().private;
    let call = tokio::spawn(async move { service.close_ephemeral_resource(close(private)).await });
    assert_eq!(closings.recv().await, Some(remembering("heavy")));
    call.abort();
    let mut end = Box::pin(lifecycle.finish(PATIENCE));
    assert!(futures_util::poll!(&mut end).is_pending());
    script.proceed.notify_one();
    end.await;
    assert!(closings.try_recv().is_err());
}

#[tokio::test]
async fn a_failed_close_is_reported_and_not_repeated() {
    let (service, mut closings, _script) = service();
    let opened = service.open_ephemeral_resource(open("stays")).await.unwrap();
    let private = opened.into_inner().private;
    let response = service.close_ephemeral_resource(close(private)).await.unwrap();
    assert_eq!(summaries(&response.into_inner().diagnostics), ["it stays"]);
    assert_eq!(closings.recv().await, Some(remembering("stays")));
    service.lifecycle().finish(PATIENCE).await;
    assert!(closings.try_recv().is_err());
}
