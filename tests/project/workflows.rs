//! The workflows and forms of `.github` match their schemas, and a security linter has no findings.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::python_programs::{printed, program};

const REQUIREMENTS: &str = include_str!("python/lint.txt");

fn linter(name: &str) -> Command {
    program("lint", REQUIREMENTS, name)
}

/// Validates files against a schema of the linter.
fn check(schema: &str, files: &[PathBuf]) -> Output {
    linter("check-jsonschema")
        .args(["--builtin-schema", schema])
        .args(files)
        .output()
        .unwrap()
}

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(crate::SOURCES).join(folder);
    let mut found: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yml"))
        .collect();
    found.sort();
    found
}

#[test]
fn workflows_and_forms_match_their_schemas() {
    let (config, forms): (Vec<_>, Vec<_>) = files(".github/ISSUE_TEMPLATE")
        .into_iter()
        .partition(|path| path.ends_with("config.yml"));
    for (schema, files) in [
        ("vendor.github-workflows", files(".github/workflows")),
        // A job without a time limit takes up to six hours to fail.
        (
            "custom.github-workflows-require-timeout",
            files(".github/workflows"),
        ),
        (
            "vendor.dependabot",
            vec![Path::new(crate::SOURCES).join(".github/dependabot.yml")],
        ),
        ("vendor.github-issue-forms", forms),
        ("vendor.github-issue-config", config),
    ] {
        let output = check(schema, &files);
        assert!(output.status.success(), "{schema}: {}", printed(&output));
    }
}

#[test]
fn misspelled_key_in_a_workflow_is_an_error() {
    let file = tempfile::Builder::new().suffix(".yml").tempfile().unwrap();
    let text = std::fs::read_to_string(&files(".github/workflows")[0]).unwrap();
    assert!(text.contains("runs-on:"));
    std::fs::write(file.path(), text.replace("runs-on:", "runs-at:")).unwrap();
    let output = check("vendor.github-workflows", &[file.path().to_owned()]);
    assert!(!output.status.success());
    assert!(printed(&output).contains("runs-at"), "{}", printed(&output));
}

/// Runs the security linter on a workflow or a folder.
fn zizmor(path: impl AsRef<OsStr>) -> Output {
    linter("zizmor")
        .args([
            "--offline",
            "--no-progress",
            "--color",
            "never",
            "--strict-collection",
        ])
        .arg(path.as_ref())
        .output()
        .unwrap()
}

#[test]
fn security_linter_has_no_findings_in_workflows() {
    let output = zizmor(".github");
    assert!(output.status.success(), "{}", printed(&output));
}

/// The workflow of the guide on CI, in a folder structure like that of a repository.
#[test]
fn workflow_of_the_automation_guide_passes_schema_and_linter() {
    let page = std::fs::read_to_string(Path::new(crate::SOURCES).join("docs/guides/automation.md")).unwrap();
    let workflow = page
        .split("```yaml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let folder = tempfile::tempdir().unwrap();
    let workflows = folder.path().join(".github/workflows");
    std::fs::create_dir_all(&workflows).unwrap();
    let file = workflows.join("terraform.yml");
    std::fs::write(&file, workflow.expect("the guide has a workflow")).unwrap();

    for schema in [
        "vendor.github-workflows",
        "custom.github-workflows-require-timeout",
    ] {
        let output = check(schema, std::slice::from_ref(&file));
        assert!(output.status.success(), "{schema}: {}", printed(&output));
    }
    let output = zizmor(&file);
    assert!(output.status.success(), "{}", printed(&output));
}
