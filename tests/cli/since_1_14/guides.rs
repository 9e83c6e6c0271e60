//! The guide on adopting an organization, played with its own code.

use std::fs;

use motherduck_emulator::Emulator;
use serde_json::json;

use crate::support::{Feature, Guide, NOTHING, Story};

#[test]
fn adopting_an_organization() {
    let mut story = Story::since_without_init(Feature::Query, Emulator::builder());
    let ducklings = |size: &str| json!({ "read_write": { "instance_size": size }, "read_scaling": { "instance_size": "pulse", "flock_size": 2 } });
    story
        .emulator()
        .seed(&json!({ "users": [
            { "username": "nightly_loader", "is_service_account": true, "ducklings": ducklings("jumbo"),
              "tokens": [{ "name": "nightly" }] },
            { "username": "dashboards", "is_service_account": true, "ducklings": ducklings("standard"),
              "tokens": [{ "name": "boards", "created_ts": "2026-11-01T00:00:00Z", "expire_at": "2027-11-01T00:00:00Z" },
                         { "name": "preview", "created_ts": "2026-11-01T00:00:00Z", "expire_at": "2027-10-01T00:00:00Z" }] },
            { "username": "ada.lovelace", "is_service_account": false, "tokens": [{ "name": "laptop" }] },
        ] }))
        .unwrap();
    let mut guide = Guide::read("adopting");

    guide.play_until(&mut story, "Generate the code");
    guide.last().shows("nightly_loader").hides("ada.lovelace");
    guide.play_until(&mut story, "Straight into modules");
    // What was generated plans as the guide says; the rest of the guide goes another way.
    fs::remove_file(story.path("generated.tf")).unwrap();
    story.forget();
    guide.play_until(&mut story, "Tokens");
    assert_eq!(story.writes(), NOTHING);
    story.expect_clean();
    guide.play(&mut story);
}
