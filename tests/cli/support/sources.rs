//! Files of the repository that stories use.

use std::fs;
use std::path::{Path, PathBuf};

use super::Story;

/// Returns the path of a file or folder of the repository.
pub(crate) fn source_path(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Returns the text of a file of the repository.
#[track_caller]
pub(crate) fn source(path: &str) -> String {
    fs::read_to_string(source_path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the text of a file in `examples/`.
#[track_caller]
pub(crate) fn example(path: &str) -> String {
    source(&format!("examples/{path}"))
}

impl Story {
    /// Copies a folder of the repository into the folder of the configuration.
    #[track_caller]
    pub(crate) fn copy(&self, from: &str, to: &str) {
        let entries = fs::read_dir(source_path(from)).unwrap_or_else(|error| panic!("{from}: {error}"));
        for entry in entries {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let (from, to) = (format!("{from}/{name}"), format!("{to}/{name}"));
            if entry.file_type().unwrap().is_dir() {
                self.copy(&from, &to);
            } else {
                self.write(&to, &source(&from));
            }
        }
    }
}
