//! `cargo matrix`: runs the CLI tests with every Terraform that can be prepared.

mod results;
mod rows;
mod run;
mod table;

pub use run::run;
