//! The three resources from create to destroy with all less likely behaviours of the API together. All other
//! stories use the likelier behaviours; `tests/protocol/api_variants.rs` tests each of the others alone.

use motherduck_emulator::{Behaviour, DuplicateStatus, Emulator, Plan};

use crate::support::{NOTHING, Outcome, Story};

const ACCOUNT: &str = "motherduck_service_account.svc";
const TOKEN: &str = "motherduck_token.loader";
const DUCKLINGS: &str = "motherduck_ducklings.svc";

/// An account, a token with a description, and its Ducklings.
fn configuration(protection: bool, ttl: u32, size: &str) -> String {
    format!(
        r#"
resource "motherduck_service_account" "svc" {{
  username            = "svc"
  deletion_protection = {protection}
}}

resource "motherduck_token" "loader" {{
  username    = motherduck_service_account.svc.id
  name        = "loader"
  description = "loads the lake"
  ttl         = {ttl}
}}

resource "motherduck_ducklings" "svc" {{
  username     = motherduck_service_account.svc.id
  read_write   = {{ instance_size = "{size}" }}
  read_scaling = {{ instance_size = "pulse", flock_size = 1 }}
}}
"#
    )
}

/// Creates everything and expects an empty next plan. Returns the output of `apply`.
#[track_caller]
fn begin(emulator: Emulator, size: &str) -> (Story, Outcome) {
    let story = Story::with(emulator, &configuration(true, 3600, size));
    let printed = story.apply();
    assert_eq!(story.addresses(), [DUCKLINGS, ACCOUNT, TOKEN]);
    assert_eq!(story.service_accounts(), ["svc"]);
    assert_eq!(story.live_tokens("svc"), [story.text(TOKEN, "id")]);
    assert_eq!(
        story.account("svc")["ducklings"]["read_write"]["instance_size"],
        size
    );
    story.expect_clean();
    (story, printed)
}

/// Changes each resource, then destroys everything. Returns the output of the second `apply`.
#[track_caller]
fn change_and_end(story: &Story, size: &str) -> Outcome {
    let first = story.text(TOKEN, "id");
    story.main(&configuration(false, 7200, size));
    story
        .plan()
        .expect([(DUCKLINGS, "update"), (ACCOUNT, "update"), (TOKEN, "replace")])
        .replaced_by(TOKEN, ["ttl"]);
    let printed = story.apply_saved_plan();
    assert_ne!(story.text(TOKEN, "id"), first);
    assert_eq!(story.live_tokens("svc"), [story.text(TOKEN, "id")]);
    let live = &story.account("svc")["ducklings"];
    assert_eq!(live["read_write"]["instance_size"], size);
    // The state has the effective cooldown in both cases.
    assert_eq!(
        story.resource(DUCKLINGS)["read_write"]["cooldown_seconds"],
        live["read_write"]["cooldown_seconds"]
    );
    story.expect_clean();

    story.destroy();
    assert_eq!(story.addresses(), NOTHING);
    assert_eq!(story.service_accounts(), NOTHING);
    printed
}

#[test]
fn size_outside_of_the_lite_plan_is_an_error() {
    let (story, printed) = begin(Emulator::builder().behaviour(|of| of.plan = Plan::Lite), "pulse");
    printed.hides("Warning:");
    story.main(&configuration(true, 3600, "standard"));
    story.apply_fails().shows("Invalid config for tier lite");
    assert_eq!(story.resource(DUCKLINGS)["read_write"]["instance_size"], "pulse");

    // These sizes are included in the organization's plan.
    story.main(&configuration(true, 3600, "pulse"));
    story.expect_clean();
    story.main(&configuration(false, 3600, "pulse"));
    story.plan().expect([(ACCOUNT, "update")]);
    story.apply_saved_plan();
    story.destroy();
    assert_eq!(story.service_accounts(), NOTHING);
}

#[test]
fn life_cycle_passes_with_all_alternative_behaviours() {
    let emulator = Emulator::builder().behaviour(|of| {
        *of = Behaviour {
            missing_users_endpoint: true,
            unknown_description: true,
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
    let (story, printed) = begin(emulator, "jumbo");
    printed.shows("The token's description was not stored");
    change_and_end(&story, "giga");
}
