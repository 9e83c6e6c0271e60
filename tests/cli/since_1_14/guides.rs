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
    let mut guide = Guide::read("adopting");

    guide.run_until(&mut story, "Generate the code");
    guide.last().shows("nightly_loader").does_not_show("ada.lovelace");
    guide.run_until(&mut story, "Straight into modules");
    // The generated configuration plans as the guide says; the rest of the guide does not use it.
    fs::remove_file(story.path("generated.tf")).unwrap();
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

    guide.run_until(&mut story, "Who runs Terraform inside the window");
    assert_eq!(story.live_tokens("nightly_etl").len(), 2, "the tokens overlap");
    guide.run(&mut story);
    // The check finds no remaining token, and the action is no change.
    story.expect_empty_plan();
}
