//! The next plan shows changes created outside of Terraform.

use serde_json::json;

use crate::support::{ACCOUNT, DUCKLINGS, Story, TOKEN, unprotected_resources};

#[track_caller]
fn applied() -> Story {
    let story = Story::new(&unprotected_resources());
    story.apply();
    story
}

#[test]
fn apply_resets_changed_ducklings_of_managed_blocks_only() {
    let story = applied();
    let pool = json!({ "instance_size": "mega", "flock_size": 5, "cooldown_seconds": 300 });
    story.set_ducklings(
        "svc",
        &json!({ "instance_size": "giga", "cooldown_seconds": 900 }),
        &pool,
    );

    let plan = story.plan();
    plan.expect([(DUCKLINGS, "update")]);
    plan.outcome()
        .assert_shows("\"giga\" -> \"standard\"")
        .assert_shows("900 -> 60");
    assert_eq!(plan.json()["resource_drift"][0]["address"], DUCKLINGS);
    story.apply_saved_plan();

    assert_eq!(
        story.account("svc")["ducklings"]["read_write"],
        json!({ "instance_size": "standard", "cooldown_seconds": 60 })
    );
    // The block that is not managed stays as it is.
    assert_eq!(story.account("svc")["ducklings"]["read_scaling"], pool);
    assert_eq!(story.attributes(DUCKLINGS)["read_scaling"], pool);
    story.expect_empty_plan();
}

#[test]
fn revoked_token_is_recreated_with_a_warning() {
    let story = applied();
    let id = story.attribute(TOKEN, "id");
    story.request("DELETE", &format!("/v1/users/svc/tokens/{id}"), &json!({}));

    let url = format!("{}/v1/users/svc/tokens", story.emulator().url());
    story
        .plan()
        .expect([(TOKEN, "create")])
        .outcome()
        .assert_shows(&format!("Token \"loader\" ({id}) of \"svc\" is gone"))
        .assert_shows(&url);
    story.apply_saved_plan();

    assert_eq!(story.live_tokens("svc"), [story.attribute(TOKEN, "id")]);
    story.expect_empty_plan();
}

#[test]
fn deleted_account_is_recreated_with_its_token_and_ducklings() {
    let story = applied();
    story.request("DELETE", "/v1/users/svc", &json!({}));

    let plan = story.plan();
    plan.expect([(DUCKLINGS, "create"), (ACCOUNT, "create"), (TOKEN, "create")])
        .unknown(TOKEN, "username")
        .unknown(DUCKLINGS, "username");
    let base = story.emulator().url();
    plan.outcome()
        .assert_shows("Service account \"svc\" is gone")
        .assert_shows("The account \"svc\" of these Ducklings is gone")
        .assert_shows("Token \"loader\"")
        // The objects share one second look, which requests the Ducklings or the tokens of the account.
        .assert_shows(&format!("The request URL was {base}/v1/users/svc/"));
    story.apply_saved_plan();

    assert_eq!(story.service_accounts(), ["svc"]);
    assert_eq!(story.live_tokens("svc"), [story.attribute(TOKEN, "id")]);
    story.expect_empty_plan();
}
