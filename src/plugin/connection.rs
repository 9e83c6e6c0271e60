//! Turns a listening socket into a stream of authenticated connections of the host.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

use super::listener::Listener;
use crate::count::{Count, Counted};
use crate::peer::{self, Peer, PeerGuard, Peers};

/// The time limit of a TLS handshake. The host, on the same machine, needs milliseconds.
const TLS_HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);
/// The pause after a failed accept. Without it the loop would spin when file descriptors run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A connection of any kind.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// A connection of a host. While it exists, it counts as open, and its peer may make calls.
pub(super) type HostConnection = peer::Connection<Box<dyn Io>, (Option<PeerGuard>, Counted)>;

/// How connections are assigned to peers.
#[derive(Debug, Clone)]
pub(super) enum Hosts {
    /// A host has started the process, for one configuration: all its connections belong to one peer.
    One,
    /// Hosts attach to a running process: each connection is a separate peer.
    Many(Peers),
}

impl Hosts {
    fn add(&self) -> (Peer, Option<PeerGuard>) {
        match self {
            Hosts::One => (Peer::default(), None),
            Hosts::Many(peers) => {
                let (peer, guard) = peers.add();
                (peer, Some(guard))
            }
        }
    }
}

/// Accepts connections until `shutdown`. With `tls`, the channel only contains peers that complete its
/// handshake.
///
/// Each handshake runs in its own task: a peer that connects and sends nothing does not delay the others, and
/// a refused peer loses only its own connection. The returned task ends right after `shutdown`; the listener
/// and its socket are then closed.
pub(super) fn incoming(
    listener: Listener,
    tls: Option<TlsAcceptor>,
    hosts: Hosts,
    open: Count,
    shutdown: CancellationToken,
) -> (mpsc::Receiver<HostConnection>, JoinHandle<()>) {
    let (accepted, connections) = mpsc::channel(1);
    let acceptor = tokio::spawn(async move {
        let accept_all = async {
            loop {
                match listener.accept().await {
                    Ok(io) => {
                        let admitted = admit(io, tls.clone(), hosts.clone(), open.clone(), accepted.clone());
                        tokio::spawn(admitted);
                    }
                    Err(error) => {
                        warn!(%error, "cannot accept a connection");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        };
        shutdown.run_until_cancelled(accept_all).await;
    });
    (connections, acceptor)
}

async fn admit(
    io: UnixStream,
    tls: Option<TlsAcceptor>,
    hosts: Hosts,
    open: Count,
    accepted: mpsc::Sender<HostConnection>,
) {
    let io: Box<dyn Io> = match tls {
        None => Box::new(io),
        Some(tls) => match tokio::time::timeout(TLS_HANDSHAKE_LIMIT, tls.accept(io)).await {
            Ok(Ok(stream)) => Box::new(stream),
            // The host reports only "did not respond", so the reason is logged here.
            Ok(Err(error)) => return warn!(%error, "refused a connection"),
            Err(_) => return warn!("refused a connection: no TLS handshake within {TLS_HANDSHAKE_LIMIT:?}"),
        },
    };
    // The number of live tasks shows a task that does not end after its call, before it uses much memory.
    let live_tasks = Handle::current().metrics().num_alive_tasks();
    debug!(live_tasks, "accepted a connection");
    let (peer, guard) = hosts.add();
    let connection = HostConnection::new(io, peer, (guard, open.add()));
    // Sending fails only when the server is stopping.
    let _ = accepted.send(connection).await;
}
