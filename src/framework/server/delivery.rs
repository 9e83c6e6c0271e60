//! Follows a response until it is written to the connection. If it is not, created objects are deleted.
//!
//! The last frame of a response counts as delivered when the operating system has accepted it from the
//! connection. This fails for a host that has died, even if the provider has not read the end of the host's
//! side yet. The response can still be lost afterwards, if the host crashes before it has saved the state. The
//! provider cannot distinguish that from a host that has saved the state and ended, and keeps the created
//! object.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::NamedService;

use super::undelivered::ResponseGuard;
use crate::count::{Count, Counted};
use crate::lock::lock;
use crate::peer::{FlushNotifier, Peer};

/// The slot in the extensions of a request for the guard of its response.
#[derive(Clone, Default)]
pub(super) struct GuardSlot(Arc<Mutex<Option<ResponseGuard>>>);

impl GuardSlot {
    /// Stores a guard until the response is delivered.
    fn put(&self, guard: ResponseGuard) {
        *lock(&self.0) = Some(guard);
    }

    fn take(&self) -> Option<ResponseGuard> {
        lock(&self.0).take()
    }
}

/// Stores the guard of a response in its slot, for the body that follows the delivery, and returns the response.
/// Without a slot the response counts as delivered.
pub(super) fn store_guard<T>(response: T, guard: ResponseGuard, slot: Option<GuardSlot>) -> T {
    match slot {
        Some(slot) => slot.put(guard),
        None => guard.disarm(),
    }
    response
}

/// A gRPC service that follows each response until it is written to the connection.
#[derive(Debug, Clone)]
pub struct TrackDelivery<S> {
    inner: S,
    calls: Count,
}

impl<S> TrackDelivery<S> {
    pub(super) fn new(inner: S, calls: Count) -> Self {
        TrackDelivery { inner, calls }
    }
}

impl<S: NamedService> NamedService for TrackDelivery<S> {
    const NAME: &'static str = S::NAME;
}

impl<S, B> Service<http::Request<B>> for TrackDelivery<S>
where
    S: Service<http::Request<B>, Response = http::Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = http::Response<Body>;
    type Error = S::Error;
    type Future = BoxFuture<Self::Response, Self::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: http::Request<B>) -> Self::Future {
        let in_flight = self.calls.add();
        let slot = GuardSlot::default();
        let peer = request.extensions().get::<Peer>();
        let flushes = peer.and_then(Peer::flushes).cloned();
        request.extensions_mut().insert(slot.clone());
        let response = self.inner.call(request);
        Box::pin(async move {
            let response = response.await?;
            Ok(response.map(|body| {
                Body::new(TrackedBody {
                    body,
                    guard: slot.take(),
                    flushes,
                    in_flight: Some(in_flight),
                })
            }))
        })
    }
}

/// The body of a response. If it is dropped before its end was read, it drops the guard of the response.
struct TrackedBody {
    body: Body,
    guard: Option<ResponseGuard>,
    /// Notifies of flushes of the caller's connection. Without it, a response counts as delivered when its end is
    /// read.
    flushes: Option<FlushNotifier>,
    in_flight: Option<Counted>,
}

impl TrackedBody {
    /// Handles the last frame, which the next write contains.
    fn end(&mut self) {
        let Some(guard) = self.guard.take() else { return };
        let Some(flushes) = &self.flushes else {
            return guard.disarm();
        };
        let (written, in_flight) = (flushes.next(), self.in_flight.take());
        tokio::spawn(async move {
            if written.await {
                guard.disarm();
            }
            drop(in_flight);
        });
    }
}

impl http_body::Body for TrackedBody {
    type Data = tonic::codegen::Bytes;
    type Error = tonic::Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Self::Data>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        let is_end = match &polled {
            Poll::Ready(None) => true,
            Poll::Ready(Some(Ok(frame))) => frame.is_trailers(),
            _ => false,
        };
        if is_end {
            self.end();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}
