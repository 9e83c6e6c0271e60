//! Connections within the process, without a socket. Tests with a paused Tokio clock need them, because that
//! clock advances to the next timer as soon as all tasks wait, even while bytes are being sent through a
//! socket.

use std::io;
use std::net::SocketAddr;

use axum::serve::Listener;
use tokio::io::DuplexStream;
use tokio::sync::mpsc;

/// The number of bytes that one side can write before the other side must read.
const BUFFER_BYTES: usize = 256 << 10;

/// Opens connections to an emulator in the same process.
#[derive(Clone, Debug)]
pub(crate) struct Dialer(mpsc::UnboundedSender<DuplexStream>);

impl Dialer {
    /// Returns the client's end of a new connection. It is closed if the emulator has stopped.
    pub(crate) fn connect(&self) -> DuplexStream {
        let (client, server) = tokio::io::duplex(BUFFER_BYTES);
        // If the server's end is not accepted, it is dropped, and the client reads the end of the stream.
        let _ = self.0.send(server);
        client
    }
}

/// Accepts the connections that a [`Dialer`] opens.
#[derive(Debug)]
pub(crate) struct MemoryListener {
    connections: mpsc::UnboundedReceiver<DuplexStream>,
    address: SocketAddr,
}

/// Returns a listener and a dialer that connects to it. `address` stands for both ends of each connection.
pub(crate) fn listener(address: SocketAddr) -> (Dialer, MemoryListener) {
    let (dialer, connections) = mpsc::unbounded_channel();
    (Dialer(dialer), MemoryListener { connections, address })
}

impl Listener for MemoryListener {
    type Io = DuplexStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.connections.recv().await {
            Some(stream) => (stream, self.address),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Ok(self.address)
    }
}
