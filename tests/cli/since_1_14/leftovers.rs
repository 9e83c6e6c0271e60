//! A killed provider leaves a token: the guide's check finds it, and the guide's action revokes it.

use serde_json::json;

use crate::support::{Feature, NOTHING, Story, example};

const ADDRESS: &str = "motherduck_token.etl";
const WARNING: &str = "Tokens with the prefix etl- are in no state";

#[test]
fn token_with_the_prefix_in_no_state_is_reported_and_revoked() {
    let story = rotating();
    let day = 24 * 60 * 60;

    // A second token during a rotation is not reported.
    let old = story.attribute(ADDRESS, "id");
    story.emulator().advance_clock(76 * day).unwrap();
    story.apply().assert_does_not_show(WARNING);
    let new = story.attribute(ADDRESS, "id");
    assert_eq!(story.live_tokens("nightly_etl").len(), 2);
    story.plan().outcome().assert_does_not_show(WARNING);

    story.create_token(
        "nightly_etl",
        &json!({ "name": "etl-20261127093000-1f3a", "ttl": 90 * day }),
    );
    let [leftover] = others(&story, &[&old, &new]).try_into().unwrap();
    story
        .plan()
        .outcome()
        .assert_shows(WARNING)
        .assert_shows(&leftover)
        .assert_does_not_show(&old);

    revoke(&story, &[&leftover]);
    assert_eq!(others(&story, &[&old, &new]), NOTHING);
    assert_eq!(story.live_tokens("nightly_etl").len(), 2);
    story.plan().outcome().assert_does_not_show(WARNING);
}

#[test]
fn leftover_is_reported_unless_still_in_use_and_revoked_only_if_listed() {
    let story = rotating();
    let old = story.attribute(ADDRESS, "id");
    story.run(["apply", "-auto-approve", "-replace=motherduck_token.etl"]);
    let new = story.attribute(ADDRESS, "id");
    assert_ne!(old, new);
    story
        .plan()
        .outcome()
        .assert_shows(WARNING)
        .assert_shows(&old)
        .assert_shows("still_in_use");
    let still_in_use = format!("-var=still_in_use=[{old:?}]");
    story
        .plan_with([still_in_use.as_str()])
        .outcome()
        .assert_does_not_show(WARNING);

    // The action revokes only the listed tokens, and never the token of the state.
    revoke(&story, &[]);
    revoke(&story, &[&new]);
    assert_eq!(story.live_tokens("nightly_etl").len(), 2);
    revoke(&story, &[&old]);
    assert_eq!(story.live_tokens("nightly_etl"), [new]);
    story.plan().outcome().assert_does_not_show(WARNING);
}

/// Applies the guide's configuration.
fn rotating() -> Story {
    let story = Story::since(Feature::Actions, &example("rotation/main.tf"));
    story.write("leftovers.tf", &example("rotation/leftovers.tf"));
    story.write("revoke.tf", &example("rotation/revoke.tf"));
    story.apply().assert_does_not_show(WARNING);
    story
}

/// Returns the ids of the live tokens that are not in `known`.
fn others(story: &Story, known: &[&str]) -> Vec<String> {
    let mut live = story.live_tokens("nightly_etl");
    live.retain(|id| !known.contains(&id.as_str()));
    live
}

/// Invokes the guide's action for these tokens.
fn revoke(story: &Story, ids: &[&str]) {
    let revoke = format!("-var=revoke={ids:?}");
    story.run([
        "apply",
        "-auto-approve",
        "-invoke=action.motherduck_revoke_tokens.leftovers",
        revoke.as_str(),
    ]);
}
