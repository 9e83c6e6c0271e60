//! The resources in Terraform's language: unknown values, `ignore_changes` and `moved`.

use crate::support::{ACCOUNT, DUCKLINGS, NOTHING, Story, TOKEN, all_resources, block, moved, resource};

/// Returns a resource of each type for the account of an expression.
fn resources_of(username: &str) -> String {
    all_resources(
        &format!("username = {username}\ndeletion_protection = false"),
        "name = \"loader\"",
        "read_write = { instance_size = \"pulse\" }",
    )
}

#[test]
fn arguments_known_after_apply_are_applied() {
    let later = r#"input = { username = "svc", name = "loader", ttl = 3600, size = "standard", flock = 4, off = false }"#;
    let resources = all_resources(
        "username = LATER.username\ndeletion_protection = LATER.off",
        "name = LATER.name\nttl = LATER.ttl\nearly_rotation_seconds = LATER.ttl / 2\nkeepers = { size = LATER.size }",
        "read_scaling = { instance_size = LATER.size, flock_size = LATER.flock }",
    );
    let resources = resources.replace("LATER", "terraform_data.later.output");
    let story = Story::new(&(resource("terraform_data.later", later) + &resources));

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
        resources_of("terraform_data.name.output")
            + &resource("terraform_data.name", &format!("input = {input:?}"))
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
    let main = |ttl: u32, name: &str, size: &str| {
        let ignored = |arguments: &str| block("lifecycle", &format!("ignore_changes = [{arguments}]"));
        all_resources(
            "username = \"svc\"",
            &format!("name = {name:?}\nttl = {ttl}\n{}", ignored("ttl, name")),
            &format!(
                "read_write = {{ instance_size = {size:?} }}\n{}",
                ignored("read_write")
            ),
        )
    };
    let story = Story::new(&main(3600, "loader", "standard"));
    story.apply();
    story.write_main(&main(7200, "other", "giga"));

    story.expect_empty_plan();
}

#[test]
fn moved_blocks_rename_resources_without_a_write() {
    let story = Story::new(&resources_of("\"svc\""));
    story.apply();
    let secret = story.attribute(TOKEN, "token");
    story.write_main(
        &(resources_of("\"svc\"")
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
