//! The guides on adopting an organization and on rotating tokens, each run with its own code.

use std::fs;

use motherduck_emulator::Emulator;
use serde_json::json;

use crate::support::{Feature, Guide, NOTHING, Story};

#[test]
fn adopting_guide_runs_as_written() {
    let mut story = Story::since_without_init(Feature::Query, Emulator::builder());
    // The guide creates the service accounts.
    story
        .emulator()
        .seed(&json!({ "users": [
            { "username": "ada.lovelace", "is_service_account": false, "tokens": [{ "name": "laptop" }] },
        ] }))
        .unwrap();
    // The guide links the program from the folder to which `cargo xtask install` copies it.
    let mut guide = Guide::read("adopting").without_commands([concat!(
        "ln -s ~/.terraform.d/plugins/registry.terraform.io/motherduck-rs/motherduck/",
        env!("CARGO_PKG_VERSION"),
        "/*/terraform-provider-motherduck_v",
        env!("CARGO_PKG_VERSION"),
        " terraform-provider-motherduck"
    )]);

    guide.run_until(&mut story, "Generate the code");
    guide
        .last()
        .assert_shows("nightly_loader")
        .assert_does_not_show("ada.lovelace");
    guide.run_until(&mut story, "Import into modules");
    // The guide continues in an empty folder.
    for file in ["versions.tf", "all.tfquery.hcl", "generated.tf"] {
        fs::remove_file(story.path(file)).unwrap();
    }
    story.clear_requests();
    guide.run_until(&mut story, "Tokens");
    assert_eq!(story.writes(), NOTHING);
    story.expect_empty_plan();
    guide.run(&mut story);
}

#[test]
fn rotation_guide_runs_as_written() {
    let mut story = Story::since_without_init(Feature::Actions, Emulator::builder());
    let mut guide = Guide::read("rotation");

    guide.run_until(&mut story, "Schedule the applies");
    assert_eq!(story.live_tokens("nightly_etl").len(), 2, "the tokens overlap");
    guide.run(&mut story);
    // The check finds no remaining token, and the action is no change.
    story.expect_empty_plan();
}
