//! `cargo demo`: the provider's life with a real Terraform, told step by step, against the emulator.

pub(crate) mod build;
mod comparison;
mod emulator;
pub(crate) mod failure;
pub(crate) mod interrupts;
mod narrator;
pub(crate) mod process;
mod requests;
mod secrets;
mod story;

pub use story::run;
