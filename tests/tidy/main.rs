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

/// Sibling modules that use each other in a circle.
struct Circle {
    /// The root file of the crate.
    root: &'static str,
    parent: &'static str,
    modules: &'static [&'static str],
    reason: &'static str,
}

/// The circles that are allowed.
const CIRCLES: &[Circle] = &[
    Circle {
        root: "src/lib.rs",
        parent: "api",
        modules: &[
            "client",
            "ducklings",
            "operation",
            "shared_reads",
            "tokens",
            "users",
        ],
        reason: "a client keeps the reads that are shared, and they are calls of the client",
    },
    Circle {
        root: "src/lib.rs",
        parent: "framework",
        modules: &["conversion", "resource"],
        reason: "a state mover results in a resource state",
    },
    Circle {
        root: "src/lib.rs",
        parent: "framework::schema",
        modules: &["attribute", "validate"],
        reason: "an attribute has validators, and the rules of its kind are validated with them",
    },
    Circle {
        root: "src/lib.rs",
        parent: "framework::server",
        modules: &["calls", "instance", "open_resources", "undo"],
        reason: "an instance keeps what its calls have opened and created, and closes it with itself",
    },
    Circle {
        root: "src/lib.rs",
        parent: "motherduck",
        modules: &["connection", "create_token"],
        reason: "a connection keeps the attempts to create tokens, and they are settled with the connection",
    },
    Circle {
        root: "emulator/src/lib.rs",
        parent: "state",
        modules: &[
            "access",
            "accounts",
            "change",
            "dives",
            "ducklings",
            "organization",
            "tokens",
        ],
        reason: "the methods of an organization are in a file for each kind of object in it",
    },
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
fn modules_use_only_what_the_map_allows() {
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
fn modules_form_no_circle() {
    let mut found = Vec::new();
    let mut unused: Vec<&Circle> = CIRCLES.iter().collect();
    for root_file in [
        "src/lib.rs",
        "src/main.rs",
        "emulator/src/lib.rs",
        "emulator/src/main.rs",
    ] {
        for link in links(&Crate::read(&root().join(root_file))) {
            let known = CIRCLES.iter().find(|circle| {
                let has = |module: &String| circle.modules.contains(&module.as_str());
                (circle.root, circle.parent) == (root_file, link.parent.as_str())
                    && has(&link.from)
                    && has(&link.to)
            });
            match known {
                Some(known) => unused.retain(|circle| !std::ptr::eq(*circle, known)),
                None => found.push(format!(
                    "{root_file}: {} uses {} in a circle ({:?})",
                    link.from, link.to, link.files
                )),
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    let unused: Vec<&str> = unused.iter().map(|circle| circle.reason).collect();
    assert!(
        unused.is_empty(),
        "these circles no longer exist and must be removed from the list: {unused:?}"
    );
}

#[test]
fn every_source_file_has_module_docs() {
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
