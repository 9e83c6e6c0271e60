//! Passes signals on to the running child.
//!
//! Children run in their own process groups, so that a Ctrl-C at the terminal reaches only this process. The
//! signal is passed to the running child once: Terraform then stops gracefully, whereas a second signal would
//! make it stop at once. The emulator gets no signal, because it must respond to Terraform's last requests.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::failure::Failure;

/// The signals so far, and the child that gets them.
#[derive(Clone, Default)]
pub struct Interrupts {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The first signal, which decides the exit code.
    signal: Option<i32>,
    /// The process group of the running child, which is the child's process id.
    group: Option<u32>,
}

impl Interrupts {
    /// Handles SIGINT, SIGTERM and SIGHUP for the rest of this process.
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

    /// Returns an error once a signal has arrived.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match self.state().signal {
            Some(signal) => Err(Failure::Interrupted { signal }),
            None => Ok(()),
        }
    }

    /// Passes signals on to this child, an earlier one included, until the guard is dropped.
    ///
    /// Drop the guard before waiting for the child: afterwards its process id may belong to another process.
    pub(crate) fn pass_to(&self, child: &Child) -> ForwardedSignals<'_> {
        let mut state = self.state();
        state.group = Some(child.id());
        if state.signal.is_some() {
            interrupt(child.id());
        }
        ForwardedSignals { interrupts: self }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Signals are passed to a child while this guard exists.
pub(crate) struct ForwardedSignals<'a> {
    interrupts: &'a Interrupts,
}

impl Drop for ForwardedSignals<'_> {
    fn drop(&mut self) {
        self.interrupts.state().group = None;
    }
}

/// Starts the child in its own process group.
pub(crate) fn own_group(command: &mut Command) -> &mut Command {
    command.process_group(0)
}

/// Sends SIGINT to a child's process group.
fn interrupt(group: u32) {
    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;

    if let Ok(group) = i32::try_from(group) {
        // An error means that the group has ended.
        let _ = killpg(Pid::from_raw(group), Signal::SIGINT);
    }
}
