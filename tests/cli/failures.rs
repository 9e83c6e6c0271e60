//! Failures: the messages, and the state afterwards.

use std::fs;

use motherduck_emulator::Emulator;

use crate::support::{NOTHING, Story, block, resource, unprotected_resources};

const ACCOUNT: &str = r#"
resource "motherduck_service_account" "svc" {
  username = "svc"
}
"#;

#[test]
fn error_for_an_existing_account_contains_a_valid_import_block() {
    let story = Story::new(ACCOUNT);
    story.create_account("svc");

    let refused = story.apply_fails();
    refused
        .assert_shows("Service account \"svc\" exists already")
        .assert_shows("motherduck_service_account.svc");
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
    story.expect_empty_plan();
}

#[test]
fn objects_created_before_a_failure_are_in_the_state() {
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
    story.create_account("taken");

    story
        .apply_fails()
        .assert_shows("Service account \"taken\" exists already")
        .assert_shows("motherduck_service_account.many[\"three\"]");

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

    story.write_main(&many("svc_three"));
    story
        .apply()
        .assert_shows("Resources: 5 added, 0 changed, 0 destroyed");
    assert_eq!(story.live_tokens("taken"), NOTHING);
    assert_eq!(story.live_tokens("svc_three").len(), 1);
    story.expect_empty_plan();
}

#[test]
fn unreachable_api_is_an_error_and_state_is_unchanged() {
    let mut story =
        Story::new(&(block("provider \"motherduck\"", "max_retries = 0") + &unprotected_resources()));
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
            .run_fails(arguments)
            .assert_shows("Service account \"svc\" could not be read")
            .assert_shows(&address)
            .assert_shows("1 attempt")
            .assert_shows("MOTHERDUCK_API_BASE_URL")
            .assert_does_not_show("is gone");
        assert_eq!(
            fs::read(story.path("terraform.tfstate")).unwrap(),
            state,
            "{arguments:?}"
        );
    }
}

#[test]
fn api_error_is_shown_at_its_attribute_with_the_text_of_the_api() {
    // The provider accepts letters of every script; this API does not.
    let token = resource(
        "motherduck_token.loader",
        "username = \"nobody\"\nname = \"loader\"",
    );
    let main = ACCOUNT.replace("\"svc\"\n}", "\"größe\"\n}") + &token;
    let story = Story::with(
        Emulator::builder().behaviour(|of| of.ascii_usernames = true),
        &main,
    );

    story
        .apply_fails()
        .assert_shows("Username must contain only letters, digits and underscores")
        .assert_shows("3: username = \"größe\"")
        .assert_shows("Token \"loader\" of \"nobody\" could not be created")
        .assert_shows("404 NOT_FOUND")
        .assert_shows("refer to the `id` of its resource")
        .assert_shows("username = \"nobody\"");
    assert_eq!(story.addresses(), NOTHING);
}
