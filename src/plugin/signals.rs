//! The signals of the operating system.

use std::fs::File;
use std::io::{self, Read as _};

use nix::sys::signal::Signal;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// The meaning of an interrupt (Ctrl-C at the terminal).
pub(super) enum Interrupt {
    /// The terminal sends it to the host and to all its plugins. The host then stops the calls and waits
    /// until running changes are finished and saved, so the plugin must not end. The function is called as
    /// soon as the interrupt arrives, which is before the host stops the calls.
    Notifies(Box<dyn Fn() + Send>),
    /// The process has no host that ends it. A second interrupt ends it without waiting for callers.
    Stops,
}

/// The effects of signals.
#[derive(Debug, Clone, Default)]
pub(super) struct EndRequests {
    /// Cancelled when the process must end as soon as its callers are done.
    pub(super) requested: CancellationToken,
    /// Cancelled when the process must end at once.
    pub(super) now: CancellationToken,
}

impl EndRequests {
    fn request(&self, by: &'static str) {
        info!(by, "the end was requested");
        self.requested.cancel();
    }

    fn interrupt(&self) {
        if self.requested.is_cancelled() {
            info!("interrupted again: ending now");
            self.now.cancel();
        } else {
            self.request("interrupt");
        }
    }
}

/// Handles signals until the runtime ends.
///
/// A hang-up, which a terminal sends when it is closed, has the effect of a termination, because its default
/// action would end the process between a write and its response. It stays ignored if it was ignored at the
/// start, as with `nohup`. The handshake line does not wait for this check, which reads a file.
pub(super) fn listen(interrupt: Interrupt, end_requests: EndRequests) -> io::Result<()> {
    // Installing a handler replaces the default action, which would end the process.
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut terminations = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        let mut hang_ups = hang_ups();
        loop {
            let hung_up = async {
                match &mut hang_ups {
                    Some(hang_ups) => hang_ups.recv().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                Some(()) = terminations.recv() => end_requests.request("termination"),
                Some(()) = hung_up => end_requests.request("hang-up"),
                Some(()) = interrupts.recv() => match &interrupt {
                    Interrupt::Notifies(notify) => notify(),
                    Interrupt::Stops => end_requests.interrupt(),
                },
                else => return,
            }
        }
    });
    Ok(())
}

/// Handles hang-ups, unless they were ignored at the start.
fn hang_ups() -> Option<tokio::signal::unix::Signal> {
    if ignored_at_start(Signal::SIGHUP) {
        return None;
    }
    signal(SignalKind::hangup())
        .inspect_err(|error| warn!(%error, "a hang-up will end the process at once"))
        .ok()
}

/// Whether the process was started with this signal ignored, if the system reports it.
fn ignored_at_start(signal: Signal) -> bool {
    // The system reports a size of zero, for which the buffer would grow in many small reads.
    let mut status = String::with_capacity(4096);
    let read = File::open("/proc/self/status").and_then(|mut file| file.read_to_string(&mut status));
    read.is_ok() && ignores(&status, signal)
}

/// Whether a process with this status file of Linux ignores a signal.
fn ignores(status: &str, signal: Signal) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // The lowest bit stands for signal 1.
    mask.is_some_and(|mask| mask >> (signal as i32 - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignores_reads_the_sigign_mask() {
        let status = |mask: &str| format!("Name:\tx\nSigBlk:\tffffffffffffffff\nSigIgn:\t{mask}\n");
        for (mask, ignored) in [
            ("0000000000000001", true),
            ("0000000000001001", true),
            ("0000000000001000", false),
            ("rubbish", false),
        ] {
            assert_eq!(ignores(&status(mask), Signal::SIGHUP), ignored, "{mask}");
        }
        assert!(ignores(&status("4000"), Signal::SIGTERM));
        assert!(!ignores("", Signal::SIGHUP));
    }
}
