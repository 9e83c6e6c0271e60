//! Speaks gRPC with the real program, without Terraform in between.
//!
//! `transport`, `panics` and `memory` are about the process, all others about the provider's answers: `host` plays
//! core's part, with core's own checks of every plan and result, and stands in for the API.

#[path = "../support/mod.rs"]
mod support;

mod host;

mod actions;
mod apply_ducklings;
mod apply_service_account;
mod apply_token;
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
mod list_failures;
mod lists;
mod lost_tokens;
#[cfg(target_os = "linux")]
mod memory;
mod moves;
mod panics;
mod plan_ducklings;
mod plan_service_account;
mod plan_token;
mod read;
mod read_only;
mod schema;
mod secrets;
mod transport;
mod unhappy;
mod unknowns;
mod upgrade;
mod validate;
