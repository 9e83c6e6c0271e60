//! Data sources: their results in other blocks, and the examples of the documentation.

use motherduck_emulator::Emulator;
use serde_json::json;

use crate::support::{Story, block, example};

/// Returns the `data` block for an address such as `data.motherduck_users.all`.
fn data(address: &str, body: &str) -> String {
    let [_, kind, name] = address.split('.').collect::<Vec<_>>()[..] else {
        panic!("{address} is no address of a data source");
    };
    block(&format!("data \"{kind}\" \"{name}\""), body)
}

const USERS: &str = "data.motherduck_users.all";

#[test]
fn for_each_over_a_data_source_creates_one_token_per_user() {
    let each = r#"
for_each = toset([for user in data.motherduck_users.all.users : user.username])
username = each.key
name     = "audit"
"#;
    let main =
        data(USERS, "is_service_account = true") + &block("resource \"motherduck_token\" \"audit\"", each);
    let story = Story::new(&main);
    story.create_account("beta");
    story.create_account("alpha");

    story.plan().expect([
        ("motherduck_token.audit[\"alpha\"]", "create"),
        ("motherduck_token.audit[\"beta\"]", "create"),
    ]);
    story.apply_saved_plan();
    story.expect_empty_plan();
}

#[test]
fn data_source_examples_apply_with_empty_next_plan() {
    let story = Story::without_init(Emulator::builder());
    story.create_account("nightly_loader");
    story.create_account("backfill_loader");
    story.create_token("nightly_loader", &json!({ "name": "permanent" }));
    story.create_token("nightly_loader", &json!({ "name": "temporary", "ttl": 3600 }));
    story.set_ducklings(
        "nightly_loader",
        &json!({ "instance_size": "jumbo", "cooldown_seconds": 900 }),
        &json!({ "instance_size": "pulse", "flock_size": 3 }),
    );
    story.write("provider.tf", &example("provider/provider.tf"));
    for name in [
        "active_accounts",
        "ducklings",
        "service_account",
        "tokens",
        "users",
    ] {
        let text = example(&format!("data-sources/motherduck_{name}/data-source.tf"));
        story.write(&format!("{name}.tf"), &text);
    }
    story.run(["init"]);
    story.apply();
    story.expect_empty_plan();

    let output = |name: &str| story.run(["output", "-json", name]).json();
    assert_eq!(output("admins"), json!(["emulator_admin"]));
    assert_eq!(output("tokens_without_expiry"), json!(["permanent"]));
    assert_eq!(output("busy_accounts"), json!([]));
    assert_eq!(
        story.attribute("motherduck_token.reports", "username"),
        "nightly_loader"
    );
    // The sizes of one account are applied to another.
    let ducklings = |username: &str| story.account(username)["ducklings"].clone();
    assert_eq!(ducklings("backfill_loader"), ducklings("nightly_loader"));
    assert_eq!(
        ducklings("backfill_loader")["read_write"]["cooldown_seconds"],
        900
    );
}
