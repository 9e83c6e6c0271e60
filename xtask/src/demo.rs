//! `cargo demo`: the provider's life cycle with a real Terraform against the emulator, step by step.

mod command;
mod comparison;
mod reporter;
mod requests;
mod secrets;

pub use command::run;
