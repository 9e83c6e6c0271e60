//! Calls Cargo, and reads the paths of what it has built from its messages.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use super::failure::Failure;
use super::interrupts::Interrupts;
use super::process;
use crate::cli::{Environment, command_line};

pub(crate) const PROVIDER: &str = "terraform-provider-motherduck";
pub(crate) const EMULATOR: &str = "motherduck-emulator";

/// The paths of the built programs.
#[derive(Debug)]
pub struct Programs {
    /// The provider.
    pub provider: PathBuf,
    /// The emulator.
    pub emulator: PathBuf,
}

/// The Cargo that started this program, in the folder of the workspace.
pub(crate) fn cargo(environment: &Environment, workspace: &Path) -> Command {
    let mut command = Command::new(environment.get("CARGO").unwrap_or("cargo".as_ref()));
    command
        .current_dir(workspace)
        .env_clear()
        .envs(environment.iter());
    command
}

/// Builds provider and emulator. Cargo's own output goes to standard error.
pub(crate) fn build(
    environment: &Environment,
    workspace: &Path,
    interrupts: &Interrupts,
) -> Result<Programs, Failure> {
    let mut command = cargo(environment, workspace);
    command
        .args(["build", "--package", PROVIDER, "--package", EMULATOR, "--bins"])
        // The paths depend on the user's Cargo settings, so they are read from Cargo's messages.
        .args(["--message-format", "json-render-diagnostics"]);
    let ended = process::run(&mut command, interrupts, |line| {
        if !line.starts_with('{') {
            eprintln!("{line}");
        }
    })?;
    if !ended.status.success() {
        return Failure::unexpected(format!("`cargo build` failed: {}", ended.status));
    }
    let find = |name: &str| {
        executable(&ended.stdout, name)
            .ok_or_else(|| Failure::Unexpected(format!("`cargo build` did not report where {name} is")))
    };
    Ok(Programs {
        provider: find(PROVIDER)?,
        emulator: find(EMULATOR)?,
    })
}

/// Runs a command of Cargo that builds, and returns the path of the program of a target. Cargo's own output goes to
/// standard error.
pub(crate) fn build_program(mut command: Command, target: &str) -> Result<PathBuf, Failure> {
    command.args(["--message-format", "json-render-diagnostics"]);
    let line = command_line(&command);
    let failed = |reason: String| Failure::Unexpected(format!("`{line}` failed: {reason}"));
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| failed(error.to_string()))?;
    if !output.status.success() {
        return Err(failed(output.status.to_string()));
    }
    executable(&String::from_utf8_lossy(&output.stdout), target)
        .ok_or_else(|| failed(format!("Cargo did not report where {target} is")))
}

/// The path of the program of a target in Cargo's messages.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == name)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executable_is_parsed_from_cargo_messages() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"cli","kind":["lib"]},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"emulator","kind":["bin"]},"executable":"/t/debug/e"}"#,
            "\nnot a message\n",
            r#"{"reason":"compiler-artifact","target":{"name":"cli","kind":["test"]},"executable":"/t/deps/cli-1f"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        assert_eq!(executable(messages, "emulator"), Some("/t/debug/e".into()));
        assert_eq!(executable(messages, "cli"), Some("/t/deps/cli-1f".into()));
        assert_eq!(executable(messages, "other"), None);
    }
}
