//! The resources in Terraform's language: unknown values, `ignore_changes` and `moved`.

use crate::support::{ACCOUNT, DUCKLINGS, NOTHING, Story, TOKEN, moved, resource};

/// The expression of the username.
const SVC: &str = "\"svc\"";

/// Returns a resource of every type for the account of an expression.
fn all(username: &str) -> String {
    format!(
        r#"
        resource "motherduck_service_account" "svc" {{
          username            = {username}
          deletion_protection = false
        }}

        resource "motherduck_token" "loader" {{
          username = motherduck_service_account.svc.id
          name     = "loader"
        }}

        resource "motherduck_ducklings" "svc" {{
          username   = motherduck_service_account.svc.id
          read_write = {{ instance_size = "pulse" }}
        }}
        "#
    )
}

#[test]
fn arguments_known_after_apply_are_applied() {
    let story = Story::new(
        r#"
        resource "terraform_data" "later" {
          input = { username = "svc", name = "loader", ttl = 3600, size = "standard", flock = 4, off = false }
        }

        resource "motherduck_service_account" "svc" {
          username            = terraform_data.later.output.username
          deletion_protection = terraform_data.later.output.off
        }

        resource "motherduck_token" "loader" {
          username               = motherduck_service_account.svc.id
          name                   = terraform_data.later.output.name
          ttl                    = terraform_data.later.output.ttl
          early_rotation_seconds = terraform_data.later.output.ttl / 2
          keepers                = { size = terraform_data.later.output.size }
        }

        resource "motherduck_ducklings" "svc" {
          username = motherduck_service_account.svc.id
          read_scaling = {
            instance_size = terraform_data.later.output.size
            flock_size    = terraform_data.later.output.flock
          }
        }
        "#,
    );

    story
        .plan()
        .unknown(ACCOUNT, "username")
        .unknown(TOKEN, "ttl")
        .unknown(DUCKLINGS, "read_scaling.instance_size");
    story.apply_saved_plan();

    assert_eq!(story.attribute(ACCOUNT, "id"), "svc");
    assert_eq!(story.attributes(TOKEN)["ttl"], 3600);
    assert_eq!(story.attributes(DUCKLINGS)["read_scaling"]["flock_size"], 4);
    story.expect_empty_plan();
}

#[test]
fn unknown_username_replaces_account_and_dependent_resources() {
    let main = |input: &str| {
        all("terraform_data.name.output") + &resource("terraform_data.name", &format!("input = {input:?}"))
    };
    let story = Story::new(&main("svc"));
    story.apply();
    let old = story.attribute(TOKEN, "id");
    story.write_main(&main("other"));
    story.clear_requests();

    story
        .plan()
        .expect([
            (DUCKLINGS, "replace"),
            (ACCOUNT, "replace"),
            (TOKEN, "replace"),
            ("terraform_data.name", "update"),
        ])
        .replaced_by(ACCOUNT, ["username"])
        .replaced_by(TOKEN, ["username"])
        .replaced_by(DUCKLINGS, ["username"]);
    story.apply_saved_plan();

    assert_eq!(
        story.writes()[..3],
        [
            format!("DELETE /v1/users/svc/tokens/{old} 200"),
            "DELETE /v1/users/svc 200".to_owned(),
            "POST /v1/users 200".to_owned(),
        ]
    );
    assert_eq!(story.service_accounts(), ["other"]);
    story.expect_empty_plan();
}

#[test]
fn invalid_value_known_at_apply_is_an_error_without_a_request() {
    let story = Story::new(
        r#"
        resource "terraform_data" "later" {
          input = "not-a-username"
        }

        resource "motherduck_service_account" "svc" {
          username = terraform_data.later.output
        }
        "#,
    );

    story
        .apply_fails()
        .assert_shows("must contain only letters, digits and underscores");
    assert_eq!(story.requests(), NOTHING);
    assert_eq!(story.addresses(), ["terraform_data.later"]);
}

#[test]
fn plan_is_empty_for_ignored_changes() {
    let story = Story::new(
        r#"
        resource "motherduck_service_account" "svc" {
          username = "svc"
        }

        resource "motherduck_token" "loader" {
          username = motherduck_service_account.svc.id
          name     = "loader"
          ttl      = 3600
          lifecycle {
            ignore_changes = [ttl, name]
          }
        }

        resource "motherduck_ducklings" "svc" {
          username   = motherduck_service_account.svc.id
          read_write = { instance_size = "standard" }
          lifecycle {
            ignore_changes = [read_write]
          }
        }
        "#,
    );
    story.apply();
    let main = std::fs::read_to_string(story.path("main.tf")).unwrap();
    story.write_main(
        &main
            .replace("3600", "7200")
            .replace("standard", "giga")
            .replace("\"loader\"\n", "\"other\"\n"),
    );

    story.expect_empty_plan();
}

#[test]
fn moved_blocks_rename_resources_without_a_write() {
    let story = Story::new(&all(SVC));
    story.apply();
    let secret = story.attribute(TOKEN, "token");
    story.write_main(
        &(all(SVC)
            .replace(
                "\"motherduck_service_account\" \"svc\"",
                "\"motherduck_service_account\" \"renamed\"",
            )
            .replace(
                "motherduck_service_account.svc.id",
                "motherduck_service_account.renamed.id",
            )
            .replace(
                "\"motherduck_token\" \"loader\" {",
                "\"motherduck_token\" \"each\" {\n  for_each = toset([\"loader\"])",
            )
            .replace(
                "\"motherduck_ducklings\" \"svc\" {",
                "\"motherduck_ducklings\" \"counted\" {\n  count = 1",
            )
            + &moved(ACCOUNT, "motherduck_service_account.renamed")
            + &moved(TOKEN, "motherduck_token.each[\"loader\"]")
            + &moved(DUCKLINGS, "motherduck_ducklings.counted[0]")),
    );

    story.plan().expect([
        ("motherduck_ducklings.counted[0]", "move"),
        ("motherduck_service_account.renamed", "move"),
        ("motherduck_token.each[\"loader\"]", "move"),
    ]);
    story.clear_requests();
    story.apply_saved_plan();

    assert_eq!(story.writes(), NOTHING);
    assert_eq!(
        story.attribute("motherduck_token.each[\"loader\"]", "token"),
        secret
    );
    story.expect_empty_plan();
}
