//! Why there is no matrix.

use std::io;
use std::process::ExitStatus;

use crate::cli::CliError;

/// The end of a matrix that could not be filled. A story that fails is none: it has a cell.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// A Terraform cannot be prepared.
    #[error(transparent)]
    Cli(#[from] CliError),

    /// The operating system refused something.
    #[error("could not {action}: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The answer.
        source: io::Error,
    },

    /// The stories do not compile. Cargo has said why.
    #[error("the CLI tests could not be built: {0}")]
    Build(ExitStatus),

    /// Cargo's messages lack the one that matters.
    #[error("`cargo test --no-run` did not say where the CLI tests are")]
    Unlocated,

    /// The stories could not be listed.
    #[error("the CLI tests could not be listed: {0}")]
    Unlisted(ExitStatus),
}

impl Failure {
    /// For `map_err`: the action that the error ended.
    pub(super) fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, source }
    }
}
