//! `motherduck_ducklings`: changing an account's Ducklings, and destroying the resource.

use serde_json::{Value, json};

use crate::support::{NOTHING, Story, resource};

const ADDRESS: &str = "motherduck_ducklings.svc";

fn ducklings(arguments: &str) -> String {
    resource(ADDRESS, &format!("username = \"svc\"\n{arguments}"))
}

/// A story with the account `svc`, whose Ducklings were set outside of Terraform: `jumbo` with a cooldown of
/// 90 seconds for `read_write`, and a flock of two `standard` ones for `read_scaling`.
#[track_caller]
fn story(arguments: &str) -> Story {
    let story = Story::new(&ducklings(arguments));
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
fn apply_sets_only_the_managed_block_and_destroy_sends_no_write() {
    let story = story("read_write = { instance_size = \"standard\" }");

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

    story.forget();
    story
        .destroy()
        .shows("Ducklings are left as they are")
        .shows("stay as they are")
        .shows("restore_on_destroy");
    assert_eq!(story.writes(), NOTHING);
    assert_eq!(live(&story), wanted);
    assert_eq!(story.addresses(), NOTHING);
}

#[test]
fn destroy_with_restore_on_destroy_restores_earlier_sizes() {
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
