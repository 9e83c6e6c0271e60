//! Tests with a real Terraform, the provider binary and the emulator: one story for each user action.
//!
//! Each story has its own folder, emulator and environment, so that they run in parallel. `xtask::cli` finds
//! the Terraform or OpenTofu to use. Any version from 1.6 on works. Stories about newer features are in the
//! folders `since_…`, named after Terraform's first version with the feature, and use a newer version if the
//! one that was found is too old.

mod support;

mod api_variants;
mod data_sources;
mod debug;
mod drift;
mod examples;
mod export;
mod failures;
mod faults;
mod guides;
mod import;
mod interrupt;
#[cfg(target_os = "linux")]
mod kills;
mod language;
mod life_cycle;
mod live;
mod modules;
mod other_writers;
mod protection;
mod provider_config;
mod replace_provider;
mod rotation;
mod scale;
mod secrets;
mod since_1_10;
mod since_1_11;
mod since_1_12;
mod since_1_14;
mod since_1_7;
mod since_1_8;
mod testing_example;
mod validate;
mod warnings;
mod without_a_token;
