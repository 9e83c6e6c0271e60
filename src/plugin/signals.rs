//! What the operating system may tell the process.

use std::io;

use tokio_util::sync::CancellationToken;
use tracing::info;

/// What an interrupt, Ctrl-C at the terminal, means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interrupt {
    /// The terminal sends it to the host and to all its plugins. The host then asks us to stop, and waits
    /// for running changes to be finished and saved; dying at once would lose them.
    Ignored,
    /// Nobody else is there to end the process.
    Stops,
}

/// Listens from now on, until the runtime ends; cancels `shutdown` on a signal to stop.
#[cfg(unix)]
pub(super) fn listen(interrupt: Interrupt, shutdown: CancellationToken) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    // Also where it is ignored: installing a listener is what takes the deadly default action away.
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                Some(()) = terminations.recv() => break info!("stopping: terminated"),
                Some(()) = interrupts.recv() => if interrupt == Interrupt::Stops {
                    break info!("stopping: interrupted");
                },
                else => return,
            }
        }
        shutdown.cancel();
    });
    Ok(())
}

/// Listens from now on, until the runtime ends; cancels `shutdown` on a signal to stop.
#[cfg(windows)]
pub(super) fn listen(interrupt: Interrupt, shutdown: CancellationToken) -> io::Result<()> {
    let mut interrupts = tokio::signal::windows::ctrl_c()?;
    tokio::spawn(async move {
        while let Some(()) = interrupts.recv().await {
            if interrupt == Interrupt::Stops {
                info!("stopping: interrupted");
                return shutdown.cancel();
            }
        }
    });
    Ok(())
}
