//! The connection of a peer, which records when written bytes have been passed to the operating system.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::oneshot;

use super::Peer;
use crate::lock::lock;

/// Notifies of the flushes of one connection. Clones share their state.
#[derive(Debug, Clone, Default)]
pub struct FlushNotifier(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// A write has failed, or the connection was dropped.
    is_closed: bool,
    /// Futures that wait for the next write.
    waiting: Vec<oneshot::Sender<()>>,
    /// Futures whose write has happened. They wait for the flush.
    written: Vec<oneshot::Sender<()>>,
}

impl FlushNotifier {
    /// Waits until the next write has been passed to the operating system, and returns whether it was. The
    /// result is false if the connection fails first; then the peer receives nothing that is written after
    /// this call.
    pub fn next(&self) -> impl Future<Output = bool> + Send + use<> {
        let (sender, receiver) = oneshot::channel();
        let mut state = lock(&self.0);
        if !state.is_closed {
            state.waiting.push(sender);
        }
        drop(state);
        async move { receiver.await.is_ok() }
    }

    fn written(&self) {
        let state = &mut *lock(&self.0);
        state.written.append(&mut state.waiting);
    }

    fn flushed(&self) {
        for sender in std::mem::take(&mut lock(&self.0).written) {
            // A dropped receiver does not wait.
            let _ = sender.send(());
        }
    }

    fn close(&self) {
        let mut state = lock(&self.0);
        state.is_closed = true;
        state.waiting.clear();
        state.written.clear();
    }
}

/// A connection of a peer. Each write and each flush is recorded in its [`FlushNotifier`], which is part of the peer of
/// each call on the connection. `guard` is dropped with the connection.
#[derive(Debug)]
pub struct PeerConnection<T, K = ()> {
    io: T,
    flushes: FlushNotifier,
    pub(super) peer: Peer,
    _guard: K,
}

impl<T, K> PeerConnection<T, K> {
    /// Creates a connection of `peer` over `io`.
    pub fn new(io: T, peer: Peer, guard: K) -> Self {
        let flushes = FlushNotifier::default();
        PeerConnection {
            io,
            peer: peer.with_flushes(flushes.clone()),
            flushes,
            _guard: guard,
        }
    }

    fn record(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &written {
            Poll::Ready(Ok(_)) => self.flushes.written(),
            Poll::Ready(Err(_)) => self.flushes.close(),
            Poll::Pending => {}
        }
        written
    }
}

impl<T, K> Drop for PeerConnection<T, K> {
    fn drop(&mut self) {
        self.flushes.close();
    }
}

impl<T: AsyncRead + Unpin, K: Unpin> AsyncRead for PeerConnection<T, K> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<T: AsyncWrite + Unpin, K: Unpin> AsyncWrite for PeerConnection<T, K> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        self.record(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.record(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    /// TLS buffers bytes; they have been passed on when this has returned without an error.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        match &flushed {
            Poll::Ready(Ok(())) => self.flushes.flushed(),
            Poll::Ready(Err(_)) => self.flushes.close(),
            Poll::Pending => {}
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use tokio::io::{AsyncWriteExt as _, BufWriter, duplex};

    use super::*;

    fn open<T>(io: T) -> PeerConnection<T> {
        PeerConnection::new(io, Peer::default(), ())
    }

    #[tokio::test]
    async fn next_is_true_after_the_next_write_is_flushed() {
        let (io, _peer) = duplex(64);
        let mut connection = open(BufWriter::new(io));
        connection.write_all(b"before").await.unwrap();
        let mut next = Box::pin(connection.flushes.next());
        connection.flush().await.unwrap();
        assert_eq!((&mut next).now_or_never(), None, "it was written before");
        connection.write_all(b"after").await.unwrap();
        assert_eq!((&mut next).now_or_never(), None, "it is in a buffer");
        connection.flush().await.unwrap();
        assert!(next.await);
    }

    #[tokio::test]
    async fn next_is_false_after_a_failed_write_or_flush() {
        let (io, peer) = duplex(64);
        let mut connection = open(io);
        let next = connection.flushes.next();
        drop(peer);
        connection.write_all(b"lost").await.unwrap_err();
        assert!(!next.await);
        assert!(!connection.flushes.next().await, "the connection has failed");

        let (io, peer) = duplex(64);
        let mut connection = open(BufWriter::new(io));
        let next = connection.flushes.next();
        connection.write_all(b"lost").await.unwrap();
        drop(peer);
        connection.flush().await.unwrap_err();
        assert!(!next.await);
    }

    #[tokio::test]
    async fn next_is_false_after_the_connection_is_dropped() {
        let (io, _peer) = duplex(64);
        let connection = open(io);
        let (flushes, next) = (connection.flushes.clone(), connection.flushes.next());
        drop(connection);
        assert!(!next.await);
        assert!(!flushes.next().await);
    }
}
