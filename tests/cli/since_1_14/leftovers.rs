//! A token that a killed provider leaves behind: the guide's check finds it, and the guide's action revokes
//! it.

use serde_json::json;

use crate::examples::example;
use crate::support::{Feature, Story};

const ADDRESS: &str = "motherduck_token.etl";
const WARNING: &str = "A token with the prefix etl- is in no state";

#[test]
fn a_token_in_no_state_is_found_by_its_prefix_and_revoked() {
    let story = Story::since(Feature::Actions, &example("rotation/main.tf"));
    story.write("leftovers.tf", &example("rotation/leftovers.tf"));
    story.write("revoke.tf", &example("rotation/revoke.tf"));
    story.run(["fmt", "-check"]);
    story.apply().hides(WARNING);
    let day = 24 * 60 * 60;

    // An overlap is no leftover.
    let old = story.text(ADDRESS, "id");
    story.emulator().advance_clock(76 * day).unwrap();
    story.apply().hides(WARNING);
    let new = story.text(ADDRESS, "id");
    assert_eq!(story.live_tokens("nightly_etl").len(), 2);
    story.plan().outcome().hides(WARNING);

    story.outside_token(
        "nightly_etl",
        &json!({ "name": "etl-20261127093000-1f3a", "ttl": 90 * day }),
    );
    story.plan().outcome().shows(WARNING);

    let still_in_use = format!("-var=still_in_use=[\"{old}\"]");
    story.run([
        "apply",
        "-auto-approve",
        "-invoke=action.motherduck_revoke_tokens.leftovers",
        still_in_use.as_str(),
    ]);
    let mut live = story.live_tokens("nightly_etl");
    live.sort();
    let mut kept = [old, new];
    kept.sort();
    assert_eq!(live, kept);
    story.plan().outcome().hides(WARNING);
}
