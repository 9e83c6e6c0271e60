//! Serves gRPC on the connection of a peer.

use std::convert::Infallible;
use std::pin::pin;

use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tonic::body::Body;
use tonic::codegen::{Service, http};

use super::PeerConnection;

/// The number of calls that may be cancelled before their requests are read. The host is trusted: with the
/// library's limit of 20 it would lose its connection when it cancels a run with many calls in flight.
const RESET_LIMIT: usize = 10_000;

impl<T, K> PeerConnection<T, K>
where
    T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    K: Send + Unpin + 'static,
{
    /// Serves until the peer closes the connection. After `end` no call begins, and this returns when the calls
    /// in flight have ended.
    ///
    /// The extensions of each request contain the peer.
    pub async fn serve<S>(self, service: S, end: impl Future<Output = ()>) -> hyper::Result<()>
    where
        S: Service<http::Request<Body>, Response = http::Response<Body>, Error = Infallible>
            + Clone
            + Send
            + 'static,
        S::Future: Send + 'static,
    {
        let peer = self.peer.clone();
        let service = service_fn(move |mut request: http::Request<Incoming>| {
            request.extensions_mut().insert(peer.clone());
            service.clone().call(request.map(Body::new))
        });
        // Each call in flight has a stream.
        let serving = http2::Builder::new(TokioExecutor::new())
            .timer(TokioTimer::new())
            .max_concurrent_streams(None)
            .max_local_error_reset_streams(None)
            .max_pending_accept_reset_streams(RESET_LIMIT)
            .serve_connection(TokioIo::new(self), service);
        let mut serving = pin!(serving);
        tokio::select! {
            served = &mut serving => return served,
            () = end => serving.as_mut().graceful_shutdown(),
        }
        serving.await
    }
}
