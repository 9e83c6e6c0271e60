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

/// Creates a folder on the file system of the build, where files can be linked instead of copied.
fn folder(prefix: &str) -> tempfile::TempDir {
    let mut builder = tempfile::Builder::new();
    builder
        .prefix(prefix)
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .unwrap()
}
