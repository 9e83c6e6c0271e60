//! The action that revokes tokens, triggered by a resource and invoked with `-invoke`.

use serde_json::{Value as Json, json};

use crate::support::{Feature, NOTHING, Story};

const MAIN: &str = r#"
variable "release" {
  default = "1"
}

action "motherduck_revoke_tokens" "builds" {
  config {
    username    = "ci"
    name_prefix = "build-"
  }
}

resource "terraform_data" "release" {
  input = var.release

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.motherduck_revoke_tokens.builds]
    }
  }
}
"#;

const INVOKE: [&str; 3] = [
    "apply",
    "-auto-approve",
    "-invoke=action.motherduck_revoke_tokens.builds",
];

/// A story with an account that has two tokens of builds and another one.
fn story(main: &str) -> Story {
    let story = Story::since(Feature::Actions, main);
    let token = |number: u32, name: &str| {
        json!({
            "id": id(number), "name": name, "token_type": "read_write",
            "created_ts": format!("2026-01-0{number}T00:00:00Z"),
        })
    };
    let tokens: Vec<Json> = vec![token(1, "build-1"), token(2, "build-2"), token(3, "laptop")];
    let users = json!([{ "username": "ci", "is_service_account": true, "tokens": tokens }]);
    story.emulator().seed(&json!({ "users": users })).unwrap();
    story
}

fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-00000000000{number}")
}

/// Returns the requests of an action that finds these tokens of builds, the oldest first.
fn requests(found: &[u32]) -> Vec<String> {
    let list = "GET /v1/users/ci/tokens 200".to_owned();
    let revoke = |number: &u32| format!("DELETE /v1/users/ci/tokens/{} 200", id(*number));
    std::iter::once(list).chain(found.iter().map(revoke)).collect()
}

#[test]
fn action_trigger_revokes_tokens_with_the_prefix() {
    let mut story = story(MAIN);
    let plan = story.plan();
    plan.outcome().assert_shows("motherduck_revoke_tokens");
    assert_eq!(story.requests(), NOTHING, "a plan sends no request");

    story
        .apply_saved_plan()
        .assert_shows("Of the 3 tokens of \"ci\", 2 will be revoked.")
        .assert_shows(&format!("Revoked \"build-1\" ({}).", id(1)))
        .assert_shows(&format!("Revoked \"build-2\" ({}).", id(2)))
        .assert_shows("Done: 2 of 2 tokens revoked.");
    assert_eq!(story.requests(), requests(&[1, 2]));
    assert_eq!(story.live_tokens("ci"), [id(3)]);

    // Without a change the action does not run.
    story.clear_requests();
    story.expect_empty_plan();
    story.set("TF_VAR_release", "2");
    story.apply().assert_shows("Done: 0 of 0 tokens revoked.");
    assert_eq!(story.requests(), requests(&[]));

    // The action is invoked with `-invoke` for an account that does not exist.
    story.write_main(&MAIN.replace("username    = \"ci\"", "username    = \"nobody\""));
    story
        .run_fails(INVOKE)
        .assert_shows("The tokens of \"nobody\" could not be listed")
        .assert_shows("Nothing was revoked");
    assert_eq!(story.live_tokens("ci"), [id(3)]);
}

#[test]
fn action_runs_after_its_unknown_arguments_are_known() {
    let main = r#"
        resource "motherduck_service_account" "svc" {
          username            = "svc"
          deletion_protection = false

          lifecycle {
            action_trigger {
              events  = [after_create]
              actions = [action.motherduck_revoke_tokens.all]
            }
          }
        }

        action "motherduck_revoke_tokens" "all" {
          config {
            username   = motherduck_service_account.svc.id
            token_type = "read_write"
          }
        }
    "#;
    let story = Story::since(Feature::Actions, main);
    story
        .apply()
        .assert_shows("Of the 0 tokens of \"svc\", 0 will be revoked.");
    assert!(
        story
            .requests()
            .contains(&"GET /v1/users/svc/tokens 200".to_owned())
    );
}

#[test]
fn action_examples_revoke_tokens() {
    let story = Story::since(
        Feature::Actions,
        include_str!("../../../examples/actions/motherduck_revoke_tokens/action.tf"),
    );
    story.apply().assert_shows("Done: 0 of 0 tokens revoked.");
    let leaked = story.create_token("nightly_loader", &json!({ "name": "leaked" }));
    assert_eq!(story.live_tokens("nightly_loader").len(), 2);
    story.run([
        "apply",
        "-auto-approve",
        "-invoke=action.motherduck_revoke_tokens.leaked",
    ]);
    assert!(!story.live_tokens("nightly_loader").contains(&leaked));
    assert_eq!(story.live_tokens("nightly_loader").len(), 1);
    story.expect_empty_plan();
}
