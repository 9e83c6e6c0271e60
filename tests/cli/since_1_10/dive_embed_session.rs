//! Embed sessions: a program receives the secret, and no file stores it.

use std::fs;

use motherduck_emulator::Emulator;
use serde_json::json;

use crate::support::{Feature, Story, example};

const DIVE: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
/// The file to which a program that Terraform starts writes the secret it received.
const RECEIVED: &str = "received";

const MAIN: &str = r#"
ephemeral "motherduck_dive_embed_session" "sales" {
  dive_id            = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
  username           = "viewer"
  required_resources = [{ url = "md:_share/sales/1" }]
  initial_state      = jsonencode({ region = "EMEA" })
}

resource "terraform_data" "page" {
  provisioner "local-exec" {
    command     = "printf %s \"$SESSION\" >received"
    environment = { SESSION = ephemeral.motherduck_dive_embed_session.sales.session }
  }
}
"#;

fn story(main: &str) -> Story {
    let story = Story::since_without_init(Feature::Ephemeral, Emulator::builder());
    let seed = json!({
        "users": [{ "username": "viewer", "is_service_account": true }],
        "dives": [{ "id": DIVE, "title": "Sales", "version": 3 }],
    });
    story.emulator().seed(&seed).unwrap();
    story.init(main);
    story
}

#[test]
fn provisioner_receives_the_session_and_no_other_file_contains_it() {
    let mut story = story(MAIN);
    let log = story.log_to("trace.log", "TRACE");
    story.plan();
    story.apply_saved_plan();

    // The plan opens one session and the apply another. Closing sends no request.
    let open = format!("POST /v1/dives/{DIVE}/embed-session 200");
    assert_eq!(story.requests(), [open.clone(), open]);
    let secret = fs::read_to_string(story.path(RECEIVED)).unwrap();
    assert!(secret.len() > 20, "{secret}");
    assert_eq!(story.files_with(&secret), [RECEIVED]);
    let log = fs::read_to_string(log).unwrap();
    assert!(
        log.contains(r#"\"session\":\"***\""#),
        "the response's body is logged"
    );
}

#[test]
fn session_example_applies_with_empty_next_plan() {
    let story = story(&example(
        "ephemeral-resources/motherduck_dive_embed_session/ephemeral-resource.tf",
    ));
    story.write_program("render.sh", "#!/bin/sh\ntest -n \"$SESSION\"\n");
    story.apply();
    story.expect_empty_plan();
}
