//! `moved` blocks, and configurations that only name another provider: objects of other providers are
//! adopted, and nothing is created, changed or destroyed.

use std::fs;
use std::path::Path;

use motherduck_emulator::Emulator;
use serde_json::{Value, json};

use crate::support::{Feature, Guide, Left, NOTHING, Story, VERSIONS, block, resource};

const OFFICIAL: &str = "motherduckdb/motherduck";
const COMMUNITY: &str = "jpig18/motherduck";
const OWN: &str = "motherduck-rs/motherduck";
const ACCOUNT: &str = "motherduck_service_account.loader";
const TOKEN: &str = "motherduck_token.loader";
const DUCKLINGS: &str = "motherduck_ducklings.loader";

/// The username in all configurations.
const USERNAME: &str = "nightly_loader";

/// A story in which the account exists, with these Ducklings and this token. Returns the token as the API
/// returned it.
#[track_caller]
fn story(main: &str, token: &Value) -> (Story, Value) {
    let story = Story::since_without_init(Feature::Moves, Emulator::builder());
    story.write("main.tf", main);
    story.outside_account(USERNAME);
    story.outside_ducklings(
        USERNAME,
        &json!({ "instance_size": "jumbo", "cooldown_seconds": 120 }),
        &json!({ "instance_size": "pulse", "flock_size": 2 }),
    );
    let made = story.outside("POST", &format!("/v1/users/{USERNAME}/tokens"), token);
    (story, made)
}

/// Returns the state of the official provider.
fn official(made: &Value, ttl: &Value) -> [Left; 3] {
    [
        Left {
            address: "motherduck_service_account.loader",
            schema_version: 1,
            attributes: json!({ "id": USERNAME, "username": USERNAME }),
        },
        Left {
            address: "motherduck_access_token.loader",
            schema_version: 1,
            attributes: json!({
                "id": made["id"], "username": USERNAME, "name": made["name"],
                "description": made["description"], "ttl": ttl, "token_type": made["token_type"],
                "token": made["token"], "expire_at": made["expire_at"], "created_ts": made["created_ts"],
                "read_only": made["read_only"],
            }),
        },
        Left {
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
fn community(made: &Value, ttl: &Value) -> [Left; 3] {
    [
        Left {
            address: "motherduck_service_account.loader",
            schema_version: 0,
            attributes: json!({ "id": USERNAME, "username": USERNAME, "deletion_policy": "delete" }),
        },
        Left {
            address: "motherduck_token.loader",
            schema_version: 0,
            attributes: json!({
                "id": made["id"], "username": USERNAME, "name": made["name"], "ttl_seconds": ttl,
                "token_type": made["token_type"], "token": made["token"], "created_at": made["created_ts"],
                "expires_at": made["expire_at"].as_str().unwrap_or_default(),
                "read_only": made["read_only"],
            }),
        },
        Left {
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

fn moved(from: &str, to: &str) -> String {
    block("moved", &format!("from = {from}\nto = {to}"))
}

/// Expects that everything is in the state under this provider's types, with the secret, that no write was
/// sent, and that the next plan is empty.
#[track_caller]
fn assert_moved(story: &Story, made: &Value) {
    assert_eq!(story.writes(), NOTHING);
    assert_eq!(story.text(TOKEN, "token"), made["token"].as_str().unwrap());
    assert_eq!(story.text(TOKEN, "id"), made["id"].as_str().unwrap());
    assert_eq!(story.addresses(), [DUCKLINGS, ACCOUNT, TOKEN]);
    assert_eq!(story.resource(ACCOUNT)["deletion_protection"], true);
    story.expect_clean();
    // The state names only this provider, so `init` needs no other one.
    let state = fs::read_to_string(story.path("terraform.tfstate")).unwrap();
    for other in [OFFICIAL, COMMUNITY, "ships/motherduck"] {
        assert!(!state.contains(other), "{state}");
    }
}

/// Expects a plan with only moves, an apply without a write, the same secret, an empty next plan, and a
/// destroy that succeeds.
#[track_caller]
fn assert_taken_over<const N: usize>(story: &Story, made: &Value, moved: [(&str, &str); N]) {
    story.plan().expect(moved).outcome().hides("Warning:");
    story.apply_saved_plan();

    assert_moved(story, made);
}

/// Writes the state of another provider, and installs a stand-in for its program, which `init` needs.
#[track_caller]
fn leave(story: &Story, provider: &str, left: &[Left]) {
    story.install(provider);
    story.write("terraform.tfstate", &story.state_of(provider, left).to_string());
}

/// Returns the token of the guide.
fn guides_token() -> Value {
    json!({ "name": "nightly-load", "ttl": 30 * 24 * 3600 })
}

#[test]
fn moving_guide_moves_resources_of_the_official_provider() {
    let token = guides_token();
    let (mut story, made) = story("", &token);
    leave(&story, OFFICIAL, &official(&made, &token["ttl"]));
    let mut guide = Guide::read("moving");

    guide.run_until(&mut story, "From `jpig18/motherduck` or `ships/motherduck`");
    assert_moved(&story, &made);

    // The `moved` blocks may stay in the configuration; a destroy still works.
    story
        .fail(["destroy", "-auto-approve"])
        .shows("is protected from deletion");
    assert_eq!(story.writes(), NOTHING);
}

#[test]
fn moving_guide_moves_resources_of_community_providers() {
    for provider in [COMMUNITY, "ships/motherduck"] {
        let token = guides_token();
        let (mut story, made) = story("", &token);
        leave(&story, provider, &community(&made, &token["ttl"]));
        let mut guide = Guide::read("moving");
        guide.skip_until("From `jpig18/motherduck` or `ships/motherduck`");

        guide.run_until(&mut story, "With `state replace-provider`");
        assert_moved(&story, &made);
    }
}

#[test]
fn moving_guide_replaces_the_provider_in_a_new_checkout() {
    let token = guides_token();
    let (mut story, made) = story("", &token);
    let [account, held, _] = community(&made, &token["ttl"]);
    story.write(
        "terraform.tfstate",
        &story.state_of(COMMUNITY, &[account, held]).to_string(),
    );
    let module = VERSIONS.to_owned() + "output \"nothing\" {\nvalue = 1\n}\n";
    story.write("module/main.tf", &module);
    story.main(
        &(VERSIONS.to_owned()
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
        .fail(["state", "replace-provider", "-auto-approve", &from, &to])
        .shows("terraform init");
    let mut guide = Guide::read("moving");
    guide.skip_until("With `state replace-provider`");

    guide.run_until(&mut story, "What changes, and what does not");
    story.expect_clean();
    story.apply();
    assert_eq!(story.writes(), NOTHING);
    assert_eq!(story.text(TOKEN, "token"), made["token"].as_str().unwrap());
}

#[test]
fn keepers_and_rotation_arguments_at_a_move_plan_as_documented() {
    let token = guides_token();
    let with = |name: &str, more: &str| {
        VERSIONS.to_owned()
            + &resource(
                &format!("motherduck_token.{name}"),
                &format!("username = \"{USERNAME}\"\nttl = {}\n{more}", token["ttl"]),
            )
    };
    let keepers = "name = \"nightly-load\"\nkeepers = { rotated = \"one\" }";
    let begin = |main: &str| {
        let (story, made) = story(main, &token);
        let [_, held, _] = community(&made, &token["ttl"]);
        leave(&story, COMMUNITY, &[held]);
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
    story.expect_clean();
}

/// The configuration of the example, for states with other type names.
fn main(token: &str) -> String {
    VERSIONS.to_owned()
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
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/moving/main.tf");
    let ttl = json!(30 * 24 * 3600);
    let token = json!({ "name": "nightly-load", "ttl": ttl });
    let (story, made) = story(&fs::read_to_string(example).unwrap(), &token);
    let state = story.state_of(OFFICIAL, &official(&made, &ttl));
    story.write("terraform.tfstate", &state.to_string());
    // The command has no filter: it also changes the provider of types that this provider lacks.
    let (from, to) = (story.address_of(OFFICIAL), story.address_of(OWN));
    story.run(["state", "replace-provider", "-auto-approve", &from, &to]);
    story.run(["init"]);

    assert_taken_over(&story, &made, [(DUCKLINGS, "move"), (TOKEN, "move")]);
}

#[test]
fn moved_blocks_rename_resources_of_every_type() {
    let main = main("ttl = 3600")
        + &moved("motherduck_service_account.old", ACCOUNT)
        + &moved("motherduck_token.old", TOKEN)
        + &moved("motherduck_duckling_config.old", DUCKLINGS);
    let (story, made) = story(&main, &json!({ "name": "nightly-load", "ttl": 3600 }));
    let mut left = community(&made, &json!(3600));
    left[0].address = "motherduck_service_account.old";
    left[1].address = "motherduck_token.old";
    left[2].address = "motherduck_duckling_config.old";
    story.succeed(COMMUNITY, &left);

    assert_taken_over(
        &story,
        &made,
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
    let (story, made) = story(&main, &json!({ "name": "nightly-load" }));
    story.succeed(OFFICIAL, &official(&made, &json!(null)));
    story.apply();

    story.main(&main.replace("jumbo", "giga"));
    story.apply();
    let size = || story.account(USERNAME)["ducklings"]["read_write"]["instance_size"].clone();
    assert_eq!(size(), "giga");
    story.run(["destroy", "-auto-approve", &format!("-target={DUCKLINGS}")]);
    assert_eq!(size(), "jumbo");
}
