//! Signals, passed on to the child that is running.
//!
//! Children run in process groups of their own, so a Ctrl-C at the terminal reaches this process alone. It hands
//! it to the running child once: Terraform then stops gracefully, while a signal that came twice would make it
//! stop at once. The emulator is never told: it must outlive Terraform's last requests.

use std::io;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::failure::Failure;

/// The signals received so far, and the child they go to.
#[derive(Clone, Default)]
pub(crate) struct Interrupts {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The first signal: it decides the exit code.
    signal: Option<i32>,
    /// The process group of the running child, which is the child's process id.
    group: Option<u32>,
}

impl Interrupts {
    /// Takes SIGINT, SIGTERM and SIGHUP over for the rest of this process.
    #[cfg(unix)]
    pub(crate) fn install() -> io::Result<Self> {
        use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
        use signal_hook::iterator::Signals;

        let interrupts = Self::default();
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let receiver = interrupts.clone();
        std::thread::spawn(move || {
            for signal in signals.forever() {
                let mut state = receiver.state();
                state.signal.get_or_insert(signal);
                if let Some(group) = state.group {
                    interrupt(group);
                }
            }
        });
        Ok(interrupts)
    }

    /// Without Unix signals a Ctrl-C ends everything as the system sees fit.
    #[cfg(not(unix))]
    pub(crate) fn install() -> io::Result<Self> {
        Ok(Self::default())
    }

    /// An error once a signal has arrived.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self.state().signal {
            Some(signal) => Err(Failure::Interrupted { signal }),
            None => Ok(()),
        }
    }

    /// Passes signals on to this child, one that came before included, until the guard is dropped.
    ///
    /// Drop it before the child is waited for: afterwards its number may belong to another process.
    pub(crate) fn pass_to(&self, child: &Child) -> PassedOn<'_> {
        let mut state = self.state();
        state.group = Some(child.id());
        if state.signal.is_some() {
            interrupt(child.id());
        }
        PassedOn { interrupts: self }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// While it lives, signals go to a child.
pub(crate) struct PassedOn<'a> {
    interrupts: &'a Interrupts,
}

impl Drop for PassedOn<'_> {
    fn drop(&mut self) {
        self.interrupts.state().group = None;
    }
}

/// Lets the child start in a process group of its own.
pub(crate) fn own_group(command: &mut Command) -> &mut Command {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        command.process_group(0);
    }
    command
}

/// Does to a child's group what Ctrl-C at a terminal would have done.
#[cfg(unix)]
fn interrupt(group: u32) {
    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;

    if let Ok(group) = i32::try_from(group) {
        // A group that is gone has nothing left to stop.
        let _ = killpg(Pid::from_raw(group), Signal::SIGINT);
    }
}

#[cfg(not(unix))]
fn interrupt(_group: u32) {}
