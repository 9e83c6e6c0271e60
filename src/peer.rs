//! The program at the other end of a connection, as the calls it makes show it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio_util::sync::{CancellationToken, DropGuard};

/// Who makes a call. All calls with the same peer share one configuration of the provider.
///
/// It travels in the extensions of a request.
#[derive(Debug, Clone)]
pub struct Peer {
    id: u64,
    left: CancellationToken,
}

/// Lasts as long as a peer may make calls. When it is dropped, the peer has left.
#[derive(Debug)]
pub struct Presence(#[allow(dead_code, reason = "it acts when it is dropped")] DropGuard);

/// Gives every peer a number of its own.
#[derive(Debug, Default, Clone)]
pub struct Peers(Arc<AtomicU64>);

impl Peers {
    /// A peer that was not there before, with its presence.
    pub fn welcome(&self) -> (Peer, Presence) {
        // Number 0 is the peer of calls that come without one.
        let id = self.0.fetch_add(1, Ordering::Relaxed) + 1;
        let left = CancellationToken::new();
        let presence = Presence(left.clone().drop_guard());
        (Peer { id, left }, presence)
    }
}

impl Default for Peer {
    /// The peer of calls that come without one. It never leaves.
    fn default() -> Self {
        Peer {
            id: 0,
            left: CancellationToken::new(),
        }
    }
}

impl Peer {
    /// A number that no other peer of this process has.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Returns when the peer has left.
    pub async fn left(&self) {
        self.left.cancelled().await;
    }
}
