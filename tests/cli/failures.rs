//! Failures: the messages, and the state afterwards.

use std::fs;

use motherduck_emulator::{DuplicateStatus, Emulator, Plan};
use serde_json::json;

use crate::support::{NOTHING, Story, resource};

const ACCOUNT: &str = r#"
resource "motherduck_service_account" "svc" {
  username = "svc"
}
"#;

/// An account with one resource of every type, and a provider with few retries.
const ALL: &str = r#"
provider "motherduck" {
  max_retries = 0
}

resource "motherduck_service_account" "svc" {
  username = "svc"
}

resource "motherduck_token" "loader" {
  username = motherduck_service_account.svc.id
  name     = "loader"
}

resource "motherduck_ducklings" "svc" {
  username   = motherduck_service_account.svc.id
  read_write = { instance_size = "pulse" }
}
"#;

#[test]
fn a_username_that_is_taken_offers_an_import_block_that_works() {
    for status in [DuplicateStatus::BadRequest, DuplicateStatus::Conflict] {
        let story = Story::with(
            Emulator::builder().behaviour(|of| of.duplicate_status = status),
            ACCOUNT,
        );
        story.outside_account("svc");

        let refused = story.apply_fails();
        refused
            .shows("Service account \"svc\" exists already")
            .shows("motherduck_service_account.svc");
        assert_eq!(story.addresses(), NOTHING);

        let words = refused.words();
        let start = words.find("import {").expect("an import block");
        let end = start + words[start..].find('}').unwrap();
        // The words have no line breaks, and the configuration has three lines.
        let block = words[start..=end]
            .replace("{ to", "{\nto")
            .replace(" id =", "\nid =")
            .replace('}', "\n}\n")
            .replace("NAME", "svc");
        story.write("import.tf", &block);
        story
            .plan()
            .expect([("motherduck_service_account.svc", "import")]);
        story.apply_saved_plan();
        story.expect_clean();
    }
}

#[test]
fn the_username_of_a_human_member_is_taken_too_and_cannot_be_imported() {
    let story = Story::new(ACCOUNT);
    story
        .emulator()
        .seed(&json!({ "users": [{ "username": "SVC", "is_service_account": false }] }))
        .unwrap();

    story.apply_fails().shows("exists already");
    story
        .fail(["import", "motherduck_service_account.svc", "svc"])
        .shows("is a human member");
}

#[test]
fn objects_created_before_a_failure_are_kept_and_the_next_run_completes() {
    let many = |third: &str| {
        format!(
            r#"
            resource "motherduck_service_account" "many" {{
              for_each = {{ one = "svc_one", two = "svc_two", three = "{third}", four = "svc_four" }}
              username = each.value
            }}

            resource "motherduck_token" "many" {{
              for_each = motherduck_service_account.many
              username = each.value.id
              name     = "loader"
            }}
            "#
        )
    };
    let story = Story::new(&many("taken"));
    story.outside_account("taken");

    story
        .apply_fails()
        .shows("Service account \"taken\" exists already")
        .shows("motherduck_service_account.many[\"three\"]");

    // The tokens depend on all accounts, so they are not created.
    assert_eq!(
        story.addresses(),
        [
            "motherduck_service_account.many[\"four\"]",
            "motherduck_service_account.many[\"one\"]",
            "motherduck_service_account.many[\"two\"]",
        ]
    );
    assert_eq!(
        story.service_accounts(),
        ["svc_four", "svc_one", "svc_two", "taken"]
    );

    story.main(&many("svc_three"));
    story.apply().shows("Resources: 5 added, 0 changed, 0 destroyed");
    assert_eq!(story.live_tokens("taken"), NOTHING);
    assert_eq!(story.live_tokens("svc_three").len(), 1);
    story.expect_clean();
}

#[test]
fn an_api_that_is_away_changes_nothing_in_the_state() {
    let mut story = Story::new(ALL);
    story.apply();
    let state = fs::read(story.path("terraform.tfstate")).unwrap();
    let address = story.emulator().address().to_string();
    story.stop_emulator();

    for arguments in [
        ["plan", "-input=false"],
        ["apply", "-auto-approve"],
        ["refresh", "-input=false"],
        ["destroy", "-auto-approve"],
    ] {
        story
            .fail(arguments)
            .shows("Service account \"svc\" could not be read")
            .shows(&address)
            .shows("1 attempt")
            .shows("MOTHERDUCK_API_BASE_URL")
            .hides("is gone");
        assert_eq!(
            fs::read(story.path("terraform.tfstate")).unwrap(),
            state,
            "{arguments:?}"
        );
    }
}

#[test]
fn retries_are_counted_in_the_error() {
    let mut story = Story::new(&ALL.replace("max_retries = 0", "max_retries = 1"));
    story.stop_emulator();

    story
        .apply_fails()
        .shows("Service account \"svc\" could not be created")
        .shows("2 attempts");
}

#[test]
fn an_address_without_the_api_removes_nothing_from_the_state() {
    let mut story = Story::new(ALL);
    story.apply();
    let elsewhere = format!("{}/somewhere/else", story.emulator().url());
    story.set("MOTHERDUCK_API_BASE_URL", elsewhere);

    story
        .fail(["plan"])
        .shows("404")
        .shows("not as the MotherDuck API does")
        .hides("is gone");
    assert_eq!(story.addresses().len(), 3);
}

#[test]
fn a_refused_admin_token_is_named_with_where_it_comes_from() {
    let mut story = Story::new(ACCOUNT);
    story.set("MOTHERDUCK_ADMIN_TOKEN", "wrong");

    story
        .apply_fails()
        .shows("Service account \"svc\" could not be created")
        .shows("401")
        .shows("Set `admin_token` in the provider block, or MOTHERDUCK_ADMIN_TOKEN or MOTHERDUCK_TOKEN in the environment");
}

#[test]
fn without_a_token_nothing_is_sent_and_the_error_names_the_settings() {
    let mut story = Story::new(ALL);
    story.set("MOTHERDUCK_ADMIN_TOKEN", " ");

    // Commands without API calls still work.
    story.run(["validate"]);
    story.run(["providers", "schema", "-json"]);
    story.plan().expect([
        ("motherduck_ducklings.svc", "create"),
        ("motherduck_service_account.svc", "create"),
        ("motherduck_token.loader", "create"),
    ]);
    let refused = story.apply_fails();
    for place in ["`admin_token`", "MOTHERDUCK_ADMIN_TOKEN", "MOTHERDUCK_TOKEN"] {
        refused.shows(place);
    }
    assert_eq!(story.sent(), NOTHING);
}

#[test]
fn sizes_outside_the_plan_are_refused_with_the_text_of_the_api() {
    let main = resource(
        "motherduck_ducklings.svc",
        "username = \"svc\"\nread_write = { instance_size = \"giga\" }",
    );
    let story = Story::with(Emulator::builder().behaviour(|of| of.plan = Plan::Lite), &main);
    story.outside_account("svc");

    story
        .apply_fails()
        .shows("The Ducklings of \"svc\" could not be set")
        .shows("Invalid config for tier")
        .shows("PUT /v1/users/svc/instances")
        .shows("400");
    assert_eq!(story.addresses(), NOTHING);
}

#[test]
fn an_issue_that_the_api_names_is_shown_at_its_attribute() {
    // The provider accepts letters of every script; this API does not.
    let story = Story::with(
        Emulator::builder().behaviour(|of| of.ascii_usernames = true),
        &ACCOUNT.replace("\"svc\"\n}", "\"größe\"\n}"),
    );

    story
        .apply_fails()
        .shows("Username must contain only letters, digits and underscores")
        .shows("3: username = \"größe\"");
}

#[test]
fn a_token_for_an_account_that_is_not_there_fails_and_is_not_kept() {
    let story = Story::new(&resource(
        "motherduck_token.loader",
        "username = \"nobody\"
name = \"loader\"",
    ));

    story
        .apply_fails()
        .shows("Token \"loader\" of \"nobody\" could not be created")
        .shows("404 NOT_FOUND")
        .shows("refer to the `id` of its resource")
        .shows("username = \"nobody\"");
    assert_eq!(story.addresses(), NOTHING);
}
