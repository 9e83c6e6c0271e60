//! `deletion_protection`: an account and its data are not deleted by accident.

use crate::support::{NOTHING, Story, resource};

const ADDRESS: &str = "motherduck_service_account.svc";

fn account(username: &str, more: &str) -> String {
    resource(ADDRESS, &format!("username = {username:?}\n{more}"))
}

/// A story with a protected account, which is the default.
#[track_caller]
fn applied() -> Story {
    let story = Story::new(&account("svc", ""));
    story.apply();
    assert_eq!(story.resource(ADDRESS)["deletion_protection"], true);
    story.forget();
    story
}

/// Expects that the organization and the state are unchanged.
#[track_caller]
fn untouched(story: &Story) {
    assert_eq!(story.writes(), NOTHING);
    assert_eq!(story.service_accounts(), ["svc"]);
    assert_eq!(story.text(ADDRESS, "id"), "svc");
}

#[test]
fn the_destroy_of_a_protected_account_fails_at_the_plan() {
    let story = applied();

    for arguments in [["plan", "-destroy"], ["destroy", "-auto-approve"]] {
        story
            .fail(arguments)
            .shows("Service account \"svc\" is protected from deletion")
            .shows("revokes all its access tokens and deletes all data it owns")
            .shows("set `deletion_protection = false` and apply that change first");
    }
    untouched(&story);
}

#[test]
fn taking_a_protected_account_out_of_the_configuration_fails_at_the_plan() {
    let story = applied();
    story.main("");

    story.fail(["plan"]).shows("is protected from deletion");
    untouched(&story);
}

#[test]
fn another_username_for_a_protected_account_fails_at_the_plan() {
    let story = applied();
    // Disabling it in the same change has no effect, because the state counts.
    for more in ["", "deletion_protection = false"] {
        story.main(&account("other", more));
        story
            .fail(["plan"])
            .shows("Service account \"svc\" is protected from deletion")
            .shows("replace the account");
    }
    untouched(&story);
}

#[test]
fn a_replacement_on_request_of_a_protected_account_fails_at_the_plan() {
    let story = applied();

    story
        .fail(["plan", "-replace=motherduck_service_account.svc"])
        .shows("Service account \"svc\" is protected from deletion");
    untouched(&story);
}

#[test]
fn an_unprotected_account_is_replaced_on_request() {
    let story = Story::new(&account("svc", "deletion_protection = false"));
    story.apply();
    story.forget();

    story.run([
        "apply",
        "-auto-approve",
        "-replace=motherduck_service_account.svc",
    ]);

    assert_eq!(story.writes(), ["DELETE /v1/users/svc 200", "POST /v1/users 200"]);
    story.expect_clean();
}

#[test]
fn the_way_out_takes_two_steps() {
    let story = applied();
    story.main(&account("svc", "deletion_protection = false"));

    // The first one still exists.
    story
        .fail(["destroy", "-auto-approve"])
        .shows("is protected from deletion");
    story.apply();
    assert_eq!(story.writes(), NOTHING);
    story.destroy();

    assert_eq!(story.service_accounts(), NOTHING);
}

#[test]
fn turning_the_protection_on_again_protects_again() {
    let story = Story::new(&account("svc", "deletion_protection = false"));
    story.apply();
    story.main(&account("svc", ""));
    story.apply();
    story.forget();

    story
        .fail(["plan", "-destroy"])
        .shows("is protected from deletion");
    untouched(&story);
}

#[test]
fn a_tainted_account_is_not_deleted_and_untaint_is_named() {
    let story = applied();
    story.run(["taint", ADDRESS]);

    story
        .apply_fails()
        .shows("Service account \"svc\" is protected from deletion")
        .shows("terraform untaint");

    untouched(&story);
    story.run(["untaint", ADDRESS]);
    story.expect_clean();
}

#[test]
fn the_refusal_of_a_tainted_account_mentions_its_tokens() {
    let token = resource(
        "motherduck_token.svc",
        "username = motherduck_service_account.svc.id\nname = \"loader\"",
    );
    let story = Story::new(&[account("svc", ""), token].concat());
    story.apply();
    story.run(["taint", ADDRESS]);
    story.forget();

    story
        .apply_fails()
        .shows("The account was not deleted")
        .shows("Tokens that the same plan revokes, and Ducklings that it resets, may be gone already")
        .shows("terraform untaint")
        .hides("Nothing was deleted");
    assert_eq!(story.live_tokens("svc"), NOTHING);
    assert_eq!(story.service_accounts(), ["svc"]);

    story.run(["untaint", ADDRESS]);
    story.apply();
    story.expect_clean();
    assert_eq!(story.live_tokens("svc").len(), 1);
}

#[test]
fn an_instance_of_many_that_goes_is_protected_too() {
    let many = |names: &str| {
        resource(
            "motherduck_service_account.many",
            &format!("for_each = toset({names})\nusername = each.key"),
        )
    };
    let story = Story::new(&many("[\"one\", \"two\"]"));
    story.apply();
    story.main(&many("[\"one\"]"));
    story.forget();

    story
        .fail(["plan"])
        .shows("Service account \"two\" is protected from deletion");
    assert_eq!(story.writes(), NOTHING);
}

/// Core checks only that a required argument is present, not that it has a value.
#[test]
fn a_name_that_becomes_null_costs_nothing() {
    let configuration = |name: &str| {
        format!(
            "variable \"name\" {{\n  type = string\n  default = {name}\n}}\n{}{}",
            resource(ADDRESS, "username = var.name\ndeletion_protection = false"),
            resource(
                "motherduck_token.svc",
                &format!("username = \"svc\"\nname = var.name\ndepends_on = [{ADDRESS}]")
            ),
        )
    };
    let story = Story::new(&configuration("\"svc\""));
    story.apply();
    story.forget();

    story.main(&configuration("null"));
    let refused = story.apply_fails();
    refused.shows("`username` is required and must not be null");

    untouched(&story);
    assert_eq!(story.live_tokens("svc").len(), 1);
}
