//! `cargo demo`: the provider's life with a real Terraform, told step by step, against the emulator.

mod build;
mod comparison;
mod emulator;
mod failure;
mod interrupts;
mod narrator;
mod process;
mod requests;
mod secrets;
mod story;

pub use story::run;
