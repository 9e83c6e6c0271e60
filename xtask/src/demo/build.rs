//! Builds the two programs of the demo and reads their paths from Cargo.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::failure::Failure;
use super::interrupts::Interrupts;
use super::process;
use crate::cli::Environment;

const PROVIDER: &str = "terraform-provider-motherduck";
const EMULATOR: &str = "motherduck-emulator";

/// The built programs.
#[derive(Debug, PartialEq)]
pub(crate) struct Programs {
    pub(crate) provider: PathBuf,
    pub(crate) emulator: PathBuf,
}

/// Builds provider and emulator with the Cargo that started this program. Cargo's own output goes to standard
/// error.
pub(crate) fn build(
    environment: &Environment,
    workspace: &Path,
    interrupts: &Interrupts,
) -> Result<Programs, Failure> {
    let cargo = environment.get("CARGO").unwrap_or("cargo".as_ref());
    let mut command = Command::new(cargo);
    command
        .args(["build", "--package", PROVIDER, "--package", EMULATOR, "--bins"])
        // The paths depend on the user's Cargo settings, so they are read from Cargo's messages.
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(workspace)
        .env_clear()
        .envs(environment.iter());
    let ended = process::run(&mut command, interrupts, |line| {
        if !line.starts_with('{') {
            eprintln!("{line}");
        }
    })?;
    if !ended.status.success() {
        return Failure::unexpected(format!("`cargo build` failed: {}", ended.status));
    }
    programs(&ended.stdout)
}

fn programs(messages: &str) -> Result<Programs, Failure> {
    let artifacts: Vec<Value> = messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    let find = |name: &str| {
        artifacts
            .iter()
            .filter(|artifact| artifact["target"]["name"] == name)
            .find_map(|artifact| artifact["executable"].as_str())
            .map(PathBuf::from)
            .ok_or_else(|| Failure::Unexpected(format!("`cargo build` did not say where {name} is")))
    };
    Ok(Programs {
        provider: find(PROVIDER)?,
        emulator: find(EMULATOR)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_programs_are_read_from_cargo() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"motherduck_emulator"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"motherduck-emulator"},"executable":"/t/debug/e"}"#,
            "\nnot a message\n",
            r#"{"reason":"compiler-artifact","target":{"name":"terraform-provider-motherduck"},"executable":"/t/p"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );

        assert_eq!(
            programs(messages).unwrap(),
            Programs {
                provider: "/t/p".into(),
                emulator: "/t/debug/e".into()
            }
        );
    }

    #[test]
    fn a_program_that_was_not_built_is_named() {
        let error = programs(r#"{"reason":"build-finished","success":true}"#).unwrap_err();

        assert!(error.to_string().contains(PROVIDER), "{error}");
    }
}
