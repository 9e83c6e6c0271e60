//! The files of a release in use: the static binary in otherwise empty root folders, the archives installed
//! from mirrors, and a comparison of two releases.

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

/// The provider binary that Cargo built for the tests.
const PROVIDER: &str = env!("CARGO_BIN_EXE_terraform-provider-motherduck");

/// The root folder of the sources.
const SOURCES: &str = env!("CARGO_MANIFEST_DIR");
