//! `removed` blocks: a resource is removed from the state and continues to exist.

use crate::support::{Feature, NOTHING, Story, block, resource};

const ADDRESS: &str = "motherduck_service_account.svc";

#[test]
fn removed_block_removes_a_protected_account_from_state_only() {
    let story = Story::since(Feature::Removed, &resource(ADDRESS, "username = \"svc\""));
    story.apply();
    story.write_main(&block(
        "removed",
        &format!("from = {ADDRESS}\n{}", block("lifecycle", "destroy = false")),
    ));
    story.clear_requests();

    story.plan().expect([(ADDRESS, "forget")]);
    story.apply_saved_plan();

    assert_eq!(story.addresses(), NOTHING);
    assert_eq!(story.service_accounts(), ["svc"]);
    assert_eq!(story.writes(), NOTHING);
}
