//! The program at the other end of a connection, attached to each of its calls.

mod connection;
mod http2;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio_util::sync::{CancellationToken, DropGuard};

pub use connection::{FlushNotifier, PeerConnection};

/// The caller. All calls of one peer share one configuration of the provider.
///
/// It is passed in the extensions of a request.
#[derive(Debug, Clone)]
pub struct Peer {
    id: u64,
    disconnected: CancellationToken,
    flushes: Option<FlushNotifier>,
}

/// Exists while a peer may make calls. Dropping it means that the peer has disconnected.
#[derive(Debug)]
pub struct PeerGuard {
    _guard: DropGuard,
}

/// Assigns a number to every peer.
#[derive(Debug, Default, Clone)]
pub struct Peers(Arc<AtomicU64>);

impl Peers {
    /// Returns a new peer and its guard.
    pub fn add(&self) -> (Peer, PeerGuard) {
        // Number 0 is the peer of calls without one.
        let id = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        let disconnected = CancellationToken::new();
        let guard = PeerGuard {
            _guard: disconnected.clone().drop_guard(),
        };
        let peer = Peer {
            id,
            disconnected,
            flushes: None,
        };
        (peer, guard)
    }
}

impl Default for Peer {
    /// Returns the peer of calls without one. It never disconnects.
    fn default() -> Self {
        Peer {
            id: 0,
            disconnected: CancellationToken::new(),
            flushes: None,
        }
    }
}

impl Peer {
    /// Returns the peer on the connection with this notifier.
    fn with_flushes(self, flushes: FlushNotifier) -> Self {
        let flushes = Some(flushes);
        Peer { flushes, ..self }
    }

    /// Returns the notifier of the connection of a call, if its flushes are recorded.
    pub fn flushes(&self) -> Option<&FlushNotifier> {
        self.flushes.as_ref()
    }

    /// Returns the number of the peer, which is unique in this process.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Returns when the peer has disconnected.
    pub async fn disconnected(&self) {
        self.disconnected.cancelled().await;
    }
}
