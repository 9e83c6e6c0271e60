//! Ephemeral tokens in a write-only argument of another provider's resource: the resource receives them, and
//! they are not stored.

use std::fs;

use motherduck_emulator::Emulator;
use serde_json::Value;

use crate::support::{Feature, NOTHING, REQUIRED_PROVIDERS_WITH_STRONGBOX, SecondProvider, Story};

const SECRET: &str = "strongbox_secret.loader";

/// The secret is sent on create, and again when its version changes.
const MAIN: &str = r#"
ephemeral "motherduck_token" "loader" {
  username = "emulator_admin"
  ttl      = 600
}

variable "secret_version" {
  default = 1
}

resource "strongbox_secret" "loader" {
  name              = "loader"
  secret_wo         = ephemeral.motherduck_token.loader.token
  secret_wo_version = var.secret_version
}
"#;

#[test]
fn write_only_argument_receives_tokens_and_no_file_contains_them() {
    let mut story = Story::since_without_init(Feature::WriteOnly, Emulator::builder());
    let strongbox = SecondProvider::strongbox(&mut story);
    story.write("versions.tf", REQUIRED_PROVIDERS_WITH_STRONGBOX);
    story.write_main(MAIN);
    story.run(["init"]);
    let header = story.token_header();
    let before = story.live_tokens("emulator_admin");
    let log = story.log_to("trace.log", "TRACE");

    story
        .plan()
        .expect([(SECRET, "create")])
        .outcome()
        .assert_does_not_show(&header);
    assert_eq!(story.created_and_revoked("emulator_admin"), (1, 1));
    story.apply_saved_plan().assert_does_not_show(&header);
    assert_eq!(story.created_and_revoked("emulator_admin"), (2, 2));

    // The token of the apply was valid when the resource received it.
    let tokens = strongbox.tokens();
    assert_eq!(tokens.len(), 1);
    assert!(tokens[0].starts_with(&header));
    assert_eq!(story.live_tokens("emulator_admin"), before);

    // Neither this token nor that of the plan is in the state, the plan file or the log.
    assert_eq!(story.attributes(SECRET)["secret_wo"], Value::Null);
    let log = fs::read_to_string(log).unwrap();
    assert!(
        log.contains("/v1/users/emulator_admin/tokens"),
        "the requests are logged"
    );
    assert!(log.contains("response body"), "their bodies are logged");
    let places = story.files_with("secret_wo_version");
    for place in ["saved.tfplan:tfplan", "terraform.tfstate"] {
        assert!(places.iter().any(|name| name == place), "{places:?}");
    }
    assert_eq!(story.files_with(&header), NOTHING);

    // Each run creates another token, which alone is no change.
    story.expect_empty_plan();
    story.apply();
    assert_eq!(strongbox.tokens().len(), 1);

    story.set("TF_VAR_secret_version", "2");
    story.plan().expect([(SECRET, "update")]);
    story.apply_saved_plan();
    story.expect_empty_plan();
    let tokens = strongbox.tokens();
    assert_eq!(tokens.len(), 2);
    assert_ne!(tokens[0], tokens[1]);
    story.destroy();
    assert_eq!(strongbox.tokens(), tokens);
    let (created, revoked) = story.created_and_revoked("emulator_admin");
    assert_eq!(created, revoked);
    assert_eq!(story.files_with(&header), NOTHING);
}
