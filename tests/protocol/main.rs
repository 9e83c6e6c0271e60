//! Speaks gRPC with the real program, without Terraform in between.
//!
//! `transport` and `panics` are about the process, all others about the provider's answers: `host` plays
//! core's part, with core's own checks of every plan and result, and stands in for the API.

#[path = "../support/mod.rs"]
mod support;

mod host;

mod panics;
mod schema;
mod transport;
mod unknowns;
mod validate;
