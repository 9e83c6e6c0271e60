//! Programs for this crate's tests, unit and integration.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Writes an executable shell script and returns its path.
///
/// A child process writes it: if the file were open for writing here while another test's thread forks,
/// running it could fail with "text file busy".
pub(crate) fn fake(folder: &Path, name: &str, script: &str) -> PathBuf {
    let program = folder.join(name);
    let status = Command::new("/bin/sh")
        .args([
            "-c",
            r#"mkdir -p "$1" && printf '#!/bin/sh\n%s\n' "$3" > "$2" && chmod 755 "$2""#,
            "sh",
        ])
        .arg(folder)
        .arg(&program)
        .arg(script)
        .status()
        .unwrap();
    assert!(status.success());
    program
}
