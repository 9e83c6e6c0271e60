//! Generates the registry's pages in `docs/` from the schemas, as core reads them, from the examples, and
//! from the templates in `templates/`. The pages are byte for byte those of the registry's own generator,
//! `tfplugindocs generate --provider-name motherduck`.
//!
//! `UPDATE_DOCS=1 cargo test --test docs` writes the pages; without the variable a difference fails.
//! `registry.rs` generates the pages a second time from the schemas that a real Terraform prints.

mod attributes;
mod descriptions;
mod examples;
mod pages;
mod plain;
mod provider;
mod registry;
mod templates;
#[path = "../support/type_json.rs"]
mod type_json;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use provider::Provider;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A page of the documentation.
struct Page {
    /// The path below `docs/`.
    path: PathBuf,
    text: String,
}

/// The generated folders and the generated page of `docs/`. Other files there are written by hand.
const GENERATED: [&str; 9] = [
    "actions",
    "data-sources",
    "ephemeral-resources",
    "functions",
    "guides",
    "index.md",
    "list-resources",
    "resources",
    "state-stores",
];

/// Returns the files below a folder.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                [path].into()
            }
        })
        .collect()
}

#[test]
fn pages_match_schemas_and_examples() {
    let docs = root().join("docs");
    let pages = pages::all(&Provider::read_schemas());
    let mut expected = BTreeSet::new();
    for page in pages {
        let path = docs.join(page.path);
        if env::var_os("UPDATE_DOCS").is_some() {
            fs::create_dir_all(path.parent().expect("a page has a folder")).unwrap();
            fs::write(&path, &page.text).unwrap();
        }
        let found = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            found == page.text,
            "{} does not match the schemas and examples; run `UPDATE_DOCS=1 cargo test --test docs` and look at the \
             difference",
            path.display()
        );
        assert!(expected.insert(path), "two pages of one name");
    }
    let mut left_over = files(&docs);
    left_over.retain(|path| {
        let below = path.strip_prefix(&docs).unwrap();
        !expected.contains(path) && GENERATED.iter().any(|path| below.starts_with(path))
    });
    assert!(left_over.is_empty(), "these pages have no source: {left_over:?}");
}
