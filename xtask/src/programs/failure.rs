//! Why a command ended early.

use std::fmt::Display;
use std::io;

use crate::cli::CliError;
use crate::file_error::FileError;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A signal arrived, and the running command was stopped.
    #[error("interrupted; Terraform was stopped, and nothing is left behind")]
    Interrupted {
        /// The signal's number.
        signal: i32,
    },

    /// No Terraform was found.
    #[error(transparent)]
    Cli(#[from] CliError),

    /// A file could not be read, written or removed.
    #[error(transparent)]
    File(#[from] FileError),

    /// The operating system returned an error.
    #[error("could not {action}: {source}")]
    Io {
        /// The action that failed.
        action: String,
        /// The system's error.
        source: io::Error,
    },

    /// A step did not end as expected.
    #[error("{0}")]
    Unexpected(String),
}

impl Failure {
    /// For `map_err`: adds the action that failed.
    pub(crate) fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let action = action.into();
        move |source| Self::Io { action, source }
    }

    /// Returns the error of an action that failed.
    pub(crate) fn new(action: impl Display, reason: impl Display) -> Self {
        Self::Unexpected(format!("could not {action}: {reason}"))
    }

    /// Returns the error of a step that did not end as expected.
    pub(crate) fn unexpected<T>(text: impl Into<String>) -> Result<T, Self> {
        Err(Self::Unexpected(text.into()))
    }

    /// The exit code of the command: 1, or the shell's convention for an end by signal.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Interrupted { signal } => u8::try_from(128 + signal).unwrap_or(1),
            _ => 1,
        }
    }
}
