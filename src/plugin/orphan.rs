//! Ends a plugin whose host has died, because a killed host sends no `Shutdown`.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::count::Count;

/// The interval of checks of the parent while no connection is open. The system sends no event when it ends.
const INTERVAL: Duration = Duration::from_millis(500);

/// The process that started this one.
#[derive(Debug, Clone, Copy)]
pub struct Parent(nix::unistd::Pid);

impl Parent {
    /// Returns the current parent. It must be read before the handshake line is written: a host can die right
    /// after it has read the line, and the process that then adopts this one must not count as the host.
    pub fn current() -> Self {
        Parent(nix::unistd::getppid())
    }
}

/// Cancels `shutdown` once no connection is open and the parent process has ended.
///
/// Both conditions are necessary: a host may connect again, and a parent that only started the host may end.
pub(super) fn watch(parent: Parent, open: &Count, shutdown: CancellationToken) {
    let mut open = open.subscribe();
    tokio::spawn(async move {
        while open.wait_for(|count| *count == 0).await.is_ok() {
            // Another process adopts an orphan at once.
            if nix::unistd::getppid() != parent.0 {
                tracing::info!("stopping: the host is gone");
                return shutdown.cancel();
            }
            tokio::time::sleep(INTERVAL).await;
        }
    });
}
