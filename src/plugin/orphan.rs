//! Ends a plugin whose host died without a word: a killed host sends nothing.

use tokio_util::sync::CancellationToken;

use super::connection::OpenConnections;

/// The process that started this one.
#[derive(Debug, Clone, Copy)]
pub struct Parent(#[cfg(unix)] nix::unistd::Pid);

impl Parent {
    /// The parent as it is now. It has to be asked for before the handshake line is written: a host can die right
    /// after it has read the line, and what adopts the process then must not be taken for the host.
    #[cfg(unix)]
    pub fn observe() -> Self {
        Parent(nix::unistd::getppid())
    }

    /// The system does not tell which process the parent is.
    #[cfg(not(unix))]
    pub fn observe() -> Self {
        Parent()
    }
}

/// Cancels `shutdown` once no connection is open and the parent process is gone.
///
/// Both are needed: a host may connect again, and a parent that only launched the host may leave.
#[cfg(unix)]
pub(super) fn watch(parent: Parent, open: &OpenConnections, shutdown: CancellationToken) {
    use std::time::Duration;

    /// How often to look for the parent while no connection is open. No event tells of its end.
    const INTERVAL: Duration = Duration::from_millis(500);

    let Parent(parent) = parent;
    let mut open = open.subscribe();
    tokio::spawn(async move {
        while open.wait_for(|count| *count == 0).await.is_ok() {
            // An orphan is adopted by another process at once.
            if nix::unistd::getppid() != parent {
                tracing::info!("stopping: the host is gone");
                return shutdown.cancel();
            }
            tokio::time::sleep(INTERVAL).await;
        }
    });
}

/// The system does not tell when a parent ends.
#[cfg(not(unix))]
pub(super) fn watch(_parent: Parent, _open: &OpenConnections, _shutdown: CancellationToken) {}
