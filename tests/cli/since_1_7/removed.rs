//! `removed` blocks: a resource is removed from the state and continues to exist.

use crate::support::{ACCOUNT, Feature, NOTHING, Story, block, resource};

#[test]
fn removed_block_removes_a_protected_account_from_state_only() {
    let story = Story::since(Feature::Removed, &resource(ACCOUNT, "username = \"svc\""));
    story.apply();
    story.write_main(&block(
        "removed",
        &format!("from = {ACCOUNT}\n{}", block("lifecycle", "destroy = false")),
    ));
    story.clear_requests();

    story.plan().expect([(ACCOUNT, "forget")]);
    story.apply_saved_plan();

    assert_eq!(story.addresses(), NOTHING);
    assert_eq!(story.service_accounts(), ["svc"]);
    assert_eq!(story.writes(), NOTHING);
}
