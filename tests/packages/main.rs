//! The files of a release, used as people use them: the static binary in otherwise empty root folders, the
//! archives installed from mirrors, and the files of two releases compared.

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
