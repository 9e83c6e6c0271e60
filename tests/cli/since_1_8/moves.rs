//! `moved` blocks, and configurations that only name another provider: objects of other providers are
//! adopted, and nothing is created, changed or destroyed.

use std::fs;

use motherduck_emulator::Emulator;
use serde_json::{Value, json};

use crate::support::{
    Feature, Guide, NOTHING, REQUIRED_PROVIDERS, StoredResource, Story, block, example, moved, resource,
};

const OFFICIAL: &str = "motherduckdb/motherduck";
const COMMUNITY: &str = "jpig18/motherduck";
const OWN: &str = "motherduck-rs/motherduck";
const ACCOUNT: &str = "motherduck_service_account.loader";
const TOKEN: &str = "motherduck_token.loader";
const DUCKLINGS: &str = "motherduck_ducklings.loader";

/// The username in all configurations.
const USERNAME: &str = "nightly_loader";

/// A story in which the account exists with Ducklings and a token. Returns also the token as the API returned
/// it.
#[track_caller]
fn story(main: &str, token: &Value) -> (Story, Value) {
    let story = Story::since_without_init(Feature::Moves, Emulator::builder());
    story.write("main.tf", main);
    story.create_account(USERNAME);
    story.set_ducklings(
        USERNAME,
        &json!({ "instance_size": "jumbo", "cooldown_seconds": 120 }),
        &json!({ "instance_size": "pulse", "flock_size": 2 }),
    );
    let created = story.request("POST", &format!("/v1/users/{USERNAME}/tokens"), token);
    (story, created)
}

/// Returns the state of the official provider.
fn official(created: &Value, ttl: &Value) -> [StoredResource; 3] {
    [
        StoredResource {
            address: "motherduck_service_account.loader",
            schema_version: 1,
            attributes: json!({ "id": USERNAME, "username": USERNAME }),
        },
        StoredResource {
            address: "motherduck_access_token.loader",
            schema_version: 1,
            attributes: json!({
                "id": created["id"], "username": USERNAME, "name": created["name"],
                "description": created["description"], "ttl": ttl, "token_type": created["token_type"],
                "token": created["token"], "expire_at": created["expire_at"], "created_ts": created["created_ts"],
                "read_only": created["read_only"],
            }),
        },
        StoredResource {
            address: "motherduck_duckling_config.loader",
            schema_version: 1,
            attributes: json!({
                "id": USERNAME, "username": USERNAME, "read_write_instance_size": "jumbo",
                "read_write_cooldown_seconds": 120, "read_scaling_instance_size": "pulse",
                "read_scaling_flock_size": 2, "read_scaling_cooldown_seconds": 60,
            }),
        },
    ]
}

/// Returns the state of the community's provider.
fn community(created: &Value, ttl: &Value) -> [StoredResource; 3] {
    [
        StoredResource {
            address: "motherduck_service_account.loader",
            schema_version: 0,
            attributes: json!({ "id": USERNAME, "username": USERNAME, "deletion_policy": "delete" }),
        },
        StoredResource {
            address: "motherduck_token.loader",
            schema_version: 0,
            attributes: json!({
                "id": created["id"], "username": USERNAME, "name": created["name"], "ttl_seconds": ttl,
                "token_type": created["token_type"], "token": created["token"], "created_at": created["created_ts"],
                "expires_at": created["expire_at"].as_str().unwrap_or_default(),
                "read_only": created["read_only"],
            }),
        },
        StoredResource {
            address: "motherduck_duckling_config.loader",
            schema_version: 0,
            attributes: json!({
                "id": USERNAME, "username": USERNAME,
                "read_write": { "instance_size": "jumbo", "cooldown_seconds": 120 },
                "read_scaling": { "instance_size": "pulse", "flock_size": 2, "cooldown_seconds": null },
            }),
        },
    ]
}

/// Expects that everything is in the state under this provider's types, with the secret, that no write was
/// sent, and that the next plan is empty.
#[track_caller]
fn assert_moved(story: &Story, created: &Value) {
    assert_eq!(story.writes(), NOTHING);
    assert_eq!(
        story.attribute(TOKEN, "token"),
        created["token"].as_str().unwrap()
    );
    assert_eq!(story.attribute(TOKEN, "id"), created["id"].as_str().unwrap());
    assert_eq!(story.addresses(), [DUCKLINGS, ACCOUNT, TOKEN]);
    assert_eq!(story.attributes(ACCOUNT)["deletion_protection"], true);
    story.expect_empty_plan();
    // The state names only this provider, so `init` needs no other one.
    let state = fs::read_to_string(story.path("terraform.tfstate")).unwrap();
    for other in [OFFICIAL, COMMUNITY, "ships/motherduck"] {
        assert!(!state.contains(other), "{state}");
    }
}

/// Expects a plan with only these moves, and that its apply sends no write.
#[track_caller]
fn assert_applies_moves<const N: usize>(story: &Story, created: &Value, moved: [(&str, &str); N]) {
    story
        .plan()
        .expect(moved)
        .outcome()
        .assert_does_not_show("Warning:");
    story.apply_saved_plan();

    assert_moved(story, created);
}

/// Returns the token of the guide.
fn guides_token() -> Value {
    json!({ "name": "nightly-load", "ttl": 30 * 24 * 3600 })
}

#[test]
fn moving_guide_moves_resources_of_the_official_provider() {
    let token = guides_token();
    let (mut story, created) = story("", &token);
    story.install_stand_in(OFFICIAL);
    story.write_state(OFFICIAL, &official(&created, &token["ttl"]));
    let mut guide = Guide::read("moving");

    guide.run_until(&mut story, "From `jpig18/motherduck` or `ships/motherduck`");
    assert_moved(&story, &created);

    // The `moved` blocks may stay in the configuration; a destroy still works.
    story
        .run_fails(["destroy", "-auto-approve"])
        .assert_shows("is protected from deletion");
    assert_eq!(story.writes(), NOTHING);
}

#[test]
fn moving_guide_moves_resources_of_community_providers() {
    for provider in [COMMUNITY, "ships/motherduck"] {
        let token = guides_token();
        let (mut story, created) = story("", &token);
        story.install_stand_in(provider);
        story.write_state(provider, &community(&created, &token["ttl"]));
        let mut guide = Guide::read("moving");
        guide.skip_until("From `jpig18/motherduck` or `ships/motherduck`");

        guide.run_until(&mut story, "With `state replace-provider`");
        assert_moved(&story, &created);
    }
}

#[test]
fn moving_guide_replaces_the_provider_in_a_new_checkout() {
    let token = guides_token();
    let (mut story, created) = story("", &token);
    let [account, stored_token, _] = community(&created, &token["ttl"]);
    story.write_state(COMMUNITY, &[account, stored_token]);
    let module = REQUIRED_PROVIDERS.to_owned() + "output \"nothing\" {\nvalue = 1\n}\n";
    story.write("module/main.tf", &module);
    story.write_main(
        &(REQUIRED_PROVIDERS.to_owned()
            + &resource(ACCOUNT, &format!("username = \"{USERNAME}\""))
            + &resource(
                TOKEN,
                &format!(
                    "username = \"{USERNAME}\"\nname = \"nightly-load\"\nttl = {}",
                    token["ttl"]
                ),
            )
            + &block("module \"other\"", "source = \"./module\"")),
    );
    // Before `get`, neither this command nor `init` works.
    let (from, to) = (story.address_of(COMMUNITY), story.address_of(OWN));
    story
        .run_fails(["state", "replace-provider", "-auto-approve", &from, &to])
        .assert_shows("terraform init");
    let mut guide = Guide::read("moving");
    guide.skip_until("With `state replace-provider`");

    guide.run_until(&mut story, "What changes, and what does not");
    story.expect_empty_plan();
    story.apply();
    assert_eq!(story.writes(), NOTHING);
    assert_eq!(
        story.attribute(TOKEN, "token"),
        created["token"].as_str().unwrap()
    );
}

#[test]
fn keepers_and_rotation_arguments_at_a_move_plan_as_documented() {
    let token = guides_token();
    let with = |name: &str, more: &str| {
        REQUIRED_PROVIDERS.to_owned()
            + &resource(
                &format!("motherduck_token.{name}"),
                &format!("username = \"{USERNAME}\"\nttl = {}\n{more}", token["ttl"]),
            )
    };
    let keepers = "name = \"nightly-load\"\nkeepers = { rotated = \"one\" }";
    let begin = |main: &str| {
        let (story, created) = story(main, &token);
        let [_, stored_token, _] = community(&created, &token["ttl"]);
        story.install_stand_in(COMMUNITY);
        story.write_state(COMMUNITY, &[stored_token]);
        story.run(["init"]);
        story
    };

    // The same type and name with `keepers` in the same step: the token is replaced.
    begin(&with("loader", keepers))
        .plan()
        .expect([(TOKEN, "replace")])
        .replaced_by(TOKEN, ["keepers"]);
    // Another name with a `moved` block: the keepers are recorded.
    let main = with("etl", keepers) + &moved(TOKEN, "motherduck_token.etl");
    begin(&main).plan().expect([("motherduck_token.etl", "update")]);
    // Rotation arguments in the same step are recorded.
    let rotated = "name_prefix = \"nightly-\"\nearly_rotation_seconds = 3600\nrevoke_on_destroy = false";
    let story = begin(&with("loader", rotated));
    story.plan().expect([(TOKEN, "update")]);
    story.apply_saved_plan();
    assert_eq!(story.writes(), NOTHING);
    story.expect_empty_plan();
}

/// The configuration of the example, for states with other type names.
fn main(token: &str) -> String {
    REQUIRED_PROVIDERS.to_owned()
        + &resource(
            ACCOUNT,
            &format!("username = \"{USERNAME}\"\ndeletion_protection = true"),
        )
        + &resource(
            TOKEN,
            &format!("username = {ACCOUNT}.username\nname = \"nightly-load\"\n{token}"),
        )
        + &resource(
            DUCKLINGS,
            &format!(
                "username = {ACCOUNT}.username\nread_write = {{ instance_size = \"jumbo\" }}\nrestore_on_destroy = false"
            ),
        )
}

#[test]
fn example_moves_resources_after_replace_provider() {
    let ttl = json!(30 * 24 * 3600);
    let token = json!({ "name": "nightly-load", "ttl": ttl });
    let (story, created) = story(&example("moving/main.tf"), &token);
    story.write_state(OFFICIAL, &official(&created, &ttl));
    // The command has no filter: it also changes the provider of types that this provider lacks.
    story.replace_provider(OFFICIAL);
    story.run(["init"]);

    assert_applies_moves(&story, &created, [(DUCKLINGS, "move"), (TOKEN, "move")]);
}

#[test]
fn moved_blocks_rename_resources_of_every_type() {
    let main = main("ttl = 3600")
        + &moved("motherduck_service_account.old", ACCOUNT)
        + &moved("motherduck_token.old", TOKEN)
        + &moved("motherduck_duckling_config.old", DUCKLINGS);
    let (story, created) = story(&main, &json!({ "name": "nightly-load", "ttl": 3600 }));
    let mut resources = community(&created, &json!(3600));
    resources[0].address = "motherduck_service_account.old";
    resources[1].address = "motherduck_token.old";
    resources[2].address = "motherduck_duckling_config.old";
    story.install_stand_in(COMMUNITY);
    story.write_state(COMMUNITY, &resources);
    story.run(["init"]);

    assert_applies_moves(
        &story,
        &created,
        [(DUCKLINGS, "move"), (ACCOUNT, "move"), (TOKEN, "move")],
    );
}

#[test]
fn destroy_restores_sizes_from_before_the_move() {
    let main = main("")
        + &moved("motherduck_access_token.loader", TOKEN)
        + &moved("motherduck_duckling_config.loader", DUCKLINGS);
    let main = main
        .replace("restore_on_destroy = false", "restore_on_destroy = true")
        .replace("deletion_protection = true", "deletion_protection = false");
    let (story, created) = story(&main, &json!({ "name": "nightly-load" }));
    story.install_stand_in(OFFICIAL);
    story.write_state(OFFICIAL, &official(&created, &json!(null)));
    story.run(["init"]);
    story.apply();

    story.write_main(&main.replace("jumbo", "giga"));
    story.apply();
    let size = || story.account(USERNAME)["ducklings"]["read_write"]["instance_size"].clone();
    assert_eq!(size(), "giga");
    story.run(["destroy", "-auto-approve", &format!("-target={DUCKLINGS}")]);
    assert_eq!(size(), "jumbo");
}
