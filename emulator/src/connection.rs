//! Connections that can be cut: the next byte in either direction is an error, and the server lets go of the stream
//! without another word. It is the same for HTTP/1 and HTTP/2, with TLS and without.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A switch that cuts one connection; every request has that of its own connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    cut: Arc<AtomicBool>,
}

impl Line {
    /// Ends the connection. Whoever calls this in a handler answers something afterwards: the attempt to write it is what
    /// the server notices.
    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
    }

    fn check(&self) -> io::Result<()> {
        if self.cut.load(Ordering::SeqCst) {
            Err(io::ErrorKind::ConnectionAborted.into())
        } else {
            Ok(())
        }
    }
}

impl<L: Listener<Addr = SocketAddr>> Connected<IncomingStream<'_, Cuttable<L>>> for Line {
    fn connect_info(stream: IncomingStream<'_, Cuttable<L>>) -> Self {
        stream.io().line.clone()
    }
}

/// A listener or stream whose connections can be cut.
#[derive(Debug)]
pub(crate) struct Cuttable<T> {
    inner: T,
    line: Line,
}

impl<T> Cuttable<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self {
            inner,
            line: Line::default(),
        }
    }
}

impl<L: Listener<Addr = SocketAddr>> Listener for Cuttable<L> {
    type Io = Cuttable<L::Io>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, peer) = self.inner.accept().await;
        (Cuttable::new(stream), peer)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.inner.local_addr()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Cuttable<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.line.check()?;
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Cuttable<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.line.check()?;
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.line.check()?;
        Pin::new(&mut self.inner).poll_write_vectored(context, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line.check()?;
        Pin::new(&mut self.inner).poll_flush(context)
    }

    /// A connection that was cut ends without TLS's farewell.
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line.check()?;
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}
