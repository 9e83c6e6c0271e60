//! `cargo demo`: the provider's life cycle with a real Terraform against the emulator, step by step.

mod comparison;
mod reporter;
mod requests;
mod secrets;
mod story;

pub use story::run;
