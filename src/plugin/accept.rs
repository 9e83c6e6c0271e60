//! Accepts and authenticates the connections of hosts.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};

use super::listener::Listener;
use crate::count::{Count, Counted};
use crate::peer::{PeerConnection, PeerGuard, Peers};

/// The time limit of a TLS handshake. The host, on the same machine, needs milliseconds.
const TLS_HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// The pause after a failed accept. Without it the loop would spin when file descriptors run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A connection of any kind.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection of a host. While it exists, it counts as open, and its peer may make calls.
pub(super) type HostConnection = PeerConnection<Box<dyn Io>, (Option<PeerGuard>, Counted)>;

#[derive(Clone)]
pub(super) struct Acceptor {
    /// Authenticates hosts; `None` if connections are not encrypted.
    pub(super) tls: Option<TlsAcceptor>,
    /// Makes each connection a separate peer. Without it all connections belong to one peer, the host that has
    /// started the process.
    pub(super) peers: Option<Peers>,
    /// The number of open connections.
    pub(super) open: Count,
    /// Receives the authenticated connections.
    pub(super) accepted: mpsc::Sender<HostConnection>,
}

impl Acceptor {
    /// Accepts connections until the future is dropped, which closes the listener and its socket.
    ///
    /// Each TLS handshake runs in its own task: a peer that connects and sends nothing does not delay the others, and
    /// a refused peer loses only its own connection.
    pub(super) async fn accept_all(self, listener: Listener) {
        loop {
            match listener.accept().await {
                Ok(io) => {
                    tokio::spawn(self.clone().admit(io));
                }
                Err(error) => {
                    warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    async fn admit(self, io: UnixStream) {
        let io: Box<dyn Io> = match self.tls {
            None => Box::new(io),
            Some(tls) => match tokio::time::timeout(TLS_HANDSHAKE_LIMIT, tls.accept(io)).await {
                Ok(Ok(stream)) => Box::new(stream),
                // The host reports only "did not respond", so the reason is logged here.
                Ok(Err(error)) => return warn!(%error, "refused a connection"),
                Err(_) => {
                    return warn!("refused a connection: no TLS handshake within {TLS_HANDSHAKE_LIMIT:?}");
                }
            },
        };
        // The number of live tasks shows a task that does not end after its call, before it uses much memory.
        let live_tasks = Handle::current().metrics().num_alive_tasks();
        debug!(live_tasks, "accepted a connection");
        let (peer, guard) = self.peers.as_ref().map(Peers::add).unzip();
        let guards = (guard, self.open.add());
        let connection = HostConnection::new(io, peer.unwrap_or_default(), guards);
        // Sending fails only when the server is stopping.
        let _ = self.accepted.send(connection).await;
    }
}
