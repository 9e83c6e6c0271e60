//! Follows a response until it is written to the connection. What created something is undone if it is not.
//!
//! The last frame of a response counts as delivered when the connection has passed it to the operating system. A
//! host that has died makes that fail, also where the end of its side of the connection has not been read yet.
//! The response can still be lost afterwards, if the host dies before it has saved it. The provider cannot
//! distinguish that from a host that has saved it and ended, and keeps what was created.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::sync::watch;
use tonic::body::Body;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::NamedService;

use super::undelivered::Undelivered;
use crate::peer::{Peer, Writes};

/// Where a call leaves what follows if its response is not delivered. It travels in the extensions of the request.
#[derive(Clone, Default)]
pub(super) struct Delivery(Arc<Mutex<Option<Undelivered>>>);

impl Delivery {
    /// Leaves a guard until the response is delivered.
    fn leave(&self, guard: Undelivered) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(guard);
    }

    fn take(&self) -> Option<Undelivered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Hands a response to the caller, or to the body that carries it there.
pub(super) fn delivered<T>(
    response: T,
    guard: Undelivered,
    delivery: Option<Delivery>,
) -> tonic::Response<T> {
    match delivery {
        Some(delivery) => delivery.leave(guard),
        None => guard.delivered(),
    }
    tonic::Response::new(response)
}

/// The number of calls that are under way.
#[derive(Debug, Clone)]
pub(super) struct CallCount(Arc<watch::Sender<usize>>);

impl Default for CallCount {
    fn default() -> Self {
        CallCount(Arc::new(watch::Sender::new(0)))
    }
}

impl CallCount {
    pub(super) fn subscribe(&self) -> watch::Receiver<usize> {
        self.0.subscribe()
    }

    fn begin(&self) -> UnderWay {
        self.0.send_modify(|count| *count += 1);
        UnderWay(self.clone())
    }
}

/// Counts as one call until dropped.
struct UnderWay(CallCount);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}

/// A gRPC service that follows each response until it is written to the connection.
#[derive(Debug, Clone)]
pub struct Delivered<S> {
    inner: S,
    calls: CallCount,
}

impl<S> Delivered<S> {
    pub(super) fn new(inner: S, calls: CallCount) -> Self {
        Delivered { inner, calls }
    }
}

impl<S: NamedService> NamedService for Delivered<S> {
    const NAME: &'static str = S::NAME;
}

impl<S, B> Service<http::Request<B>> for Delivered<S>
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
        let under_way = self.calls.begin();
        let delivery = Delivery::default();
        let peer = request.extensions().get::<Peer>();
        let writes = peer.and_then(Peer::writes).cloned();
        request.extensions_mut().insert(delivery.clone());
        let response = self.inner.call(request);
        Box::pin(async move {
            let response = response.await?;
            Ok(response.map(|body| {
                Body::new(Followed {
                    body,
                    guard: delivery.take(),
                    writes,
                    under_way: Some(under_way),
                })
            }))
        })
    }
}

/// The body of a response. Dropped before its end was taken, it drops the guard of the response.
struct Followed {
    body: Body,
    guard: Option<Undelivered>,
    /// The writes to the caller's connection. Without them, a response is delivered when its end is taken.
    writes: Option<Writes>,
    under_way: Option<UnderWay>,
}

impl Followed {
    /// The last frame is about to be taken: the next write contains it.
    fn end(&mut self) {
        let Some(guard) = self.guard.take() else { return };
        let Some(writes) = &self.writes else {
            return guard.delivered();
        };
        let (written, under_way) = (writes.next(), self.under_way.take());
        tokio::spawn(async move {
            if written.await {
                guard.delivered();
            }
            drop(under_way);
        });
    }
}

impl http_body::Body for Followed {
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
