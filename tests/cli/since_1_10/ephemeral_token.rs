//! Ephemeral tokens: they are valid during a run, are not stored, and are revoked at its end.

use std::fs;
use std::time::Duration;

use motherduck_emulator::{Emulator, EmulatorBuilder};
use serde_json::json;

use crate::support::{Feature, NOTHING, Story, example};

/// The file to which a program that Terraform starts writes the secret it received.
const RECEIVED: &str = "received";

/// A program receives the token in its environment.
const PROVISIONER: &str = r#"
resource "motherduck_service_account" "svc" {
  username            = "svc"
  deletion_protection = false
}

ephemeral "motherduck_token" "run" {
  username = motherduck_service_account.svc.id
  ttl      = 600
}

variable "load" {
  default = "1"
}

resource "terraform_data" "load" {
  triggers_replace = var.load

  provisioner "local-exec" {
    command     = "printf %s \"$TOKEN\" >received"
    environment = { TOKEN = ephemeral.motherduck_token.run.token }
  }
}
"#;

/// A provider configuration with a token of an existing admin.
const PROVIDER_TOKEN: &str = r#"
ephemeral "motherduck_token" "admin" {
  username = "terraform_admin"
}

provider "motherduck" {
  alias       = "short_lived"
  admin_token = ephemeral.motherduck_token.admin.token
}

resource "motherduck_service_account" "team" {
  provider            = motherduck.short_lived
  username            = "team"
  deletion_protection = false
}
"#;

fn story_with_admin(main: &str) -> Story {
    story_with_admin_on(Emulator::builder(), main)
}

fn story_with_admin_on(emulator: EmulatorBuilder, main: &str) -> Story {
    let story = Story::since_without_init(Feature::Ephemeral, emulator);
    let admin = json!({ "username": "terraform_admin", "is_service_account": true, "roles": ["admin"] });
    story.emulator().seed(&json!({ "users": [admin] })).unwrap();
    story.init(main);
    story
}

// --- Use, and what is stored ---

#[test]
fn provisioner_receives_the_token_and_no_other_file_contains_it() {
    let mut story = Story::since(Feature::Ephemeral, PROVISIONER);
    let header = story.token_header();
    let log = story.log_to("trace.log", "TRACE");
    // The username is not known yet, so this plan creates no token.
    let plan = story.plan();
    assert_eq!(story.created_and_revoked("svc"), (0, 0));
    plan.outcome().assert_does_not_show(&header);
    story.apply_saved_plan().assert_does_not_show(&header);
    assert_eq!(story.created_and_revoked("svc"), (1, 1));
    let first = fs::read_to_string(story.path(RECEIVED)).unwrap();
    assert!(first.starts_with(&header), "the program received a token");

    // The plan creates one token, and the apply another.
    story.set("TF_VAR_load", "2");
    story.clear_requests();
    story.plan().outcome().assert_does_not_show(&header);
    assert_eq!(story.created_and_revoked("svc"), (1, 1));
    assert_eq!(story.files_with(&header), [RECEIVED]);
    story.apply_saved_plan().assert_does_not_show(&header);
    assert_eq!(story.created_and_revoked("svc"), (2, 2));
    assert_eq!(story.live_tokens("svc"), NOTHING);
    let second = fs::read_to_string(story.path(RECEIVED)).unwrap();
    assert_ne!(first, second);

    let log = fs::read_to_string(log).unwrap();
    assert!(log.contains("/v1/users/svc/tokens"), "the requests are logged");
    assert!(log.contains("response body"), "their bodies are logged");
    // The search finds the username, also in the plan file, so it would find a secret.
    let places = story.files_with("motherduck_service_account.svc");
    assert!(
        places.iter().any(|name| name == "saved.tfplan:tfplan"),
        "{places:?}"
    );
    assert_eq!(story.files_with(&header), [RECEIVED]);
    assert_eq!(story.files_with(&second), [RECEIVED]);
    assert_eq!(story.files_with(&first), NOTHING);
}

#[test]
fn ephemeral_token_configures_a_provider_and_is_revoked() {
    let mut story = story_with_admin(PROVIDER_TOKEN);
    let header = story.token_header();
    story.log_to("trace.log", "TRACE");
    story.plan();
    assert_eq!(story.created_and_revoked("terraform_admin"), (1, 1));
    story.apply_saved_plan();
    assert_eq!(story.created_and_revoked("terraform_admin"), (2, 2));
    // The token exists while it is used.
    let writes: Vec<String> = story.writes().split_off(2);
    let methods: Vec<&str> = writes
        .iter()
        .filter_map(|write| write.split(' ').next())
        .collect();
    assert_eq!(methods, ["POST", "POST", "DELETE"]);
    assert_eq!(writes[1], "POST /v1/users 200");

    // The refresh of a plan without changes needs a token too.
    story.clear_requests();
    story.expect_empty_plan();
    assert_eq!(story.created_and_revoked("terraform_admin"), (1, 1));
    story.destroy();
    let (created, revoked) = story.created_and_revoked("terraform_admin");
    assert_eq!(created, revoked);
    assert_eq!(story.live_tokens("terraform_admin"), NOTHING);
    assert_eq!(story.service_accounts(), ["terraform_admin"]);
    assert_eq!(story.files_with(&header), NOTHING);
}

// --- Failures and interrupts ---

#[test]
fn failed_apply_with_a_slow_api_revokes_the_token() {
    // Terraform kills a provider two seconds after its response to `Shutdown`.
    let emulator = Emulator::builder().latency(Duration::from_millis(2500));
    let story = story_with_admin_on(emulator, PROVIDER_TOKEN);
    story.create_account("team");
    story.apply_fails().assert_shows("import");
    assert_eq!(story.created_and_revoked("terraform_admin"), (2, 2));
    assert_eq!(story.live_tokens("terraform_admin"), NOTHING);
}

mod interrupted {
    use std::time::Duration;

    use motherduck_emulator::Emulator;

    use super::{PROVIDER_TOKEN, story_with_admin_on};
    use crate::support::{NOTHING, ProcessGroup, Story, resource, wait_for};

    /// Returns one of several accounts that each depend on the previous one.
    fn account(number: u32) -> String {
        let before = match number {
            0 => "team".to_owned(),
            _ => format!("a{}", number - 1),
        };
        let body = format!(
            "provider = motherduck.short_lived\nusername = \"svc_a{number}\"\n\
             depends_on = [motherduck_service_account.{before}]"
        );
        resource(&format!("motherduck_service_account.a{number}"), &body)
    }

    /// A story that takes long enough to be interrupted.
    fn slow_story() -> Story {
        let emulator = Emulator::builder().latency(Duration::from_millis(300));
        let chain: String = (0..10).map(account).collect();
        story_with_admin_on(emulator, &(PROVIDER_TOKEN.to_owned() + &chain))
    }

    /// Waits until the apply, and not the plan before it, has used its token.
    fn wait_until_the_token_is_used(story: &Story) {
        wait_for("the first account", || {
            let created = |request: &String| request.starts_with("POST /v1/users ");
            story.writes().iter().any(created).then_some(())
        });
    }

    #[test]
    fn interrupted_apply_revokes_the_token() {
        let story = slow_story();
        let mut apply = ProcessGroup::start(&story, ["apply", "-auto-approve"]);
        wait_until_the_token_is_used(&story);

        apply.interrupt();

        apply.expect_interrupted();
        assert_eq!(story.created_and_revoked("terraform_admin"), (2, 2));
        assert_eq!(story.live_tokens("terraform_admin"), NOTHING);
    }
}

// --- Examples of the documentation ---

#[test]
fn token_example_applies_with_empty_next_plan() {
    let story = story_with_admin(&example(
        "ephemeral-resources/motherduck_token/ephemeral-resource.tf",
    ));
    story.write_program("load.sh", "#!/bin/sh\ntest -n \"$motherduck_token\"\n");
    story.apply();
    assert_eq!(
        story.service_accounts(),
        ["dashboards", "nightly_loader", "terraform_admin"]
    );
    for username in ["nightly_loader", "terraform_admin"] {
        assert_eq!(story.live_tokens(username), NOTHING);
    }
    story.expect_empty_plan();
}
