//! The project's own files: dependencies, workflows and forms, and the files that are published with the
//! provider.

mod checkov;
mod documents;
mod independent_client;
mod mocks;
mod policy;
mod python_programs;
mod workflows;

/// The provider binary that Cargo built for the tests.
const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-motherduck");

/// The root folder of the sources.
const SOURCES: &str = env!("CARGO_MANIFEST_DIR");
