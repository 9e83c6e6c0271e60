//! Calls the provider binary over gRPC, without Terraform.
//!
//! `transport`, `panics` and `memory` test the process, and all others the provider's responses. `host`
//! contains core's requests, core's checks of every plan and result, and the servers in place of the API.

#[path = "../support/mod.rs"]
mod support;

mod host;

mod actions;
mod apply_ducklings;
mod apply_service_account;
mod apply_token;
mod behaviours;
mod configure;
mod connections;
mod data_source_failures;
mod data_sources;
mod deferral;
mod diagnostics;
mod endings;
mod ephemeral;
mod ephemeral_failures;
mod ephemeral_session;
mod functions;
mod gateways;
mod identity;
mod import;
mod import_by_identity;
mod internal_validate;
#[cfg(target_os = "linux")]
mod large_responses;
mod list_failures;
mod lists;
mod lives;
mod lost_tokens;
#[cfg(target_os = "linux")]
mod memory;
mod moves;
mod pace;
mod panics;
mod plan_ducklings;
mod plan_service_account;
mod plan_token;
mod read;
mod read_only;
mod schema;
mod secrets;
mod shared_reads;
#[cfg(target_os = "linux")]
mod soak;
mod transport;
mod unhappy;
mod unknowns;
mod upgrade;
mod validate;
