//! Ends a plugin whose host died without a word: a killed host sends nothing.

use tokio_util::sync::CancellationToken;

use super::connection::OpenConnections;

/// Cancels `shutdown` once no connection is open and the parent process is gone.
///
/// Both are needed: a host may connect again, and a parent that only launched the host may leave.
#[cfg(unix)]
pub(super) fn watch(open: &OpenConnections, shutdown: CancellationToken) {
    use std::time::Duration;

    use nix::unistd::getppid;

    /// How often to look for the parent while no connection is open. No event tells of its end.
    const INTERVAL: Duration = Duration::from_millis(500);

    let parent = getppid();
    let mut open = open.subscribe();
    tokio::spawn(async move {
        while open.wait_for(|count| *count == 0).await.is_ok() {
            // An orphan is adopted by another process at once.
            if getppid() != parent {
                tracing::info!("stopping: the host is gone");
                return shutdown.cancel();
            }
            tokio::time::sleep(INTERVAL).await;
        }
    });
}

/// The system does not tell when a parent ends.
#[cfg(not(unix))]
pub(super) fn watch(_open: &OpenConnections, _shutdown: CancellationToken) {}
