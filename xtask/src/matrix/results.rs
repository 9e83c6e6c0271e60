//! The program of the CLI tests: built, listed, and run with one Terraform.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::rows::Row;
use crate::cli::{Cli, Environment, OVERRIDE_VARIABLE};
use crate::programs::{Failure, build_program, cargo};

const TARGET: &str = "cli";

/// Builds the tests with the Cargo that started this program.
pub(super) fn build(environment: &Environment, workspace: &Path) -> Result<PathBuf, Failure> {
    let mut command = cargo(environment, workspace);
    command.args(["test", "--test", TARGET, "--no-run"]);
    build_program(command, TARGET)
}

/// Returns the names of all tests, as the test program lists them.
pub(super) fn list(environment: &Environment, tests: &Path, workspace: &Path) -> Result<String, Failure> {
    let output = program(environment, tests, workspace)
        .args(["--list", "--format", "terse"])
        .stderr(Stdio::inherit())
        .output()
        .map_err(Failure::io("list the CLI tests"))?;
    if !output.status.success() {
        return Failure::unexpected(format!("the CLI tests could not be listed: {}", output.status));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The results of the tests with one Terraform.
#[derive(Debug, Default)]
pub(super) struct Results {
    /// For each test that ended, whether it passed.
    endings: BTreeMap<String, bool>,
    pub(super) output: String,
}

impl Results {
    fn new(output: String) -> Self {
        let endings = output.lines().filter_map(ending).collect();
        Self { endings, output }
    }

    /// Whether all tests of a row passed. A test that did not end counts as failed.
    pub(super) fn is_ok(&self, row: &Row) -> bool {
        row.stories
            .iter()
            .all(|story| self.endings.get(story) == Some(&true))
    }
}

pub(super) fn run(
    environment: &Environment,
    tests: &Path,
    workspace: &Path,
    cli: &Cli,
    rows: &[&Row],
) -> Result<Results, Failure> {
    let output = program(environment, tests, workspace)
        .env(OVERRIDE_VARIABLE, cli.program())
        .args(["--exact", "--color", "never"])
        .args(rows.iter().flat_map(|row| &row.stories))
        .output()
        .map_err(Failure::io("start the CLI tests"))?;
    let printed =
        [output.stdout, output.stderr].map(|printed| String::from_utf8_lossy(&printed).into_owned());
    Ok(Results::new(printed.concat()))
}

/// Returns the command that runs the test program as Cargo does, in the folder of its package.
fn program(environment: &Environment, tests: &Path, workspace: &Path) -> Command {
    let mut command = Command::new(tests);
    command
        .current_dir(workspace)
        .env_clear()
        .envs(environment.iter())
        .stdin(Stdio::null());
    command
}

/// Parses a line such as `test since_1_8::moves::from_go ... ok`.
fn ending(line: &str) -> Option<(String, bool)> {
    let (story, ending) = line.strip_prefix("test ")?.split_once(" ... ")?;
    Some((story.to_owned(), ending == "ok"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn row_is_ok_if_all_its_stories_passed() {
        let results = Results::new(
            "running 3 tests\n\
             test since_1_8::moves::good ... ok\n\
             test since_1_8::moves::bad ... FAILED\n\
             test since_1_8::moves::better ... ok\n"
                .to_owned(),
        );
        let is_ok = |stories: &[&str]| {
            results.is_ok(&Row {
                since: None,
                feature: String::new(),
                stories: stories
                    .iter()
                    .map(|name| format!("since_1_8::moves::{name}"))
                    .collect(),
            })
        };

        assert!(is_ok(&["good", "better"]));
        assert!(!is_ok(&["good", "bad"]));
        assert!(!is_ok(&["good", "without_result"]));
    }
}
