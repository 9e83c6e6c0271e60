//! Why the demo ended early.

use std::io;

use crate::cli::CliError;

/// The end of a demo that did not go as it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A signal arrived. What was running has been stopped.
    #[error("interrupted; Terraform was stopped, and nothing is left behind")]
    Interrupted {
        /// The signal's number.
        signal: i32,
    },

    /// There is no Terraform to tell the story with.
    #[error(transparent)]
    Cli(#[from] CliError),

    /// The operating system refused something.
    #[error("could not {action}: {source}")]
    Io {
        /// What was tried.
        action: String,
        /// The answer.
        source: io::Error,
    },

    /// A step ended, but not as it should.
    #[error("{0}")]
    Unexpected(String),
}

impl Failure {
    /// For `map_err`: the action that the error ended.
    pub(crate) fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        move |source| Self::Io { action, source }
    }

    /// An unexpected end as the error of a step.
    pub(crate) fn unexpected<T>(text: impl Into<String>) -> Result<T, Self> {
        Err(Self::Unexpected(text.into()))
    }

    /// The exit code of the whole demo: 1, or the shell's convention for an end by signal.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Interrupted { signal } => u8::try_from(128 + signal).unwrap_or(1),
            _ => 1,
        }
    }
}
