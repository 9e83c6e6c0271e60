//! Every path in the documents at the root and in editor files exists.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

const DOCUMENTS: [&str; 6] = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CODE_OF_CONDUCT.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
];

/// A word in a document that begins with one of these folders is checked as a path.
const FOLDERS: [&str; 10] = [
    ".ci/",
    ".devcontainer/",
    ".github/",
    ".vscode/",
    "benches/",
    "emulator/",
    "examples/",
    "src/",
    "tests/",
    "xtask/",
];

/// Names of files that do not exist: placeholders, and the example of ARCHITECTURE.md.
const PLACEHOLDERS: [&str; 3] = ["NAME", "GROUP", "shares"];

fn path(name: &str) -> PathBuf {
    Path::new(crate::SOURCES).join(name)
}

/// Returns the targets of links, without web addresses and headings of the same page.
fn links(text: &str) -> Vec<&str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', '#']).next())
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .collect()
}

/// Returns the words in backticks that are paths of this repository.
fn paths(text: &str) -> Vec<&str> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| FOLDERS.iter().any(|folder| word.starts_with(folder)))
        // Patterns, placeholders, and commands with arguments are no paths.
        .filter(|word| !word.contains(['*', '…', ' ', '{']))
        .filter(|word| !PLACEHOLDERS.iter().any(|name| word.contains(name)))
        .collect()
}

#[test]
fn paths_in_documents_exist() {
    let mut missing = Vec::new();
    for document in DOCUMENTS {
        let text = fs::read_to_string(path(document)).unwrap_or_else(|error| panic!("{document}: {error}"));
        // Code blocks show files of users.
        let prose: String = text.split("```").step_by(2).collect();
        for target in links(&prose).into_iter().chain(paths(&prose)) {
            let relative_to_sources = path(target).exists() || path("src").join(target).exists();
            if !relative_to_sources {
                missing.push(format!("{document}: {target}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn editor_files_are_valid_json() {
    for name in [
        ".devcontainer/devcontainer.json",
        ".vscode/extensions.json",
        ".vscode/launch.json",
        ".vscode/settings.json",
        "terraform-registry-manifest.json",
    ] {
        let text = fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        serde_json::from_str::<Value>(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

#[test]
fn changelog_begins_with_the_current_version() {
    let text = fs::read_to_string(path("CHANGELOG.md")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    let newest = text.lines().find(|line| line.starts_with("## ")).unwrap();
    assert!(
        newest.contains(version),
        "the newest section is {newest:?}, the sources are of version {version}"
    );
}
