//! Connections that a handler can abort: the next read or write fails, and the server closes the stream
//! without a response. This works with HTTP/1 and HTTP/2, with TLS and without.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Aborts a connection. Every request has the instance of its own connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    aborted: Arc<AtomicBool>,
}

impl Connection {
    /// Aborts the connection. The handler still returns a response; the server detects the abort when it
    /// writes it.
    pub(crate) fn abort(&self) {
        self.aborted.store(true, Ordering::SeqCst);
    }

    fn check(&self) -> io::Result<()> {
        if self.aborted.load(Ordering::SeqCst) {
            Err(io::ErrorKind::ConnectionAborted.into())
        } else {
            Ok(())
        }
    }
}

impl<L: Listener<Addr = SocketAddr>> Connected<IncomingStream<'_, Abortable<L>>> for Connection {
    fn connect_info(stream: IncomingStream<'_, Abortable<L>>) -> Self {
        stream.io().connection.clone()
    }
}

/// A listener or stream whose connections can be aborted.
#[derive(Debug)]
pub(crate) struct Abortable<T> {
    inner: T,
    connection: Connection,
}

impl<T> Abortable<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self {
            inner,
            connection: Connection::default(),
        }
    }
}

impl<L: Listener<Addr = SocketAddr>> Listener for Abortable<L> {
    type Io = Abortable<L::Io>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, peer) = self.inner.accept().await;
        (Abortable::new(stream), peer)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Abortable<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.connection.check()?;
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Abortable<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.connection.check()?;
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.connection.check()?;
        Pin::new(&mut self.inner).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.connection.check()?;
        Pin::new(&mut self.inner).poll_flush(context)
    }

    /// An aborted connection ends without TLS's `close_notify`.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.connection.check()?;
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
