//! What is released, used as people use it: the static binary in roots that hold nothing else, the archives installed
//! from mirrors, and the files of a release compared.

#[cfg(target_os = "linux")]
mod dns;
mod https;
mod install;
mod mirrors;
mod release;
#[cfg(target_os = "linux")]
mod root;
#[cfg(target_os = "linux")]
mod standalone;

/// The provider that Cargo built for the tests.
const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-motherduck");

/// The sources.
const SOURCES: &str = env!("CARGO_MANIFEST_DIR");
