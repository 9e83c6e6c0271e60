//! Rules of the code base that a program can check: which module may use which. `ARCHITECTURE.md` has the
//! reasons.

use std::fs;
use std::path::{Path, PathBuf};

/// What implementations of resources and so on may not use: the protocol and the transport.
const OF_THINGS: &[&str] = &[
    "crate::proto",
    "crate::plugin",
    "crate::provider",
    "tonic",
    "reqwest",
    "prost",
];

/// What their traits may not use.
const OF_TRAITS: &[&str] = &["crate::proto", "tonic", "super::server", "super::wire"];

/// Modules that do not use each other, except that a list resource uses its resource.
const THINGS: &[&str] = &[
    "actions",
    "data_sources",
    "ephemeral_resources",
    "functions",
    "list_resources",
    "resources",
];

/// A module of `src`, and words that no file of it may contain outside of comments.
const RULES: &[(&str, &[&str])] = &[
    (
        "api",
        &[
            "framework",
            "motherduck::",
            "plugin",
            "proto::",
            "provider::",
            "crate::resources",
            "tonic",
            "prost",
        ],
    ),
    (
        "plugin",
        &[
            "crate::framework",
            "crate::motherduck",
            "crate::provider",
            "crate::resources",
            "crate::api",
            "tfplugin6",
        ],
    ),
    (
        "framework",
        &[
            "crate::plugin",
            "crate::provider",
            "crate::resources",
            "crate::motherduck",
            "crate::api",
            "reqwest",
        ],
    ),
    (
        "framework/value",
        &[
            "crate::proto",
            "tonic",
            "tokio",
            "super::super::server",
            "super::super::wire",
        ],
    ),
    (
        "framework/schema",
        &[
            "crate::proto",
            "tonic",
            "tokio",
            "super::super::server",
            "super::super::wire",
        ],
    ),
    (
        "framework/plan",
        &[
            "crate::proto",
            "tonic",
            "tokio",
            "async",
            "super::super::resource",
            "super::super::wire",
        ],
    ),
    (
        "framework/wire",
        &[
            "super::super::plan",
            "super::super::server",
            "super::super::resource",
        ],
    ),
    ("framework/action.rs", OF_TRAITS),
    ("framework/conversion.rs", OF_TRAITS),
    ("framework/data_source.rs", OF_TRAITS),
    ("framework/ephemeral_resource.rs", OF_TRAITS),
    ("framework/function.rs", OF_TRAITS),
    ("framework/list_resource.rs", OF_TRAITS),
    ("framework/resource.rs", OF_TRAITS),
    ("actions", OF_THINGS),
    ("data_sources", OF_THINGS),
    ("ephemeral_resources", OF_THINGS),
    ("export", OF_THINGS),
    ("functions", OF_THINGS),
    ("functions", &["crate::api", "crate::motherduck"]),
    ("list_resources", OF_THINGS),
    ("motherduck", OF_THINGS),
    (
        "motherduck",
        &["crate::resources", "crate::data_sources", "crate::export"],
    ),
    ("resources", OF_THINGS),
    (
        "provider.rs",
        &["crate::proto", "crate::plugin", "tonic", "reqwest", "prost"],
    ),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(of: &Path) -> Vec<PathBuf> {
    if of.is_file() {
        return vec![of.to_owned()];
    }
    let entries = fs::read_dir(of).unwrap_or_else(|error| panic!("{}: {error}", of.display()));
    let mut files: Vec<PathBuf> = entries
        .flat_map(|entry| rust_files(&entry.unwrap().path()))
        .collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "rs"));
    files.sort();
    files
}

/// The code of a file: without comment lines, and without its tests, which may reach further.
fn code(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn is_test(file: &Path) -> bool {
    let name = file.file_stem().and_then(|name| name.to_str());
    matches!(name, Some("tests" | "fake" | "properties"))
}

#[test]
fn no_room_knows_more_than_the_map_allows() {
    let mut broken = Vec::new();
    for (room, forbidden) in RULES {
        let files = rust_files(&root().join("src").join(room));
        assert!(
            !files.is_empty(),
            "{room} is empty: does the rule still fit the tree?"
        );
        for file in files.iter().filter(|file| !is_test(file)) {
            let code = code(file);
            for word in *forbidden {
                if code.contains(word) {
                    broken.push(format!("{} mentions {word}", file.display()));
                }
            }
        }
    }
    for (room, other) in THINGS
        .iter()
        .flat_map(|room| THINGS.iter().map(move |other| (room, other)))
    {
        if room == other || (*room, *other) == ("list_resources", "resources") {
            continue;
        }
        for file in rust_files(&root().join("src").join(room)) {
            if code(&file).contains(&format!("crate::{other}")) {
                broken.push(format!("{} mentions crate::{other}", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn one_resource_does_not_know_another() {
    let resources = ["service_account", "token", "ducklings"];
    for resource in resources {
        let folder = root().join("src/resources");
        let mut files = rust_files(&folder.join(format!("{resource}.rs")));
        if folder.join(resource).is_dir() {
            files.extend(rust_files(&folder.join(resource)));
        }
        for file in files {
            for other in resources.iter().filter(|other| **other != resource) {
                let path = format!("super::{other}::");
                assert!(!code(&file).contains(&path), "{} uses {path}", file.display());
            }
        }
    }
}

#[test]
fn every_source_file_has_module_docs() {
    for folder in ["src", "benches", "emulator", "xtask", "tests"] {
        for file in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            assert!(
                text.starts_with("//!"),
                "{} has no line of purpose at its top",
                file.display()
            );
        }
    }
}
