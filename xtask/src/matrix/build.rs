//! Builds the CLI tests and reads their path from Cargo.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::failure::Failure;
use crate::cli::Environment;

/// The test target.
const TARGET: &str = "cli";

/// Builds the tests with the Cargo that started this program. Cargo's own output goes to standard error.
pub(super) fn build(environment: &Environment, workspace: &Path) -> Result<PathBuf, Failure> {
    let output = Command::new(environment.get("CARGO").unwrap_or("cargo".as_ref()))
        .args(["test", "--test", TARGET, "--no-run"])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(workspace)
        .env_clear()
        .envs(environment.iter())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(Failure::io("start cargo"))?;
    if !output.status.success() {
        return Err(Failure::Build(output.status));
    }
    executable(&String::from_utf8_lossy(&output.stdout)).ok_or(Failure::Unlocated)
}

fn executable(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == TARGET && message["target"]["test"] == true)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_tests_are_read_from_cargo() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"terraform-provider","test":true},"executable":"/p"}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"cli","test":true},"executable":"/t/deps/cli-1f"}"#,
            "\nnot a message\n",
            r#"{"reason":"build-finished","success":true}"#,
        );

        assert_eq!(executable(messages), Some("/t/deps/cli-1f".into()));
        assert_eq!(executable(r#"{"reason":"build-finished"}"#), None);
    }
}
