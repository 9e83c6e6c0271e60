//! Data sources: results, order, requests, and use in other blocks.

use std::fs;
use std::path::Path;

use motherduck_emulator::Emulator;
use serde_json::{Value, json};

use crate::support::{NOTHING, Story, block};

/// The `data` block behind an address such as `data.motherduck_users.all`.
fn data(address: &str, body: &str) -> String {
    let [_, kind, name] = address.split('.').collect::<Vec<_>>()[..] else {
        panic!("{address} is no address of a data source");
    };
    block(&format!("data \"{kind}\" \"{name}\""), body)
}

fn seed(story: &Story, seed: &Value) {
    story.emulator().seed(seed).unwrap();
}

/// The queries of the requests so far.
fn queries(story: &Story) -> Vec<String> {
    let requests = story.emulator().requests().into_iter();
    requests.filter_map(|request| request.query).collect()
}

// --- Users ---

const USERS: &str = "data.motherduck_users.all";

fn usernames(story: &Story) -> Vec<String> {
    let users = story.resource(USERS)["users"].clone();
    let users = users.as_array().unwrap().iter();
    users
        .map(|user| user["username"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn users_of_every_page_are_found_in_the_order_of_their_names() {
    let story = Story::new(&data(USERS, "is_service_account = true"));
    let users: Vec<Value> = (0..1500)
        .map(|number| json!({ "username": format!("svc_{number:04}"), "is_service_account": true }))
        .collect();
    seed(&story, &json!({ "users": users }));

    story.apply();

    assert_eq!(story.sent(), ["GET /v1/users 200", "GET /v1/users 200"]);
    let queries = queries(&story);
    assert_eq!(queries[0], "limit=1000&is_service_account=true");
    assert!(
        queries[1].starts_with("limit=1000&is_service_account=true&page_token="),
        "{queries:?}"
    );
    let expected: Vec<String> = (0..1500).map(|number| format!("svc_{number:04}")).collect();
    assert_eq!(usernames(&story), expected);
    story.expect_clean();
}

#[test]
fn filters_choose_among_the_users() {
    let story = Story::new(&data(USERS, ""));
    seed(
        &story,
        &json!({ "users": [
            { "username": "svc", "is_service_account": true, "roles": ["explorer", "builder"] },
            { "username": "old_svc", "is_service_account": true, "is_deprovisioned": true },
            { "username": "grace.hopper", "is_service_account": false, "email": "grace@example.com",
              "first_name": "Grace", "last_name": "Hopper" },
        ]}),
    );

    for (filters, expected) in [
        ("", &["emulator_admin", "grace.hopper", "old_svc", "svc"][..]),
        ("is_service_account = true", &["old_svc", "svc"]),
        ("is_service_account = false", &["emulator_admin", "grace.hopper"]),
        ("is_deprovisioned = true", &["old_svc"]),
        ("is_service_account = true\nis_deprovisioned = false", &["svc"]),
    ] {
        story.main(&data(USERS, filters));
        story.apply();
        assert_eq!(usernames(&story), expected, "{filters}");
    }

    let svc = &story.resource(USERS)["users"][0];
    assert_eq!(svc["roles"], json!(["builder", "explorer"]));
    assert_eq!(svc["first_name"], Value::Null);
}

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

#[test]
fn an_api_that_lists_no_users_is_an_error_and_not_an_empty_list() {
    let story = Story::with(Emulator::builder().missing_users_endpoint(true), &data(USERS, ""));

    story
        .fail(["plan"])
        .shows("The users of the organization could not be listed")
        .shows("Name the accounts in the configuration");
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

        let said = story.fail(["plan"]);
        said.shows("There is no account \"svc\"")
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
fn a_bad_username_is_found_by_validate() {
    let story = Story::new(&data(ACCOUNT, "username = \" \""));
    story.fail(["validate"]).shows("`username` must not be blank");
    assert_eq!(story.sent(), NOTHING);
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

#[test]
fn tokens_are_found_oldest_first_and_no_secret_is_kept() {
    const TOKENS: &str = "data.motherduck_tokens.svc";
    let story = Story::new(&data(TOKENS, "username = \"svc\""));
    story.outside_account("svc");
    let path = "/v1/users/svc/tokens";
    let mut secrets = Vec::new();
    for (name, ttl) in [("zeta", None), ("alpha", Some(3600)), ("beta", Some(300))] {
        let made = story.outside(
            "POST",
            path,
            &json!({ "name": name, "ttl": ttl.unwrap_or(86_400) }),
        );
        secrets.push(made["token"].as_str().unwrap().to_owned());
        story.emulator().advance_clock(60).unwrap();
    }

    story.apply();
    let names = |story: &Story| -> Vec<String> {
        let tokens = story.resource(TOKENS)["tokens"].clone();
        let tokens = tokens.as_array().unwrap().iter();
        tokens
            .map(|token| token["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&story), ["zeta", "alpha", "beta"]);
    let state = fs::read_to_string(story.path("terraform.tfstate")).unwrap();
    for secret in secrets {
        assert!(!state.contains(&secret), "{state}");
    }

    // An expired token is not listed.
    story.emulator().advance_clock(300).unwrap();
    story.apply();
    assert_eq!(names(&story), ["zeta", "alpha"]);
}

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

#[test]
fn active_accounts_are_found_in_the_order_of_their_names() {
    const ACTIVE: &str = "data.motherduck_active_accounts.now";
    let story = Story::new(&data(ACTIVE, ""));
    seed(
        &story,
        &json!({
            "users": [
                { "username": "svc", "is_service_account": true },
                { "username": "ada.lovelace", "is_service_account": false },
                { "username": "idle", "is_service_account": true },
            ],
            "running_ducklings": [
                { "username": "svc", "ducklings": [
                    { "id": "rw", "type": "read_write", "status": "active" },
                    { "id": "rs.1", "type": "read_scaling", "status": "cooldown" },
                ]},
                { "username": "ada.lovelace", "ducklings": [
                    { "id": "rw", "type": "read_write", "status": "cooldown" },
                ]},
            ],
        }),
    );

    story.apply();

    assert_eq!(
        story.resource(ACTIVE)["accounts"],
        json!([
            { "username": "ada.lovelace", "ducklings": [
                { "id": "rw", "type": "read_write", "status": "cooldown" },
            ]},
            { "username": "svc", "ducklings": [
                { "id": "rs.1", "type": "read_scaling", "status": "cooldown" },
                { "id": "rw", "type": "read_write", "status": "active" },
            ]},
        ])
    );
    assert_eq!(story.sent(), ["GET /v1/active_accounts 200"]);
}

// --- The documentation ---

/// Applies an example of a data source in an organization with the objects that it reads, and expects the
/// next plan to be empty.
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

/// An output of a story.
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
