//! A real Terraform, the real program and the emulator: what a user sees, told as stories.
//!
//! Each story has a folder, an emulator and an environment of its own, so they run side by side. Which
//! Terraform or OpenTofu runs them is for `xtask::cli` to find.

mod support;

mod bad_input;
mod drift;
mod ducklings;
mod examples;
mod failures;
mod import;
#[cfg(unix)]
mod interrupt;
mod language;
mod protection;
mod provider_config;
mod rotation;
mod scale;
mod secrets;
mod service_account;
mod token;
