//! Creates whose response does not reach the caller, at every moment at which it can be lost.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt as _;
use http_body::Body as _;
use hyper_util::rt::TokioIo;
use prost::Message as _;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tonic::body::Body;
use tonic::codegen::{Bytes, Service as _, http};
use tonic::transport::{Channel, Endpoint};

use super::messages::{create, proto};
use super::provider::{Controls, PATIENCE, controlled};
use crate::framework::server::{Dispatch, Lifecycle, TrackDelivery};
use crate::logged::Logged;
use crate::peer::{Peer, PeerConnection};
use proto::provider_client::ProviderClient;

/// The body of a request with one message.
struct SingleMessage(Option<Bytes>);

impl http_body::Body for SingleMessage {
    type Data = Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, tonic::Status>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(http_body::Frame::data(bytes))))
    }
}

/// A service that a test calls in the same way as a connection.
struct TestService {
    controls: Controls,
    server: TrackDelivery<Dispatch>,
    lifecycle: Lifecycle,
}

impl TestService {
    fn new() -> Self {
        let controls = Controls::default();
        let service = controlled(&controls);
        TestService {
            controls,
            server: service.grpc(1 << 20),
            lifecycle: service.lifecycle(),
        }
    }

    /// Starts to create an object with this name.
    fn create(&mut self, name: &str) -> impl Future<Output = http::Response<Body>> + use<> {
        let message = create(name).into_inner().encode_to_vec();
        let mut frame = vec![0];
        frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        frame.extend(message);
        let request = http::Request::builder()
            .method("POST")
            .uri("/tfplugin6.Provider/ApplyResourceChange")
            .header("content-type", "application/grpc")
            .body(Body::new(SingleMessage(Some(frame.into()))))
            .unwrap();
        self.server.call(request).map(Result::unwrap)
    }

    /// Returns the objects whose creation was undone when the process ended.
    async fn undone(self) -> Vec<String> {
        self.lifecycle.finish(PATIENCE).await;
        self.controls.undone.lock().unwrap().clone()
    }
}

/// Reads a response to its end.
async fn read(response: http::Response<Body>) {
    let mut body = response.into_body();
    while let Some(frame) = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        if frame.unwrap().is_trailers() {
            return;
        }
    }
    panic!("a response without trailers");
}

#[tokio::test]
async fn fully_read_response_is_delivered() {
    let mut service = TestService::new();
    let calls = service.lifecycle.calls();
    let response = service.create("well").await;
    assert_eq!(*calls.borrow(), 1, "in flight until its response is read");
    read(response).await;
    assert_eq!(*calls.borrow(), 0);
    assert!(service.undone().await.is_empty());
}

#[tokio::test]
async fn dropped_response_undoes_the_create() {
    let mut service = TestService::new();
    let calls = service.lifecycle.calls();
    let mut response = service.create("well").await;
    let first = std::future::poll_fn(|cx| Pin::new(response.body_mut()).poll_frame(cx)).await;
    assert!(first.unwrap().unwrap().is_data());
    drop(response);
    assert_eq!(*calls.borrow(), 0);
    assert_eq!(service.undone().await, ["well"]);
}

#[tokio::test]
async fn dropped_error_response_undoes_a_partial_create() {
    let mut service = TestService::new();
    drop(service.create("half").await);
    drop(service.create("fails").await);
    assert_eq!(service.undone().await, ["half"]);
}

#[tokio::test]
async fn dropped_call_undoes_the_create_after_it_ends() {
    let mut service = TestService::new();
    let entered = Arc::clone(&service.controls.entered);
    let call = service.create("slow");
    tokio::select! {
        _ = call => panic!("it waits for the test's signal"),
        () = entered.notified() => {}
    }
    service.controls.proceed.notify_one();
    assert_eq!(service.undone().await, ["slow"]);
}

#[tokio::test]
async fn finish_waits_for_a_response_being_read() {
    let mut service = TestService::new();
    let response = service.create("well").await;
    let mut end = Box::pin(service.lifecycle.clone().finish(PATIENCE));
    assert!(futures_util::poll!(&mut end).is_pending());
    read(response).await;
    end.await;
    assert!(service.undone().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn hanging_undo_is_stopped_and_logged() {
    let logged = Logged::collect();
    let mut service = TestService::new();
    drop(service.create("stuck").await);
    // The end of the process waits longer than undoing one create may take.
    let began = tokio::time::Instant::now();
    assert_eq!(service.undone().await, ["stuck"]);
    assert_eq!(began.elapsed(), Duration::from_secs(30));
    let [error] = &logged.at(&["ERROR"])[..] else {
        panic!("{:?}", logged.lines())
    };
    assert!(
        error.contains("test_object") && error.contains("stuck") && error.contains("may exist"),
        "{error}"
    );
}

/// A connection that a test can break: afterwards writes fail, and reads still succeed.
struct BreakableConnection {
    io: DuplexStream,
    is_broken: Arc<AtomicBool>,
}

impl AsyncRead for BreakableConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl AsyncWrite for BreakableConnection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_broken.load(Ordering::SeqCst) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

/// A host on its own connection, and the flag that ends it.
async fn host(service: &TestService) -> (ProviderClient<Channel>, Arc<AtomicBool>) {
    let (io, client) = tokio::io::duplex(1 << 16);
    let is_broken = Arc::<AtomicBool>::default();
    let io = BreakableConnection {
        io,
        is_broken: Arc::clone(&is_broken),
    };
    let connection = PeerConnection::new(io, Peer::default(), ());
    tokio::spawn(connection.serve(service.server.clone(), std::future::pending()));
    let mut client = Some(client);
    let connect = tower::service_fn(move |_| {
        let io = client.take().map(TokioIo::new);
        std::future::ready(io.ok_or(io::Error::from(io::ErrorKind::NotConnected)))
    });
    let endpoint = Endpoint::from_static("http://localhost");
    let channel = endpoint.connect_with_connector(connect).await.unwrap();
    (ProviderClient::new(channel), is_broken)
}

#[tokio::test]
async fn broken_connection_undoes_the_create() {
    let service = TestService::new();
    let (mut host, is_broken) = host(&service).await;
    let call = tokio::spawn(async move { host.apply_resource_change(create("slow")).await });
    service.controls.entered.notified().await;
    is_broken.store(true, Ordering::SeqCst);
    service.controls.proceed.notify_one();
    call.await.unwrap().unwrap_err();
    assert_eq!(service.undone().await, ["slow"]);
}

#[tokio::test]
async fn connection_broken_after_the_response_undoes_nothing() {
    let service = TestService::new();
    let (mut host, is_broken) = host(&service).await;
    host.apply_resource_change(create("well")).await.unwrap();
    is_broken.store(true, Ordering::SeqCst);
    host.apply_resource_change(create("half")).await.unwrap_err();
    assert_eq!(service.undone().await, ["half"]);
}

/// Returns the one error that is logged when the response to this create is dropped.
async fn error_after_drop(name: &str) -> String {
    let logged = Logged::collect();
    let mut service = TestService::new();
    drop(service.create(name).await);
    service.undone().await;
    logged.at(&["ERROR"]).concat()
}

#[tokio::test]
async fn undelivered_errors_are_logged_with_detail() {
    let error = error_after_drop("fails").await;
    assert!(
        error.contains("not created") && error.contains("Object 7 is in no state."),
        "{error}"
    );
    assert!(
        error.contains("test_object") && error.contains("reached no caller"),
        "{error}"
    );
    let error = error_after_drop("stays").await;
    assert!(
        error.contains("could not be undone") && error.contains("Object 7 is in no state."),
        "{error}"
    );
    assert_eq!(error_after_drop("well").await, "");
}

#[tokio::test]
async fn delivered_errors_are_not_logged() {
    let logged = Logged::collect();
    let mut service = TestService::new();
    read(service.create("fails").await).await;
    service.undone().await;
    assert_eq!(logged.at(&["ERROR"]), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn finish_logs_creates_in_flight_at_its_time_limit() {
    let logged = Logged::collect();
    let mut service = TestService::new();
    let (entered, finished) = (
        Arc::clone(&service.controls.entered),
        Arc::clone(&service.controls.finished),
    );
    let mut calls = Vec::new();
    for name in ["late", "slow"] {
        calls.push(tokio::spawn(service.create(name)));
        entered.notified().await;
    }
    // This create succeeds, and its response is not read.
    let waiting = service.create("well").await;
    service.undone().await;
    assert_eq!(finished.load(Ordering::SeqCst), 1);
    let errors = logged.at(&["ERROR"]).concat();
    for object in ["object 8 of the test", "slow", "well"] {
        assert!(errors.contains(object), "{object} in {errors}");
    }
    drop(waiting);
    for call in calls {
        call.abort();
    }
}

#[tokio::test]
async fn create_after_stop_is_not_started() {
    let mut service = TestService::new();
    service.lifecycle.stop();
    // This create does not end by itself.
    read(service.create("slow").await).await;
    assert!(service.undone().await.is_empty());
}

#[tokio::test]
async fn stop_ends_calls_in_flight_and_not_later_ones() {
    let mut service = TestService::new();
    let call = tokio::spawn(service.create("stoppable"));
    service.controls.entered.notified().await;
    service.lifecycle.instances.all()[0].tasks.calls.stop();
    read(call.await.unwrap()).await;
    // This create waits for a stop.
    let later = tokio::spawn(service.create("stoppable"));
    service.controls.entered.notified().await;
    assert!(!later.is_finished());
    later.abort();
}
