//! Data sources: results, order, requests, and use in other blocks.

use std::fs;
use std::path::Path;

use motherduck_emulator::Emulator;
use serde_json::{Value, json};

use crate::support::{NOTHING, Story, block};

/// Returns the `data` block for an address such as `data.motherduck_users.all`.
fn data(address: &str, body: &str) -> String {
    let [_, kind, name] = address.split('.').collect::<Vec<_>>()[..] else {
        panic!("{address} is no address of a data source");
    };
    block(&format!("data \"{kind}\" \"{name}\""), body)
}

// --- Users ---

const USERS: &str = "data.motherduck_users.all";

#[test]
fn results_of_a_data_source_work_with_for_each() {
    let each = r#"
for_each = toset([for user in data.motherduck_users.all.users : user.username])
username = each.key
name     = "audit"
"#;
    let main =
        data(USERS, "is_service_account = true") + &block("resource \"motherduck_token\" \"audit\"", each);
    let story = Story::new(&main);
    story.outside_account("beta");
    story.outside_account("alpha");

    story.plan().expect([
        ("motherduck_token.audit[\"alpha\"]", "create"),
        ("motherduck_token.audit[\"beta\"]", "create"),
    ]);
    story.apply_saved_plan();
    story.expect_clean();
}

// --- Accounts ---

const ACCOUNT: &str = "data.motherduck_service_account.svc";

#[test]
fn an_absent_account_is_an_error_with_a_next_step() {
    for kind in ["service_account", "ducklings", "tokens"] {
        let story = Story::new(&data(
            &format!("data.motherduck_{kind}.svc"),
            "username = \"svc\"",
        ));

        let printed = story.fail(["plan"]);
        printed
            .shows("There is no account \"svc\"")
            .shows("404 NOT_FOUND")
            .shows("username = motherduck_service_account.NAME.id")
            .shows("on main.tf line 2");
        assert_eq!(story.sent().len(), 1, "asked once");
    }
}

#[test]
fn an_account_is_found_in_any_letter_case_and_keeps_the_spelling_of_the_configuration() {
    let story = Story::new(&data(ACCOUNT, "username = \"ANALYTICS\""));
    story.outside_account("analytics");

    story.apply();

    assert_eq!(story.text(ACCOUNT, "username"), "ANALYTICS");
    assert_eq!(story.text(ACCOUNT, "id"), "ANALYTICS");
    story.expect_clean();
}

#[test]
fn a_look_up_needs_a_provider_that_is_known() {
    let vault = block("resource \"terraform_data\" \"vault\"", "input = \"t\"");
    let provider = block(
        "provider \"motherduck\"",
        "admin_token = terraform_data.vault.output",
    );
    let story = Story::new(&(vault + &provider + &data(ACCOUNT, "username = \"svc\"")));

    story
        .fail(["plan"])
        .shows("The provider's configuration is not known yet")
        .shows("`admin_token`")
        .shows("-target");
    assert_eq!(story.sent(), NOTHING);
}

// --- Tokens ---

// --- Ducklings ---

#[test]
fn the_sizes_of_one_account_can_be_applied_to_another() {
    let main = data("data.motherduck_ducklings.model", "username = \"model\"")
        + &block(
            "resource \"motherduck_ducklings\" \"copy\"",
            "username = \"copy\"
            read_write = data.motherduck_ducklings.model.read_write
            read_scaling = data.motherduck_ducklings.model.read_scaling",
        );
    let story = Story::new(&main);
    story.outside_account("model");
    story.outside_account("copy");
    story.outside_ducklings(
        "model",
        &json!({ "instance_size": "jumbo", "cooldown_seconds": 900 }),
        &json!({ "instance_size": "pulse", "flock_size": 3 }),
    );

    story.apply();

    let ducklings = |username: &str| story.account(username)["ducklings"].clone();
    assert_eq!(ducklings("copy"), ducklings("model"));
    story.expect_clean();
}

// --- The documentation ---

/// Applies an example of a data source in an organization with the objects that it reads, and expects that
/// the next plan is empty.
#[track_caller]
fn example_works(type_name: &str) -> Story {
    let example = |path: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(path);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let story = Story::without_init(Emulator::builder());
    story.outside_account("nightly_loader");
    story.outside_account("backfill_loader");
    story.outside_token("nightly_loader", &json!({ "name": "everlasting" }));
    story.outside_token("nightly_loader", &json!({ "name": "passing", "ttl": 3600 }));
    story.write("provider.tf", &example("provider/provider.tf"));
    story.main(&example(&format!("data-sources/{type_name}/data-source.tf")));
    story.run(["fmt", "-check"]);
    story.run(["init"]);
    story.apply();
    story.expect_clean();
    story
}

/// Returns an output of a story.
fn output(story: &Story, name: &str) -> Value {
    story.run(["output", "-json", name]).json()
}

#[test]
fn the_account_of_the_documentation_is_found() {
    let story = example_works("motherduck_service_account");
    assert_eq!(
        story.text("motherduck_token.reports", "username"),
        "nightly_loader"
    );
}

#[test]
fn the_users_of_the_documentation_are_found() {
    let story = example_works("motherduck_users");
    assert_eq!(output(&story, "admins"), json!(["emulator_admin"]));
}

#[test]
fn the_tokens_of_the_documentation_are_found() {
    let story = example_works("motherduck_tokens");
    assert_eq!(output(&story, "everlasting_tokens"), json!(["everlasting"]));
}

#[test]
fn the_ducklings_of_the_documentation_are_found() {
    let story = example_works("motherduck_ducklings");
    let ducklings = |username: &str| story.account(username)["ducklings"].clone();
    assert_eq!(ducklings("backfill_loader"), ducklings("nightly_loader"));
}

#[test]
fn the_active_accounts_of_the_documentation_are_found() {
    let story = example_works("motherduck_active_accounts");
    assert_eq!(output(&story, "busy_accounts"), json!([]));
}
