//! The emulator's switches for uncertain behaviour of the API: the three resources from create to destroy
//! with each of the less likely behaviours. All other stories use the likely ones.

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

/// Runs both halves and expects no warnings.
#[track_caller]
fn live(emulator: Emulator) {
    let (story, printed) = begin(emulator, "standard");
    printed.hides("Warning:");
    change_and_end(&story, "mega");
}

#[test]
fn a_life_cycle_where_users_cannot_be_listed() {
    live(Emulator::builder().behaviour(|of| of.missing_users_endpoint = true));
}

#[test]
fn a_life_cycle_where_tokens_have_no_description() {
    let (story, printed) = begin(
        Emulator::builder().behaviour(|of| of.unknown_description = true),
        "standard",
    );
    printed.shows("The token's description was not stored");
    assert_eq!(story.text(TOKEN, "description"), "loads the lake");
    change_and_end(&story, "mega").shows("The token's description was not stored");
}

#[test]
fn a_life_cycle_where_a_duplicate_is_a_bad_request() {
    live(Emulator::builder().behaviour(|of| of.duplicate_status = DuplicateStatus::BadRequest));
}

#[test]
fn a_life_cycle_where_names_of_tokens_may_repeat() {
    live(Emulator::builder().behaviour(|of| of.repeated_token_names = true));
}

#[test]
fn a_life_cycle_where_names_of_tokens_have_no_case() {
    live(Emulator::builder().behaviour(|of| of.caseless_token_names = true));
}

#[test]
fn a_life_cycle_where_an_expired_token_keeps_its_name() {
    live(Emulator::builder().behaviour(|of| of.expired_tokens_keep_names = true));
}

#[test]
fn a_life_cycle_where_tokens_are_revoked_by_id_only() {
    live(Emulator::builder().behaviour(|of| of.token_ids_only = true));
}

#[test]
fn a_life_cycle_where_a_new_account_has_the_smallest_ducklings() {
    live(Emulator::builder().behaviour(|of| of.new_account = Some("pulse/pulse/0".parse().unwrap())));
}

#[test]
fn a_life_cycle_where_a_put_leaves_out_the_cooldowns_it_filled_in() {
    live(Emulator::builder().behaviour(|of| of.put_without_default_cooldown = true));
}

#[test]
fn a_life_cycle_where_usernames_are_ascii() {
    live(Emulator::builder().behaviour(|of| of.ascii_usernames = true));
}

#[test]
fn a_life_cycle_on_a_small_plan() {
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
fn a_life_cycle_with_every_other_behaviour_at_once() {
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
        }
    });
    let (story, printed) = begin(emulator, "jumbo");
    printed.shows("The token's description was not stored");
    change_and_end(&story, "giga");
}
