//! The three resources from create to destroy.

use std::fs;

use crate::support::{ACCOUNT, DUCKLINGS, NOTHING, Story, TOKEN, all_resources, block};

/// Returns all three resources, with the arguments that the story changes.
fn main(protected: bool, token_name: &str, size: &str) -> String {
    all_resources(
        &format!("username = \"svc\"\ndeletion_protection = {protected}"),
        &format!("name = {token_name:?}"),
        &format!(
            "read_write = {{ instance_size = {size:?} }}\n\
             read_scaling = {{ instance_size = \"pulse\", flock_size = 2 }}"
        ),
    ) + &block(
        "output \"token\"",
        "value = motherduck_token.loader.token\nsensitive = true",
    )
}

#[test]
fn resources_are_created_updated_imported_and_destroyed() {
    let mut story = Story::new(&main(true, "first", "pulse"));
    let log = story.log_to("terraform.log", "WARN");
    story.run(["validate"]).assert_does_not_show("Warning:");

    // Create, and an empty plan.
    story
        .plan()
        .expect([(DUCKLINGS, "create"), (ACCOUNT, "create"), (TOKEN, "create")])
        .outcome()
        .assert_does_not_show("Warning:");
    story.apply_saved_plan().assert_does_not_show("Warning:");
    story.expect_empty_plan();
    let first = story.attribute(TOKEN, "id");
    assert_eq!(story.live_tokens("svc"), [&*first]);
    let secret = story.attribute(TOKEN, "token");
    assert_eq!(story.run(["output", "-raw", "token"]).stdout(), secret);

    // Update in place, and replacement where an update is impossible.
    story.write_main(&main(false, "second", "standard"));
    story
        .plan()
        .expect([(DUCKLINGS, "update"), (ACCOUNT, "update"), (TOKEN, "replace")])
        .replaced_by(TOKEN, ["name"])
        .outcome()
        .assert_does_not_show("Warning:");
    story.apply_saved_plan().assert_does_not_show("Warning:");
    story.expect_empty_plan();
    let second = story.attribute(TOKEN, "id");
    assert_ne!(second, first);
    assert_eq!(story.live_tokens("svc"), [&*second]);
    let ducklings = story.account("svc")["ducklings"].clone();
    assert_eq!(ducklings["read_write"]["instance_size"], "standard");

    // Removal from the state, and import by id.
    let imports = [
        (ACCOUNT, "svc".to_owned()),
        (DUCKLINGS, "svc".to_owned()),
        (TOKEN, format!("svc/{second}")),
    ];
    story.clear_requests();
    for (address, id) in &imports {
        story.run(["state", "rm", address]);
        story
            .run(["import", address, id])
            .assert_does_not_show("Warning:");
    }
    assert_eq!(story.addresses(), [DUCKLINGS, ACCOUNT, TOKEN]);
    assert_eq!(story.writes(), NOTHING);
    // An import has no configuration, so `deletion_protection` is true until the next apply.
    story.plan().expect([(ACCOUNT, "update")]);
    story.apply_saved_plan();
    story.expect_empty_plan();

    // Destroy. The import has saved no earlier Ducklings to restore.
    story
        .destroy()
        .assert_shows("Warning: Ducklings are left as they are");
    assert_eq!(story.addresses(), NOTHING);
    assert_eq!(story.service_accounts(), NOTHING);

    // The log contains no protocol messages that the program does not know.
    let log = fs::read_to_string(&log).unwrap_or_default();
    let odd: Vec<&str> = log.lines().filter(|line| !is_of_a_pipe(line)).collect();
    assert_eq!(odd, NOTHING);
}

/// go-plugin may still read a provider's output when it closes the pipe, and logs that as an error.
fn is_of_a_pipe(line: &str) -> bool {
    line.contains("error encountered while scanning std") && line.contains("file already closed")
}
