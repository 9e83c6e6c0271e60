//! A real Terraform, the real program and the emulator: what a user sees, told as stories.
//!
//! Each story has a folder, an emulator and an environment of its own, so they run side by side. Which
//! Terraform or OpenTofu runs them is for `xtask::cli` to find. Any from 1.6 on will do; stories about what came
//! later are in the folders `since_…`, named after Terraform's first version with it, and are told with a newer
//! one where the one that was found is too old.

mod support;

mod bad_input;
mod data_sources;
mod debug;
mod drift;
mod ducklings;
mod examples;
mod export;
mod failures;
mod faults;
mod import;
#[cfg(unix)]
mod interrupt;
mod language;
mod life_cycle;
mod live;
mod other_writers;
mod protection;
mod provider_config;
mod replace_provider;
mod rotation;
mod scale;
mod secrets;
mod service_account;
mod since_1_10;
mod since_1_11;
mod since_1_12;
mod since_1_14;
mod since_1_7;
mod since_1_8;
mod switches;
#[cfg(unix)]
mod testing_example;
mod token;
mod warnings;
mod without_a_token;
