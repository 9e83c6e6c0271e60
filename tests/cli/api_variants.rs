//! The three resources from create to destroy with all less likely behaviours of the API together. All other
//! stories use the likelier behaviours; `tests/protocol/api_variants.rs` tests each of the others alone.

use motherduck_emulator::{Behaviour, DuplicateStatus, Emulator, Plan};

use crate::support::{ACCOUNT, DUCKLINGS, NOTHING, Story, TOKEN, all_resources};

/// An account, a token with a description, and its Ducklings.
fn configuration(protection: bool, ttl: u32, size: &str) -> String {
    all_resources(
        &format!("username = \"svc\"\ndeletion_protection = {protection}"),
        &format!("name = \"loader\"\ndescription = \"loads the lake\"\nttl = {ttl}"),
        &format!(
            "read_write = {{ instance_size = {size:?} }}\n\
             read_scaling = {{ instance_size = \"pulse\", flock_size = 1 }}"
        ),
    )
}

/// Expects that the API has the objects of the state, and that the next plan is empty.
#[track_caller]
fn assert_applied(story: &Story, size: &str) {
    assert_eq!(story.addresses(), [DUCKLINGS, ACCOUNT, TOKEN]);
    assert_eq!(story.service_accounts(), ["svc"]);
    assert_eq!(story.live_tokens("svc"), [story.attribute(TOKEN, "id")]);
    let live = &story.account("svc")["ducklings"]["read_write"];
    assert_eq!(live["instance_size"], size);
    // The state has the effective cooldown.
    assert_eq!(
        story.attributes(DUCKLINGS)["read_write"]["cooldown_seconds"],
        live["cooldown_seconds"]
    );
    story.expect_empty_plan();
}

#[test]
fn life_cycle_passes_with_all_api_variants() {
    let emulator = Emulator::builder().behaviour(|of| {
        *of = Behaviour {
            missing_users_endpoint: true,
            ignore_descriptions: true,
            duplicate_status: DuplicateStatus::BadRequest,
            // This switch is not compatible with the next two, which are stricter.
            repeated_token_names: false,
            caseless_token_names: true,
            expired_tokens_keep_names: true,
            token_ids_only: true,
            new_account: Some("pulse/pulse/0".parse().unwrap()),
            put_without_default_cooldown: true,
            ascii_usernames: true,
            plan: Plan::Business,
        };
    });
    let story = Story::with(emulator, &configuration(true, 3600, "jumbo"));
    story
        .apply()
        .assert_shows("The token's description was not stored");
    assert_applied(&story, "jumbo");

    let first = story.attribute(TOKEN, "id");
    story.write_main(&configuration(false, 7200, "giga"));
    story
        .plan()
        .expect([(DUCKLINGS, "update"), (ACCOUNT, "update"), (TOKEN, "replace")])
        .replaced_by(TOKEN, ["ttl"]);
    story.apply_saved_plan();
    assert_ne!(story.attribute(TOKEN, "id"), first);
    assert_applied(&story, "giga");

    story.destroy();
    assert_eq!(story.addresses(), NOTHING);
    assert_eq!(story.service_accounts(), NOTHING);
}
