//! `terraform query` lists existing objects and generates their configuration.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Feature, NOTHING, Outcome, Story, block, example, without_import_blocks};

const ACCOUNTS: &str = "motherduck_service_account";
const TOKENS: &str = "motherduck_token";
const DUCKLINGS: &str = "motherduck_ducklings";

/// Returns a `list` block for a type, named `all`.
fn list(type_name: &str, body: &str) -> String {
    let body = format!("provider = motherduck\n{body}");
    block(&format!("list \"{type_name}\" \"all\""), &body)
}

/// A story that runs these queries in an organization with these users.
#[track_caller]
fn story(users: &Value, lists: &[String]) -> Story {
    let story = Story::since(Feature::Query, "");
    story.emulator().seed(&json!({ "users": users })).unwrap();
    story.write("all.tfquery.hcl", &lists.concat());
    story
}

/// Returns the results of `query -json` in order.
#[track_caller]
fn found(outcome: &Outcome) -> Vec<Value> {
    let lines = outcome.stdout().lines();
    lines
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|line| line["type"] == "list_resource_found")
        .map(|line| line["list_resource_found"].clone())
        .collect()
}

/// Returns an organization with objects of every kind and some unusual names.
fn organization() -> Value {
    json!([
        { "username": "ada.lovelace", "is_service_account": false, "tokens": [{ "name": "of a human" }] },
        { "username": "retired", "is_service_account": true, "is_deprovisioned": true,
          "tokens": [{ "name": "of the past" }] },
        { "username": "loader", "is_service_account": true, "tokens": [
            { "name": "nightly", "created_ts": "2026-01-01T00:00:00Z", "expire_at": "2126-01-01T00:00:00Z" },
            { "name": "a \"quoted\" ${name} with %{ if } and \\ and \t end", "created_ts": "2026-01-02T00:00:00Z",
              "description": "two\nlines, <<EOT and ${more}" },
            { "name": "größe 🦆", "token_type": "read_scaling", "created_ts": "2026-01-03T00:00:00Z" },
            { "name": "{\"team\":[\"a\",\"b\"]}", "created_ts": "2026-01-04T00:00:00Z", "description": "[ 1,2 ]" },
            { "name": "{ \"b\": 1, \"a\": 2 }", "created_ts": "2026-01-05T00:00:00Z" },
            { "name": "MotherDuck Extension" }, { "name": "MotherDuck Flights" }, { "name": "  " },
          ],
          "ducklings": { "read_write": { "instance_size": "mega", "cooldown_seconds": 400 },
                         "read_scaling": { "instance_size": "jumbo", "flock_size": 64, "cooldown_seconds": 60 } } },
        { "username": "Größe_7", "is_service_account": true,
          "ducklings": { "read_write": { "instance_size": "giga" },
                         "read_scaling": { "instance_size": "standard", "flock_size": 0 } } },
        { "username": "old-style", "is_service_account": true, "tokens": [{ "name": "old" }],
          "ducklings": { "read_write": { "instance_size": "pulse" },
                         "read_scaling": { "instance_size": "pulse", "flock_size": 4 } } },
    ])
}

#[test]
fn configuration_generated_by_query_plans_only_imports() {
    let story = story(
        &organization(),
        &[ACCOUNTS, TOKENS, DUCKLINGS].map(|type_name| list(type_name, "")),
    );
    story.create_token("loader", &json!({ "name": "of today", "ttl": 3600 }));

    story
        .run(["query", "-generate-config-out=generated.tf"])
        .assert_shows("nightly (loader), read_write, expires 2126-01-01T00:00:00Z")
        .assert_does_not_show("of a human")
        .assert_does_not_show("of the past")
        .assert_does_not_show("MotherDuck Extension")
        // Objects whose names Terraform could not create or not write as text. There are two warnings, which
        // the CLI combines into one.
        .assert_shows("An object is not listed")
        .assert_shows("no configuration could be generated for it")
        .assert_shows("(and one more similar warning elsewhere)");

    // Each list requests the users, and then the objects of each of the three accounts.
    let mut sent = story.requests();
    sent.sort();
    let of_accounts = ["Gr%C3%B6%C3%9Fe_7", "loader", "old-style"]
        .map(|name| ["instances", "tokens"].map(|what| format!("GET /v1/users/{name}/{what} 200")));
    let users = std::iter::repeat_n("GET /v1/users 200".to_owned(), 3);
    assert_eq!(sent, users.chain(of_accounts.concat()).collect::<Vec<_>>());

    story.run(["validate"]);
    story.plan().expect_imports(2 + 6 + 3);
    story.clear_requests();
    story.apply_saved_plan();
    assert_eq!(story.writes(), NOTHING);
    story.expect_empty_plan();

    // The generated configuration stays valid after the import.
    let generated = fs::read_to_string(story.path("generated.tf")).unwrap();
    story.write("generated.tf", &without_import_blocks(&generated));
    story.expect_empty_plan();
}

#[test]
fn query_returns_identity_display_name_and_requested_resource() {
    let lists = |include: bool| {
        let include = format!("include_resource = {include}");
        [ACCOUNTS, TOKENS, DUCKLINGS]
            .map(|type_name| list(type_name, &include))
            .concat()
    };
    let story = story(&json!([]), &[lists(true)]);
    story.create_account("svc");
    let id = story.create_token(
        "svc",
        &json!({ "name": "loader", "ttl": 3600, "description": "by hand" }),
    );

    let results = found(&story.run(["query", "-json"]));
    let of = |type_name: &str| {
        results
            .iter()
            .find(|item| item["resource_type"] == type_name)
            .unwrap()
    };
    assert_eq!(of(ACCOUNTS)["identity"], json!({ "username": "svc" }));
    assert_eq!(
        of(ACCOUNTS)["resource_object"],
        json!({ "username": "svc", "deletion_protection": true, "id": "svc" })
    );
    assert_eq!(of(TOKENS)["identity"], json!({ "username": "svc", "id": id }));
    let token = &of(TOKENS)["resource_object"];
    assert_eq!(
        of(TOKENS)["display_name"],
        format!(
            "loader (svc), read_write, expires {}",
            token["expire_at"].as_str().unwrap()
        )
    );
    assert_eq!(
        json!([token["name"], token["ttl"], token["description"], token["token"]]),
        json!(["loader", 3600, "by hand", null])
    );
    assert_eq!(
        of(DUCKLINGS)["resource_object"]["read_write"],
        json!({ "instance_size": "standard", "cooldown_seconds": 60 })
    );

    story.write("all.tfquery.hcl", &lists(false));
    for item in found(&story.run(["query", "-json"])) {
        assert_eq!(item.get("resource_object"), None, "{item}");
    }
}

#[test]
fn list_resource_examples_find_one_object_each() {
    let user = json!({ "username": "nightly_loader", "is_service_account": true, "tokens": [{ "name": "nightly" }] });
    let story = story(&json!([user]), &[]);
    for type_name in [ACCOUNTS, TOKENS, DUCKLINGS] {
        let file = format!("list-resources/{type_name}/list-resource.tfquery.hcl");
        story.write("all.tfquery.hcl", &example(&file));
        story.run(["fmt", "-check"]);
        assert_eq!(found(&story.run(["query", "-json"])).len(), 1, "{file}");
    }
}
