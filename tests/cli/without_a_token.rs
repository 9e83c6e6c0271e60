//! Commands that need no API need neither a token nor the network.

use std::process::Command;

use crate::support::{NOTHING, Story, resource};

/// A story without a token, and without a server at the API's address.
#[track_caller]
fn story() -> Story {
    let mut story = Story::new(&resource("motherduck_service_account.svc", "username = \"svc\""));
    story.set("MOTHERDUCK_ADMIN_TOKEN", "");
    story.set("MOTHERDUCK_TOKEN", "");
    story
}

#[test]
fn a_configuration_is_validated() {
    let mut story = story();
    story.run(["validate"]).shows("Success!");
    assert_eq!(story.sent(), NOTHING);

    story.stop_emulator();
    story.run(["validate"]).shows("Success!");
    story.main(&resource("motherduck_service_account.svc", "username = \"1st\""));
    story.fail(["validate"]).shows("must start with a letter");
}

#[test]
fn the_schemas_are_returned() {
    let mut story = story();
    story.stop_emulator();
    let schemas = story.run(["providers", "schema", "-json"]).json();
    let provider = &schemas["provider_schemas"][story.address_of("motherduck-rs/motherduck")];
    let described = &provider["resource_schemas"]["motherduck_token"]["block"];
    assert_eq!(described["description_kind"], "markdown");
    assert_eq!(described["attributes"]["token"]["sensitive"], true);
}

#[test]
fn new_things_are_planned() {
    let mut story = story();
    story.stop_emulator();
    story
        .plan()
        .expect([("motherduck_service_account.svc", "create")]);
}

#[test]
fn the_program_prints_its_version_and_help() {
    let help = Command::new(env!("CARGO_BIN_EXE_terraform-provider-motherduck"))
        .arg("--help")
        .env_clear()
        .output()
        .unwrap();
    assert!(help.status.success(), "{help:?}");
    assert!(
        String::from_utf8_lossy(&help.stdout).contains("--debug"),
        "{help:?}"
    );
}
