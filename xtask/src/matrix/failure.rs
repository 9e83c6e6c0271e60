//! Why the matrix could not be completed.

use std::io;
use std::process::ExitStatus;

use crate::cli::CliError;

/// Why the matrix could not be completed. A test that fails is a cell and not an error.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// A Terraform cannot be prepared.
    #[error(transparent)]
    Cli(#[from] CliError),

    /// The operating system returned an error.
    #[error("could not {action}: {source}")]
    Io {
        /// The action that failed.
        action: &'static str,
        /// The system's error.
        source: io::Error,
    },

    /// The tests do not compile. Cargo has printed the reason.
    #[error("the CLI tests could not be built: {0}")]
    Build(ExitStatus),

    /// Cargo's messages do not contain the path of the tests.
    #[error("`cargo test --no-run` did not say where the CLI tests are")]
    Unlocated,

    /// The tests could not be listed.
    #[error("the CLI tests could not be listed: {0}")]
    Unlisted(ExitStatus),
}

impl Failure {
    /// For `map_err`: adds the action that failed.
    pub(super) fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, source }
    }
}
