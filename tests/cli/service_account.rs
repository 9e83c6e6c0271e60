//! `motherduck_service_account` from create to destroy.

use serde_json::json;

use crate::support::{NOTHING, Story, resource};

const ADDRESS: &str = "motherduck_service_account.analytics";

fn account(username: &str, more: &str) -> String {
    resource(ADDRESS, &format!("username = {username:?}\n{more}"))
}

#[test]
fn account_is_created_updated_replaced_and_destroyed() {
    let story = Story::new(&account("Analytics", ""));

    let plan = story.plan();
    plan.expect([(ADDRESS, "create")]).unknown(ADDRESS, "id");
    assert_eq!(
        *plan.after(ADDRESS),
        json!({ "username": "Analytics", "deletion_protection": true })
    );
    story.apply_saved_plan();
    assert_eq!(
        story.sent(),
        ["GET /v1/users/Analytics/instances 404", "POST /v1/users 200"]
    );
    assert_eq!(
        story.resource(ADDRESS),
        json!({ "username": "Analytics", "deletion_protection": true, "id": "Analytics" })
    );
    assert_eq!(story.account("Analytics")["is_service_account"], true);
    story.expect_clean();

    // A username that differs only in letter case names the same account.
    story.main(&account("ANALYTICS", ""));
    story.expect_clean();

    // The protection changes in place and without a request.
    story.main(&account("Analytics", "deletion_protection = false"));
    let plan = story.plan();
    plan.expect([(ADDRESS, "update")]);
    assert_eq!(
        *plan.after(ADDRESS),
        json!({ "username": "Analytics", "deletion_protection": false, "id": "Analytics" })
    );
    story.forget();
    story.apply_saved_plan();
    assert_eq!(story.sent(), NOTHING);
    story.expect_clean();

    // A change of the username replaces the account.
    story.main(&account("größe_7", "deletion_protection = false"));
    story
        .plan()
        .expect([(ADDRESS, "replace")])
        .replaced_by(ADDRESS, ["username"])
        .unknown(ADDRESS, "id");
    story.forget();
    story.apply_saved_plan();
    assert_eq!(
        story.writes(),
        ["DELETE /v1/users/Analytics 200", "POST /v1/users 200"]
    );
    assert_eq!(story.text(ADDRESS, "id"), "größe_7");
    assert_eq!(story.service_accounts(), ["größe_7"]);
    story.expect_clean();

    story.plan_with(["-destroy"]).expect([(ADDRESS, "delete")]);
    story.apply_saved_plan();
    assert_eq!(story.service_accounts(), NOTHING);
    assert_eq!(story.addresses(), NOTHING);
}
