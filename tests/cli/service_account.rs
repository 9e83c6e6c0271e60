//! `motherduck_service_account` from create to destroy.

use serde_json::json;

use crate::support::{NOTHING, Story, resource};

const ADDRESS: &str = "motherduck_service_account.analytics";

fn account(username: &str, more: &str) -> String {
    resource(ADDRESS, &format!("username = {username:?}\n{more}"))
}

#[test]
fn an_account_is_created_once_and_then_left_alone() {
    let story = Story::new(&account("analytics", ""));

    let plan = story.plan();
    plan.expect([(ADDRESS, "create")]).unknown(ADDRESS, "id");
    assert_eq!(
        *plan.after(ADDRESS),
        json!({ "username": "analytics", "deletion_protection": true })
    );
    story.apply_saved_plan();

    assert_eq!(
        story.sent(),
        ["GET /v1/users/analytics/instances 404", "POST /v1/users 200"]
    );
    assert_eq!(
        story.resource(ADDRESS),
        json!({ "username": "analytics", "deletion_protection": true, "id": "analytics" })
    );
    assert_eq!(story.account("analytics")["is_service_account"], true);
    story.expect_clean();
}

#[test]
fn the_protection_changes_in_place_without_a_request() {
    let story = Story::new(&account("analytics", ""));
    story.apply();
    story.main(&account("analytics", "deletion_protection = false"));

    let plan = story.plan();
    plan.expect([(ADDRESS, "update")]);
    assert_eq!(
        *plan.after(ADDRESS),
        json!({ "username": "analytics", "deletion_protection": false, "id": "analytics" })
    );
    story.forget();
    story.apply_saved_plan();

    assert_eq!(story.sent(), NOTHING);
    assert_eq!(story.resource(ADDRESS)["deletion_protection"], false);
    story.expect_clean();
}

#[test]
fn another_username_is_another_account() {
    let story = Story::new(&account("before", "deletion_protection = false"));
    story.apply();
    story.main(&account("after", "deletion_protection = false"));

    story
        .plan()
        .expect([(ADDRESS, "replace")])
        .replaced_by(ADDRESS, ["username"])
        .unknown(ADDRESS, "id");
    story.forget();
    story.apply_saved_plan();

    assert_eq!(
        story.writes(),
        ["DELETE /v1/users/before 200", "POST /v1/users 200"]
    );
    assert_eq!(story.text(ADDRESS, "id"), "after");
    assert_eq!(story.service_accounts(), ["after"]);
    story.expect_clean();
}

#[test]
fn a_username_in_another_letter_case_is_the_same_account() {
    let story = Story::new(&account("Analytics", ""));
    story.apply();
    story.main(&account("ANALYTICS", ""));

    story.expect_clean();
    story.apply();

    assert_eq!(story.text(ADDRESS, "username"), "Analytics");
    assert_eq!(story.text(ADDRESS, "id"), "Analytics");
}

#[test]
fn an_unprotected_account_is_destroyed() {
    let story = Story::new(&account("analytics", "deletion_protection = false"));
    story.apply();

    story.plan_with(["-destroy"]).expect([(ADDRESS, "delete")]);
    story.forget();
    story.apply_saved_plan();

    assert_eq!(story.writes(), ["DELETE /v1/users/analytics 200"]);
    assert_eq!(story.service_accounts(), NOTHING);
    assert_eq!(story.addresses(), NOTHING);
}

#[test]
fn destroying_an_account_that_is_gone_already_succeeds() {
    let story = Story::new(&account("analytics", "deletion_protection = false"));
    story.apply();
    story.plan_with(["-destroy"]);
    story.outside("DELETE", "/v1/users/analytics", &json!({}));

    story.apply_saved_plan();

    assert_eq!(story.addresses(), NOTHING);
}

#[test]
fn usernames_of_any_script_are_taken() {
    let story = Story::new(&account("größe_7", ""));
    story.apply();

    assert_eq!(story.text(ADDRESS, "id"), "größe_7");
    story.expect_clean();
}
