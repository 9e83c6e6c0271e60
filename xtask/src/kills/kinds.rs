//! The kinds of strikes: the victim, the signal and the command.

use nix::sys::signal::Signal;

/// A kind of strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Ctrl-C at a terminal, which sends SIGINT to both processes.
    CtrlC,
    CtrlCTwice,
    Term(Victim),
    Hangup(Victim),
    Kill(Victim),
    /// The emulator is killed and restarted with its state file.
    KillEmulator,
}

/// The processes that get a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Victim {
    Both,
    Cli,
    Provider,
}

impl Kind {
    pub(super) const ALL: [Self; 12] = [
        Self::CtrlC,
        Self::CtrlCTwice,
        Self::Term(Victim::Both),
        Self::Term(Victim::Cli),
        Self::Term(Victim::Provider),
        Self::Hangup(Victim::Both),
        Self::Hangup(Victim::Cli),
        Self::Hangup(Victim::Provider),
        Self::Kill(Victim::Cli),
        Self::Kill(Victim::Provider),
        Self::Kill(Victim::Both),
        Self::KillEmulator,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::CtrlC => "ctrl-c",
            Self::CtrlCTwice => "ctrl-c-twice",
            Self::Term(Victim::Both) => "term-both",
            Self::Term(Victim::Cli) => "term-cli",
            Self::Term(Victim::Provider) => "term-provider",
            Self::Hangup(Victim::Both) => "hangup-both",
            Self::Hangup(Victim::Cli) => "hangup-cli",
            Self::Hangup(Victim::Provider) => "hangup-provider",
            Self::Kill(Victim::Both) => "kill-both",
            Self::Kill(Victim::Cli) => "kill-cli",
            Self::Kill(Victim::Provider) => "kill-provider",
            Self::KillEmulator => "kill-emulator",
        }
    }

    /// Returns the signals in order and the processes that get them; `None` if the emulator is killed.
    pub(super) fn signals(self) -> Option<(&'static [Signal], Victim)> {
        match self {
            Self::CtrlC => Some((&[Signal::SIGINT], Victim::Both)),
            Self::CtrlCTwice => Some((&[Signal::SIGINT, Signal::SIGINT], Victim::Both)),
            Self::Term(victim) => Some((&[Signal::SIGTERM], victim)),
            Self::Hangup(victim) => Some((&[Signal::SIGHUP], victim)),
            Self::Kill(victim) => Some((&[Signal::SIGKILL], victim)),
            Self::KillEmulator => None,
        }
    }

    /// Whether the provider ends without a chance to report the tokens that remain. In that case a later run
    /// reports a token whose name is taken, or the check of the guide finds it.
    pub(super) fn silences_the_provider(self) -> bool {
        matches!(self, Self::Kill(Victim::Provider | Victim::Both))
    }

    /// Whether the CLI ends without saving its state, so that responses it has received are lost. SIGHUP ends
    /// Terraform at once, and after a second Ctrl-C it does not wait.
    pub(super) fn silences_the_cli(self) -> bool {
        matches!(
            self,
            Self::CtrlCTwice
                | Self::Hangup(Victim::Cli | Victim::Both)
                | Self::Kill(Victim::Cli | Victim::Both)
        )
    }
}

/// The interrupted command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Create,
    Replace,
    Destroy,
    Ephemeral,
}

impl Phase {
    pub(super) const ALL: [Self; 4] = [Self::Create, Self::Replace, Self::Destroy, Self::Ephemeral];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Replace => "replace",
            Self::Destroy => "destroy",
            Self::Ephemeral => "ephemeral",
        }
    }
}
