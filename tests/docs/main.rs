//! The registry's pages in `docs/` are made from the schemas, as core gets them, and from the examples, so they
//! cannot drift. Guides are written by hand in `templates/guides/`, with the examples put in.
//!
//! `UPDATE_DOCS=1 cargo test --test docs` writes them anew; without it a difference fails.

mod attributes;
mod descriptions;
mod guides;
mod pages;
mod provider;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use provider::Provider;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A page of the documentation.
struct Page {
    /// Below `docs/`.
    path: PathBuf,
    text: String,
}

/// An example, which has to be there.
fn example(path: &str) -> String {
    example_if_any(path).unwrap_or_else(|| panic!("examples/{path} is missing"))
}

/// An example, if there is one.
fn example_if_any(path: &str) -> Option<String> {
    fs::read_to_string(root().join("examples").join(path)).ok()
}

/// Files below a folder.
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
fn the_pages_say_what_the_schemas_and_examples_say() {
    let docs = root().join("docs");
    let mut pages = pages::all(&Provider::ask());
    pages.extend(guides::all());
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
            "{} is not what the schemas and examples say; run `UPDATE_DOCS=1 cargo test --test docs` and look at the \
             difference",
            path.display()
        );
        assert!(expected.insert(path), "two pages of one name");
    }
    let left_over: Vec<PathBuf> = files(&docs).difference(&expected).cloned().collect();
    assert!(left_over.is_empty(), "nobody writes these pages: {left_over:?}");
}
