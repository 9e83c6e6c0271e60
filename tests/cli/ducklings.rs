//! `motherduck_ducklings`: changing an account's Ducklings, and destroying the resource.

use std::time::Duration;

use motherduck_emulator::Emulator;
use serde_json::{Value, json};

use crate::support::{NOTHING, Story, resource};

const ADDRESS: &str = "motherduck_ducklings.svc";

fn ducklings(arguments: &str) -> String {
    resource(ADDRESS, &format!("username = \"svc\"\n{arguments}"))
}

const STANDARD: &str = "read_write = { instance_size = \"standard\" }";

/// A story with the account `svc`, whose Ducklings were set outside of Terraform: `jumbo` with a cooldown of
/// 90 seconds for `read_write`, and a flock of two `standard` ones for `read_scaling`.
#[track_caller]
fn story(arguments: &str) -> Story {
    with(Emulator::builder(), arguments)
}

#[track_caller]
fn with(emulator: Emulator, arguments: &str) -> Story {
    let story = Story::with(emulator, &ducklings(arguments));
    story.outside_account("svc");
    story.outside_ducklings(
        "svc",
        &json!({ "instance_size": "jumbo", "cooldown_seconds": 90 }),
        &json!({ "instance_size": "standard", "flock_size": 2, "cooldown_seconds": 120 }),
    );
    story
}

fn before() -> Value {
    json!({
        "read_write": { "instance_size": "jumbo", "cooldown_seconds": 90 },
        "read_scaling": { "instance_size": "standard", "flock_size": 2, "cooldown_seconds": 120 },
    })
}

fn live(story: &Story) -> Value {
    story.account("svc")["ducklings"].clone()
}

#[test]
fn creating_sets_the_managed_block_and_leaves_the_other() {
    let story = story(STANDARD);

    let plan = story.plan();
    plan.expect([(ADDRESS, "create")])
        .unknown(ADDRESS, "id")
        .unknown(ADDRESS, "read_write.cooldown_seconds")
        .unknown(ADDRESS, "read_scaling");
    story.forget();
    story.apply_saved_plan();

    assert_eq!(
        story.sent(),
        [
            "GET /v1/users/svc/instances 200",
            "PUT /v1/users/svc/instances 200",
            "GET /v1/users/svc/instances 200",
        ]
    );
    let wanted = json!({
        "read_write": { "instance_size": "standard", "cooldown_seconds": 60 },
        "read_scaling": { "instance_size": "standard", "flock_size": 2, "cooldown_seconds": 120 },
    });
    assert_eq!(live(&story), wanted);
    assert_eq!(
        story.resource(ADDRESS),
        json!({
            "username": "svc", "id": "svc", "restore_on_destroy": false,
            "read_write": wanted["read_write"], "read_scaling": wanted["read_scaling"],
        })
    );
    story.expect_clean();
}

#[test]
fn both_blocks_are_set_as_configured() {
    let story = story(
        "read_write = { instance_size = \"mega\", cooldown_seconds = 86400 }
         read_scaling = { instance_size = \"giga\", flock_size = 64, cooldown_seconds = 60 }",
    );

    story.apply();

    assert_eq!(
        live(&story),
        json!({
            "read_write": { "instance_size": "mega", "cooldown_seconds": 86400 },
            "read_scaling": { "instance_size": "giga", "flock_size": 64, "cooldown_seconds": 60 },
        })
    );
    story.expect_clean();
}

#[test]
fn a_block_changes_in_place() {
    let story = story("read_scaling = { instance_size = \"standard\", flock_size = 3 }");
    story.apply();
    // The configured size is the live one, so the unset cooldown keeps its live value.
    assert_eq!(
        live(&story)["read_scaling"],
        json!({ "instance_size": "standard", "flock_size": 3, "cooldown_seconds": 120 })
    );
    story.main(&ducklings(
        "read_scaling = { instance_size = \"standard\", flock_size = 4 }",
    ));

    let plan = story.plan();
    plan.expect([(ADDRESS, "update")]);
    assert_eq!(plan.after(ADDRESS)["read_scaling"]["cooldown_seconds"], 120);
    story.apply_saved_plan();

    assert_eq!(
        live(&story),
        json!({
            "read_write": { "instance_size": "jumbo", "cooldown_seconds": 90 },
            "read_scaling": { "instance_size": "standard", "flock_size": 4, "cooldown_seconds": 120 },
        })
    );
    story.expect_clean();
}

#[test]
fn another_account_has_other_ducklings() {
    let story = story(STANDARD);
    story.outside_account("other");
    story.apply();
    let kept = live(&story);
    story.main(&ducklings(STANDARD).replace("\"svc\"\n", "\"other\"\n"));

    story
        .plan()
        .expect([(ADDRESS, "replace")])
        .replaced_by(ADDRESS, ["username"])
        .unknown(ADDRESS, "id")
        .unknown(ADDRESS, "read_scaling");
    story.apply_saved_plan();

    assert_eq!(story.text(ADDRESS, "id"), "other");
    assert_eq!(
        story.account("other")["ducklings"]["read_write"]["instance_size"],
        "standard"
    );
    assert_eq!(live(&story), kept);
    story.expect_clean();
}

#[test]
fn a_block_that_is_no_longer_configured_stays_as_it_is() {
    let story = story(&format!(
        "{STANDARD}\nread_scaling = {{ instance_size = \"pulse\", flock_size = 1 }}"
    ));
    story.apply();
    let kept = live(&story);
    story.main(&ducklings(STANDARD));

    story.expect_clean();
    story.main(&ducklings("read_write = { instance_size = \"mega\" }"));
    story.apply();

    assert_eq!(live(&story)["read_scaling"], kept["read_scaling"]);
}

#[test]
fn a_destroy_leaves_the_sizes_and_warns() {
    let story = story(STANDARD);
    story.apply();
    let kept = live(&story);
    story.forget();

    story
        .destroy()
        .shows("Ducklings are left as they are")
        .shows("stay as they are")
        .shows("restore_on_destroy");

    assert_eq!(story.writes(), NOTHING);
    assert_eq!(live(&story), kept);
    assert_eq!(story.addresses(), NOTHING);
}

#[test]
fn a_destroy_restores_the_sizes_with_restore_on_destroy() {
    let both = "read_write = { instance_size = \"pulse\" }
                read_scaling = { instance_size = \"mega\", flock_size = 9 }
                restore_on_destroy = true";
    let story = story(both);
    story.apply();
    assert_ne!(live(&story), before());
    story.main(&ducklings(&both.replace("mega", "giga")));
    story.apply();

    story.destroy().hides("Warning:");

    assert_eq!(live(&story), before());
}

#[test]
fn two_resources_may_share_an_account() {
    // Without serialization, this latency would let each one read before the other one writes.
    let emulator = Emulator::builder().latency(Duration::from_millis(100));
    let story = with(
        emulator,
        r#"
        read_write = { instance_size = "giga", cooldown_seconds = 700 }
      }

      resource "motherduck_ducklings" "readers" {
        username     = "SVC"
        read_scaling = { instance_size = "mega", flock_size = 8, cooldown_seconds = 400 }
        "#,
    );

    story.apply();

    assert_eq!(
        live(&story),
        json!({
            "read_write": { "instance_size": "giga", "cooldown_seconds": 700 },
            "read_scaling": { "instance_size": "mega", "flock_size": 8, "cooldown_seconds": 400 },
        })
    );
    story.expect_clean();
}
