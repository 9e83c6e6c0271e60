//! `cargo matrix`: runs the CLI tests with every Terraform that can be prepared.

mod build;
mod failure;
mod rows;
mod run;
mod table;
mod tell;

pub use run::run;
