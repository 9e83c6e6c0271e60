//! Calls the provider binary over gRPC, without Terraform.
//!
//! `transport`, `connections`, `shutdown`, `panics`, `memory`, `large_responses` and `soak` test the process,
//! `proto_numbers` the protocol files, and all others the provider's responses. `host` contains core's requests,
//! core's checks of every plan and result, and the servers in place of the API.

#[path = "../support/mod.rs"]
mod support;

mod host;

mod actions;
mod api_variants;
mod apply_ducklings;
mod apply_service_account;
mod apply_token;
mod computed_attributes;
mod configure;
mod connections;
mod data_source_failures;
mod data_sources;
mod deferral;
mod diagnostics;
mod ephemeral;
mod ephemeral_failures;
mod ephemeral_session;
mod functions;
mod gateways;
mod identity;
mod import;
mod import_by_identity;
mod internal_validate;
mod invalid_requests;
#[cfg(target_os = "linux")]
mod large_responses;
mod list_resource_failures;
mod list_resources;
mod lost_responses;
#[cfg(target_os = "linux")]
mod memory;
mod panics;
mod plan_ducklings;
mod plan_service_account;
mod plan_token;
mod proto_numbers;
mod random_life_cycles;
mod rate_limit;
mod read;
mod schema;
mod secrets;
mod shared_reads;
mod shutdown;
#[cfg(target_os = "linux")]
mod soak;
mod state_moves;
mod transport;
mod unknown_values;
mod upgrade;
mod validate;
