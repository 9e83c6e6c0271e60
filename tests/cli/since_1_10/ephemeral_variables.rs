//! Ephemeral variables as the source of `admin_token`.

use std::fs;

use crate::support::{ADMIN_TOKEN, Feature, Story, block, resource};

#[test]
fn ephemeral_admin_token_is_in_neither_plan_nor_state() {
    let main = block("variable \"admin_token\"", "type = string\nephemeral = true")
        + &block("provider \"motherduck\"", "admin_token = var.admin_token")
        + &resource("motherduck_service_account.svc", "username = \"svc\"");
    let mut story = Story::since(Feature::Ephemeral, &main);
    story.set("MOTHERDUCK_ADMIN_TOKEN", "");
    story.set("TF_VAR_admin_token", ADMIN_TOKEN);

    // The plan does not contain the token, so the apply receives it again.
    let plan = story.plan();
    assert!(!plan.json().to_string().contains(ADMIN_TOKEN));
    story.apply_saved_plan();

    assert_eq!(story.service_accounts(), ["svc"]);
    let state = fs::read_to_string(story.path("terraform.tfstate")).unwrap();
    assert!(!state.contains(ADMIN_TOKEN), "{state}");
    story.expect_empty_plan();
}
