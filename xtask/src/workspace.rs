//! The path of the sources.

use std::path::{Path, PathBuf};

/// Returns the workspace from which this program was built.
pub fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}
