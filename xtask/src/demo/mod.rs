//! `cargo demo`: the provider's life cycle with a real Terraform against the emulator, step by step.

pub(crate) mod build;
mod comparison;
mod emulator;
pub(crate) mod failure;
pub(crate) mod http;
pub(crate) mod interrupts;
pub(crate) mod process;
mod reporter;
mod requests;
mod secrets;
mod story;

pub use story::run;
