//! What is struck, with what, and during which command.

use nix::sys::signal::Signal;

/// A kind of strike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Ctrl-C at a terminal, which both processes get.
    CtrlC,
    CtrlCTwice,
    Term(Victim),
    Hangup(Victim),
    Kill(Victim),
    /// The emulator is killed, and started again on its state file.
    KillEmulator,
}

/// Who gets a signal.
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

    /// The signals, in their order, and who gets them; none if the emulator is struck.
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

    /// Whether the provider ends without being asked, and so cannot name what it leaves. A name that is taken, or the check of
    /// the guide, does.
    pub(super) fn silences_the_provider(self) -> bool {
        matches!(self, Self::Kill(Victim::Provider | Victim::Both))
    }

    /// Whether the CLI ends without saving its state: what it got by then, it loses. SIGHUP ends Terraform at once, and the
    /// second Ctrl-C does not let it wait.
    pub(super) fn silences_the_cli(self) -> bool {
        matches!(
            self,
            Self::CtrlCTwice
                | Self::Hangup(Victim::Cli | Victim::Both)
                | Self::Kill(Victim::Cli | Victim::Both)
        )
    }
}

/// The command that is struck.
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
