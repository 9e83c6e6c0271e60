//! `cargo matrix`: runs the CLI tests with every Terraform that can be prepared.

mod build;
mod failure;
mod results;
mod rows;
mod run;
mod table;

pub use run::run;
