//! `deletion_protection`: an account and its data are not deleted by accident.

use crate::support::{ACCOUNT, NOTHING, Story, resource};

fn account(username: &str, more: &str) -> String {
    resource(ACCOUNT, &format!("username = {username:?}\n{more}"))
}

/// Expects that the organization and the state are unchanged.
#[track_caller]
fn assert_unchanged(story: &Story) {
    assert_eq!(story.writes(), NOTHING);
    assert_eq!(story.service_accounts(), ["svc"]);
    assert_eq!(story.attribute(ACCOUNT, "id"), "svc");
}

#[test]
fn plan_to_delete_a_protected_account_is_an_error() {
    let story = Story::new(&account("svc", ""));
    story.apply();
    story.clear_requests();

    for arguments in [["plan", "-destroy"], ["destroy", "-auto-approve"]] {
        story
            .run_fails(arguments)
            .assert_shows("Service account \"svc\" is protected from deletion")
            .assert_shows("revokes all its access tokens and deletes all data it owns")
            .assert_shows("set `deletion_protection = false` and apply that change first");
    }
    story
        .run_fails(["plan", "-replace=motherduck_service_account.svc"])
        .assert_shows("Service account \"svc\" is protected from deletion");
    story.write_main("");
    story
        .run_fails(["plan"])
        .assert_shows("is protected from deletion");
    // Disabling it in the same change has no effect, because the value in the state is used.
    for more in ["", "deletion_protection = false"] {
        story.write_main(&account("other", more));
        story
            .run_fails(["plan"])
            .assert_shows("Service account \"svc\" is protected from deletion")
            .assert_shows("replace the account");
    }
    assert_unchanged(&story);

    // Deleting the account takes two steps: `deletion_protection = false` must be applied first.
    story.write_main(&account("svc", "deletion_protection = false"));
    story
        .run_fails(["destroy", "-auto-approve"])
        .assert_shows("is protected from deletion");
    story.apply();
    assert_unchanged(&story);
    story.destroy();
    assert_eq!(story.service_accounts(), NOTHING);
}

#[test]
fn error_for_a_tainted_protected_account_mentions_its_tokens() {
    let token = resource(
        "motherduck_token.svc",
        "username = motherduck_service_account.svc.id\nname = \"loader\"",
    );
    let story = Story::new(&[account("svc", ""), token].concat());
    story.apply();
    story.run(["taint", ACCOUNT]);
    story.clear_requests();

    story
        .apply_fails()
        .assert_shows("The account was not deleted")
        .assert_shows("Tokens that the same plan revokes, and Ducklings that it resets, may be gone already")
        .assert_shows("terraform untaint")
        .assert_does_not_show("Nothing was deleted");
    assert_eq!(story.live_tokens("svc"), NOTHING);
    assert_eq!(story.service_accounts(), ["svc"]);

    story.run(["untaint", ACCOUNT]);
    story.apply();
    story.expect_empty_plan();
    assert_eq!(story.live_tokens("svc").len(), 1);
}

/// Core checks only that a required argument is present, not that it has a value.
#[test]
fn null_username_is_an_error_and_deletes_nothing() {
    let configuration = |name: &str| {
        format!(
            "variable \"name\" {{\n  type = string\n  default = {name}\n}}\n{}{}",
            resource(ACCOUNT, "username = var.name\ndeletion_protection = false"),
            resource(
                "motherduck_token.svc",
                &format!("username = \"svc\"\nname = var.name\ndepends_on = [{ACCOUNT}]")
            ),
        )
    };
    let story = Story::new(&configuration("\"svc\""));
    story.apply();
    story.clear_requests();

    story.write_main(&configuration("null"));
    let refused = story.apply_fails();
    refused.assert_shows("`username` is required and must not be null");

    assert_unchanged(&story);
    assert_eq!(story.live_tokens("svc").len(), 1);
}
