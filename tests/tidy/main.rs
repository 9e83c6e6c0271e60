//! Rules of the code base that a program can check: which modules may use which. `ARCHITECTURE.md` states the
//! reasons.

mod circles;
mod modules;

use std::fs;
use std::path::{Path, PathBuf};

use crate::circles::links;
use crate::modules::{Crate, Target};

/// Modules that resources, data sources and so on may not use: the protocol and the transport.
const OF_BLOCKS: &[&str] = &["proto", "plugin", "provider", "tonic", "reqwest", "prost"];

/// Modules that the traits of these blocks may not use.
const OF_TRAITS: &[&str] = &["proto", "tonic", "framework::server", "framework::wire"];

/// Modules that do not use each other, except that a list resource uses its resource.
const BLOCKS: &[&str] = &[
    "actions",
    "data_sources",
    "ephemeral_resources",
    "functions",
    "list_resources",
    "resources",
];

/// A module, and the modules and other crates that it may not use.
const RULES: &[(&str, &[&str])] = &[
    (
        "api",
        &[
            "framework",
            "motherduck",
            "plugin",
            "proto",
            "provider",
            "resources",
            "tonic",
            "prost",
        ],
    ),
    (
        "plugin",
        &[
            "framework",
            "motherduck",
            "provider",
            "resources",
            "api",
            "proto::tfplugin6",
        ],
    ),
    (
        "framework",
        &["plugin", "provider", "resources", "motherduck", "api", "reqwest"],
    ),
    (
        "framework::value",
        &["proto", "tonic", "tokio", "framework::server", "framework::wire"],
    ),
    (
        "framework::schema",
        &["proto", "tonic", "tokio", "framework::server", "framework::wire"],
    ),
    (
        "framework::plan",
        &[
            "proto",
            "tonic",
            "tokio",
            "async",
            "framework::resource",
            "framework::wire",
        ],
    ),
    (
        "framework::wire",
        &["framework::plan", "framework::server", "framework::resource"],
    ),
    ("framework::action", OF_TRAITS),
    ("framework::block", OF_TRAITS),
    ("framework::conversion", OF_TRAITS),
    ("framework::data_source", OF_TRAITS),
    ("framework::ephemeral_resource", OF_TRAITS),
    ("framework::function", OF_TRAITS),
    ("framework::list_resource", OF_TRAITS),
    ("framework::model", OF_TRAITS),
    ("framework::registry", OF_TRAITS),
    ("framework::resource", OF_TRAITS),
    ("framework::resource_state", OF_TRAITS),
    ("actions", OF_BLOCKS),
    ("data_sources", OF_BLOCKS),
    ("ephemeral_resources", OF_BLOCKS),
    ("export", OF_BLOCKS),
    ("functions", OF_BLOCKS),
    ("functions", &["api", "motherduck"]),
    ("list_resources", OF_BLOCKS),
    ("motherduck", OF_BLOCKS),
    ("motherduck", &["resources", "data_sources", "export"]),
    ("resources", OF_BLOCKS),
    (
        "resources::ducklings",
        &["resources::service_account", "resources::token"],
    ),
    (
        "resources::service_account",
        &["resources::ducklings", "resources::token"],
    ),
    (
        "resources::token",
        &["resources::ducklings", "resources::service_account"],
    ),
    ("provider", &["proto", "plugin", "tonic", "reqwest", "prost"]),
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

/// Whether a path is inside a module.
fn is_in(path: &[String], module: &str) -> bool {
    let mut names = module
        .split("::")
        .zip(path.iter().map(Some).chain(std::iter::repeat(None)));
    names.all(|(expected, name)| name.is_some_and(|name| name == expected))
}

#[test]
fn modules_use_only_allowed_modules() {
    let provider = Crate::read(&root().join("src/lib.rs"));
    let references = provider.references();
    let mut broken = Vec::new();
    let mut check = |module: &str, forbidden: &str| {
        let path: Vec<String> = module.split("::").map(str::to_owned).collect();
        assert!(
            provider.has(&path),
            "there is no {module}: does the rule still fit the tree?"
        );
        for reference in references
            .iter()
            .filter(|reference| is_in(&reference.from, module))
        {
            let is_broken = match &reference.to {
                Target::Module(to) => is_in(to, forbidden),
                Target::Crate(name) => name == forbidden,
            };
            if is_broken {
                broken.push(format!("{} uses {forbidden}", reference.file.display()));
            }
        }
    };
    for (module, forbidden) in RULES {
        for forbidden in *forbidden {
            check(module, forbidden);
        }
    }
    for module in BLOCKS {
        for other in BLOCKS {
            if module != other && (*module, *other) != ("list_resources", "resources") {
                check(module, other);
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn modules_have_no_circular_references() {
    let mut found = Vec::new();
    for root_file in [
        "src/lib.rs",
        "src/main.rs",
        "emulator/src/lib.rs",
        "emulator/src/main.rs",
        "emulator/conformity/src/lib.rs",
        "emulator/contract/src/lib.rs",
        "xtask/src/lib.rs",
    ] {
        for link in links(&Crate::read(&root().join(root_file))) {
            found.push(format!(
                "{root_file}: in {:?}, {} uses {} in a circle ({:?})",
                link.parent, link.from, link.to, link.files
            ));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_source_file_begins_with_module_docs() {
    for folder in ["src", "benches", "emulator", "xtask", "tests"] {
        for file in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&file).unwrap();
            assert!(
                text.starts_with("//!"),
                "{} has no comment about its purpose at the top",
                file.display()
            );
        }
    }
}

#[test]
fn no_module_file_is_named_mod_rs() {
    // Other test programs include these two by their paths.
    let included = [
        root().join("tests/support/mod.rs"),
        root().join("tests/protocol/host/mod.rs"),
    ];
    for folder in ["src", "benches", "emulator", "xtask", "tests"] {
        for file in rust_files(&root().join(folder)) {
            assert!(
                !file.ends_with("mod.rs") || included.contains(&file),
                "{}: rename it to the name of its folder",
                file.display()
            );
        }
    }
}
