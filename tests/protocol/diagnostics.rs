//! Triggers every diagnostic of the provider and compares the texts with `diagnostics.md`, in which they can
//! be reviewed.
//!
//! `UPDATE_DIAGNOSTICS=1 cargo test --test protocol diagnostics` rewrites the file. The test fails if a text
//! differs from the file, and if no case triggers a summary of the code.

mod code;
mod configurations;
mod deletions;
mod fixtures;
mod functions;
mod hosts;
mod missing;
mod operations;
mod pages;
mod responses;
mod settings;
mod states;
mod tokens;
mod writes;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::host::Session;
use pages::Pages;

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/protocol/diagnostics.md")
}

#[tokio::test]
async fn every_diagnostic_matches_the_snapshot() {
    let mut chapters: [Pages; 11] = Default::default();
    let [
        configurations,
        settings,
        responses,
        operations,
        missing,
        writes,
        tokens,
        deletions,
        states,
        hosts,
        functions,
    ] = &mut chapters;
    tokio::join!(
        configurations::configurations(configurations),
        settings::settings(settings),
        responses::responses(responses),
        operations::operations(operations),
        missing::missing(missing),
        writes::writes(writes),
        tokens::tokens(tokens),
        deletions::deletions(deletions),
        states::states(states),
        hosts::hosts(hosts),
        functions::functions(functions),
    );
    let head = "# Diagnostics of the provider\n\nWritten by `UPDATE_DIAGNOSTICS=1 cargo test --test protocol diagnostics`.\n";
    let text = chapters
        .iter()
        .fold(head.to_owned(), |text, pages| text + &pages.text);
    if std::env::var_os("UPDATE_DIAGNOSTICS").is_some() {
        fs::write(file(), &text).unwrap();
    }
    let kept = fs::read_to_string(file()).unwrap_or_default();
    let differing = text.lines().zip(kept.lines()).find(|(now, kept)| now != kept);
    assert!(
        text == kept,
        "tests/protocol/diagnostics.md is stale, first at {differing:?}: run with UPDATE_DIAGNOSTICS=1 and review it"
    );
    let triggered: BTreeSet<&str> = chapters
        .iter()
        .flat_map(|pages| pages.summaries.iter().map(String::as_str))
        .collect();
    let missing: Vec<String> = code::summaries()
        .into_iter()
        .filter(|summary| !NOT_OFFERED.contains(&summary.as_str()) && summary != LOGGED)
        .filter(|summary| !triggered.iter().any(|triggered| code::fits(summary, triggered)))
        .collect();
    assert!(missing.is_empty(), "no case triggers {missing:#?}");
    for summary in NOT_OFFERED {
        assert!(code::summaries().contains(summary), "no code has {summary:?}");
    }
}

/// Summaries about features that this provider does not use: kinds of attributes, and a resource without
/// import.
const NOT_OFFERED: [&str; 2] = [
    "Write-only values need a newer CLI",
    "This resource cannot be imported",
];

/// The summary about a token that could not be revoked after its create call was cancelled. It is only
/// logged.
const LOGGED: &str = "Token {id} of {username:?} is in no state and could not be revoked";

#[tokio::test]
async fn no_attribute_is_deprecated_or_write_only() {
    let schemas = format!("{:?}", Session::start().await.schemas().await);
    for kind in ["deprecated", "write_only"] {
        assert!(schemas.contains(&format!("{kind}: false")));
        assert!(
            !schemas.contains(&format!("{kind}: true")),
            "a case has to trigger its diagnostic"
        );
    }
}
