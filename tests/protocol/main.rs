//! Speaks gRPC with the real program, without Terraform in between.

#[path = "../support/mod.rs"]
mod support;

mod panics;
mod transport;
