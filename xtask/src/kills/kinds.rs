//! The kinds of interruptions: the receivers, the signal and the command.

use clap::ValueEnum;
use nix::sys::signal::Signal;

/// A kind of interruption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Kind {
    /// Ctrl-C at a terminal, which both processes get
    CtrlC,
    /// The same twice
    CtrlCTwice,
    /// SIGTERM for Terraform and the provider
    TermBoth,
    /// SIGTERM for Terraform
    TermCli,
    /// SIGTERM for the provider
    TermProvider,
    /// SIGHUP for Terraform and the provider
    HangupBoth,
    /// SIGHUP for Terraform
    HangupCli,
    /// SIGHUP for the provider
    HangupProvider,
    /// SIGKILL for Terraform and the provider
    KillBoth,
    /// SIGKILL for Terraform
    KillCli,
    /// SIGKILL for the provider
    KillProvider,
    /// The emulator is killed, and started again on its state file
    KillEmulator,
}

/// The processes that get a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Receivers {
    Both,
    Cli,
    Provider,
}

/// The name of a kind or a phase on the command line and in the table.
pub(super) fn name(of: &impl ValueEnum) -> String {
    of.to_possible_value()
        .map_or_else(String::new, |value| value.get_name().to_owned())
}

impl Kind {
    /// Returns the signals in order and the processes that get them; `None` if the emulator is killed.
    pub(super) fn signals(self) -> Option<(&'static [Signal], Receivers)> {
        Some(match self {
            Self::CtrlC => (&[Signal::SIGINT], Receivers::Both),
            Self::CtrlCTwice => (&[Signal::SIGINT, Signal::SIGINT], Receivers::Both),
            Self::TermBoth => (&[Signal::SIGTERM], Receivers::Both),
            Self::TermCli => (&[Signal::SIGTERM], Receivers::Cli),
            Self::TermProvider => (&[Signal::SIGTERM], Receivers::Provider),
            Self::HangupBoth => (&[Signal::SIGHUP], Receivers::Both),
            Self::HangupCli => (&[Signal::SIGHUP], Receivers::Cli),
            Self::HangupProvider => (&[Signal::SIGHUP], Receivers::Provider),
            Self::KillBoth => (&[Signal::SIGKILL], Receivers::Both),
            Self::KillCli => (&[Signal::SIGKILL], Receivers::Cli),
            Self::KillProvider => (&[Signal::SIGKILL], Receivers::Provider),
            Self::KillEmulator => return None,
        })
    }

    /// Whether the provider ends without a chance to report the tokens that remain. In that case a later run
    /// reports a token whose name is taken, or the check of the guide finds it.
    pub(super) fn kills_the_provider(self) -> bool {
        matches!(self, Self::KillProvider | Self::KillBoth)
    }

    /// Whether the CLI ends without saving its state, so that responses it has received are lost. SIGHUP ends
    /// Terraform at once, and after a second Ctrl-C it does not wait.
    pub(super) fn ends_the_cli_unsaved(self) -> bool {
        matches!(
            self,
            Self::CtrlCTwice | Self::HangupCli | Self::HangupBoth | Self::KillCli | Self::KillBoth
        )
    }
}

/// The interrupted command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Phase {
    Create,
    Replace,
    Destroy,
    Ephemeral,
}

impl Phase {
    pub(super) fn command(self) -> &'static str {
        match self {
            Self::Create | Self::Replace | Self::Ephemeral => "apply",
            Self::Destroy => "destroy",
        }
    }
}
