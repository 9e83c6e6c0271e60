//! `--export` writes an organization as configuration with import blocks.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use motherduck_emulator::{Emulator, EmulatorBuilder};
use serde_json::{Value, json};

use crate::support::{ADMIN_TOKEN, NOTHING, Outcome, Story, program, wait_for, without_import_blocks};

/// A story with these users in the organization and without a configuration.
#[track_caller]
fn story(users: &Value) -> Story {
    story_with(Emulator::builder(), users)
}

#[track_caller]
fn story_with(emulator: EmulatorBuilder, users: &Value) -> Story {
    let story = Story::without_init(emulator);
    story.emulator().seed(&json!({ "users": users })).unwrap();
    story
}

/// Returns the command that exports the organization. Its environment has the story's variables and no
/// others.
fn command(story: &Story, arguments: &[&str]) -> Command {
    let mut command = Command::new(program::PROVIDER);
    command
        .arg("--export")
        .args(arguments)
        .env_clear()
        .env("MOTHERDUCK_API_BASE_URL", story.emulator().url())
        .env("MOTHERDUCK_ADMIN_TOKEN", ADMIN_TOKEN)
        .current_dir(story.path(""))
        .stdin(Stdio::null());
    command
}

/// Runs an export that must succeed.
#[track_caller]
fn export(story: &Story, arguments: &[&str]) -> Outcome {
    let output = command(story, arguments).output().unwrap();
    let outcome = story.record(&output);
    assert_eq!(output.status.code(), Some(0), "{}", outcome.words());
    outcome
}

/// Runs an export that must fail without standard output.
#[track_caller]
fn export_fails(story: &Story, arguments: &[&str]) -> Outcome {
    assert_failed(story, &command(story, arguments).output().unwrap())
}

#[track_caller]
fn assert_failed(story: &Story, output: &Output) -> Outcome {
    let outcome = story.record(output);
    assert_eq!(output.status.code(), Some(1), "{}", outcome.words());
    assert_eq!(outcome.stdout(), "");
    outcome
}

fn account(username: &str, tokens: &Value) -> Value {
    json!({ "username": username, "is_service_account": true, "tokens": tokens })
}

/// Names that are difficult to escape or to distinguish.
const ODD_TOKENS: [&str; 24] = [
    "Nightly",
    "nightly",
    "NIGHTLY",
    "a \"quoted\" name",
    "a\\b\\n",
    "${path.module}",
    "%{ if true }",
    "$${escaped} %%{escaped}",
    "$$${more} %%%{more} $%{both} %${both}",
    "$ % $$ %% {} $",
    "tab\tand\nline",
    "\u{1}\u{1b}[2J\u{7f}",
    "größe 🦆",
    "Gro\u{308}sse",
    "データ",
    "\u{202e}txet desrever",
    "no\u{a0}break\u{feff}\u{2028}x",
    "<<EOT",
    "# no comment /* */ //",
    "{ \"b\": 1, \"a\": 2 }",
    "[1, 2]",
    "null",
    "svc_odd",
    "svc_odd_nightly",
];

/// Accounts whose names resemble other syntax.
const ODD_ACCOUNTS: [&str; 10] = [
    "Versions",
    "override",
    "my_override",
    "con",
    "Größe_7",
    "データ_loader",
    "Ελλάς",
    "for",
    "svc_odd_nightly",
    "a__b",
];

/// 200 service accounts, 10 people besides the admin, and 5 deprovisioned accounts: more than a page of users.
fn organization() -> Value {
    let odd: Vec<Value> = (0..)
        .zip(ODD_TOKENS)
        .map(|(second, name)| {
            json!({
                "name": name, "created_ts": format!("2026-01-01T00:00:{second:02}Z"),
                "description": format!("about {name}"),
            })
        })
        .chain([
            json!({ "name": "MotherDuck Extension" }),
            json!({ "name": "MotherDuck Flights" }),
            json!({ "name": "  " }),
            json!({ "name": "at the end " }),
        ])
        .collect();
    let mut users = vec![
        account("svc_odd", &odd.into()),
        account("old-style", &json!([{ "name": "old" }])),
    ];
    users.extend(ODD_ACCOUNTS.map(|username| account(username, &json!([{ "name": username }]))));
    users.extend((users.len()..200).map(|number| {
        let mut user = account(
            &format!("Tenant_{number}"),
            &json!([
                { "name": "loader", "created_ts": "2026-01-01T00:00:00Z",
                  "expire_at": if number == 13 { json!("2126-01-01T00:00:00Z") } else { json!(null) } },
                { "name": "reader", "token_type": "read_scaling", "created_ts": "2026-06-01T00:00:00.4Z",
                  "expire_at": "2027-06-01T00:00:00Z" },
            ]),
        );
        user["ducklings"] = json!({
            "read_write": { "instance_size": if number % 2 == 0 { "pulse" } else { "mega" } },
            "read_scaling": { "instance_size": "jumbo", "flock_size": number % 65, "cooldown_seconds": 90 },
        });
        user
    }));
    users.extend((0..10).map(|number| {
        json!({ "username": format!("ada.{number}"), "is_service_account": false, "tokens": [{ "name": "laptop" }] })
    }));
    users.extend((0..5).map(|number| {
        json!({ "username": format!("gone_{number}"), "is_service_account": true, "is_deprovisioned": true })
    }));
    users.into()
}

#[test]
fn export_of_200_accounts_plans_only_imports() {
    let story = story(&organization());

    let exported = export(&story, &["--out", "."]);
    assert_eq!(exported.stdout(), "");
    let tokens = ODD_TOKENS.len() + 1 + ODD_ACCOUNTS.len() + 188 * 2;
    exported
        .assert_shows(&format!(
            "Exported: 199 service accounts, {tokens} tokens, Ducklings of 200 accounts."
        ))
        .assert_shows("Left out: 11 human members.")
        .assert_shows("Left out: 5 deprovisioned accounts.")
        .assert_shows("Left out: 4 tokens whose name, type or id cannot be configured.")
        .assert_shows("Left out: 1 account whose name the resource does not accept");
    assert_eq!(story.writes(), NOTHING);

    // There is one file for each account. Omitted objects are in no file.
    let files = files(&story.path(""));
    assert_eq!(files.len(), 201, "{files:?}");
    for expected in [
        "versions.tf",
        "versions_2.tf",
        "svc_odd.tf",
        "größe_7.tf",
        "con_account.tf",
    ] {
        assert!(files.contains(&expected.to_owned()), "{expected}: {files:?}");
    }
    for file in &files {
        assert!(!file.ends_with("override.tf"), "{file}");
    }
    let tenant = fs::read_to_string(story.path("tenant_13.tf")).unwrap();
    let ids = story.live_tokens("Tenant_13");
    assert_eq!(
        tenant,
        TENANT_13.replace("LOADER", &ids[0]).replace("READER", &ids[1])
    );

    story.run(["init"]);
    story.run(["fmt", "-check"]);
    let plan = story.plan();
    plan.expect_imports(199 + 200 + tokens)
        .outcome()
        .assert_shows("The lifetime of a token cannot be configured as `ttl`");

    story.clear_requests();
    story.apply_saved_plan();
    assert_eq!(story.writes(), NOTHING);
    story.expect_empty_plan();
    assert_eq!(story.addresses().len(), 199 + 200 + tokens + 1);
}

/// An expected file. The lifetime of the first token is no valid `ttl`.
const TENANT_13: &str = r#"# Service account Tenant_13

resource "motherduck_service_account" "tenant_13" {
  username = "Tenant_13"
}

resource "motherduck_ducklings" "tenant_13" {
  username     = motherduck_service_account.tenant_13.id
  read_write   = { instance_size = "mega", cooldown_seconds = 300 }
  read_scaling = { instance_size = "jumbo", flock_size = 13, cooldown_seconds = 90 }
}

# Created 2026-01-01T00:00:00Z, expires 2126-01-01T00:00:00Z.
resource "motherduck_token" "tenant_13_loader" {
  username = motherduck_service_account.tenant_13.id
  name     = "loader"
}

# Created 2026-06-01T00:00:00.4Z, expires 2027-06-01T00:00:00Z.
resource "motherduck_token" "tenant_13_reader" {
  username   = motherduck_service_account.tenant_13.id
  name       = "reader"
  token_type = "read_scaling"
  ttl        = 31536000
}

# Once they are applied, the import blocks can be deleted: all blocks below.

import {
  to = motherduck_service_account.tenant_13
  id = "Tenant_13"
}

import {
  to = motherduck_ducklings.tenant_13
  id = "Tenant_13"
}

import {
  to = motherduck_token.tenant_13_loader
  id = "Tenant_13/LOADER"
}

import {
  to = motherduck_token.tenant_13_reader
  id = "Tenant_13/READER"
}
"#;

/// Returns the sorted names of the files in a folder.
fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Returns two accounts with a token each, and a human member.
fn small_organization() -> Value {
    json!([
        account("loader", &json!([{ "name": "nightly" }])),
        account("Reader", &json!([{ "name": "nightly" }])),
        { "username": "grace.hopper", "is_service_account": false, "tokens": [{ "name": "laptop" }] },
    ])
}

#[test]
fn export_without_out_option_prints_to_standard_output() {
    let story = story(&small_organization());
    let exported = export(&story, &[]);
    exported.assert_shows("Exported: 2 service accounts, 2 tokens, Ducklings of 2 accounts.");
    assert!(!exported.stdout().contains("hopper"), "{}", exported.stdout());
    assert_eq!(files(&story.path("")), NOTHING);

    story.write_main(exported.stdout());
    story.run(["init"]);
    story.run(["fmt", "-check"]);
    story.plan().expect_imports(6);

    // After the apply the import blocks have no effect, and the plan is empty.
    story.apply_saved_plan();
    story.write_main(&without_import_blocks(exported.stdout()));
    story.expect_empty_plan();
}

#[test]
fn username_option_exports_only_named_accounts() {
    let story = story(&small_organization());

    let exported = export(&story, &["--username", "READER", "--username", "grace.hopper"]);
    exported
        .assert_shows("Exported: 1 service account, 1 token, Ducklings of 1 account.")
        .assert_shows("Left out: 1 human member.");
    assert!(
        exported.stdout().contains("username = \"Reader\""),
        "{}",
        exported.stdout()
    );
    assert!(!exported.stdout().contains("loader"), "{}", exported.stdout());

    export_fails(&story, &["--username", "loader", "--username", "nobody"])
        .assert_shows("There is no user \"nobody\"");
}

#[test]
fn export_without_users_endpoint_requires_username_options() {
    let story = story_with(
        Emulator::builder().behaviour(|of| of.missing_users_endpoint = true),
        &small_organization(),
    );
    export_fails(&story, &[])
        .assert_shows("The users of the organization could not be listed")
        .assert_shows("--username");

    let exported = export(&story, &["--username", "loader", "--username", "LOADER"]);
    exported
        .assert_shows("Exported: 1 service account, 1 token, Ducklings of 1 account.")
        .assert_shows("Not checked: whether the accounts are service accounts");
    export_fails(&story, &["--username", "nobody"]).assert_shows("There is no user \"nobody\"");
}

#[test]
fn existing_file_is_an_error_and_is_not_overwritten() {
    let story = story(&small_organization());
    story.write("code/reader.tf", "# mine\n");

    export_fails(&story, &["--out", "code"])
        .assert_shows("Files would be overwritten")
        .assert_shows("has these already: reader.tf. Nothing was written.");
    assert_eq!(files(&story.path("code")), ["reader.tf"]);
    assert_eq!(
        fs::read_to_string(story.path("code/reader.tf")).unwrap(),
        "# mine\n"
    );

    export(&story, &["--out", "other/code"]);
    assert_eq!(
        files(&story.path("other/code")),
        ["loader.tf", "reader.tf", "versions.tf"]
    );
}

#[test]
fn failed_read_is_an_error_and_nothing_is_written() {
    let story = story(&small_organization());
    let set_fault = |path: &str, fault: Value| {
        let rule = json!({ "method": "GET", "path": path, "fault": fault });
        story.emulator().set_faults(&json!([rule])).unwrap();
    };
    for (path, summary) in [
        ("/v1/users", "The users of the organization could not be listed"),
        (
            "/v1/users/Reader/tokens",
            "The tokens of \"Reader\" could not be read",
        ),
        (
            "/v1/users/Reader/instances",
            "The Ducklings of \"Reader\" could not be read",
        ),
    ] {
        set_fault(path, json!({ "kind": "status", "status": 400 }));
        export_fails(&story, &[])
            .assert_shows(summary)
            .assert_shows("status 400")
            .assert_shows(path);
        export_fails(&story, &["--out", "code"]).assert_shows(summary);
        set_fault(path, json!({ "kind": "empty_200" }));
        export_fails(&story, &["--out", "code"]).assert_shows(summary);
        assert_eq!(files(&story.path("")), NOTHING);
    }
}

#[test]
fn invalid_environment_is_an_error_that_names_the_variable() {
    let story = story(&small_organization());
    let fails = |variable: &str, value: &str, expected: &str| {
        let output = command(&story, &[]).env(variable, value).output().unwrap();
        assert_failed(&story, &output).assert_shows(expected);
    };
    fails(
        "MOTHERDUCK_ADMIN_TOKEN",
        "",
        "Error: No access token for the MotherDuck API",
    );
    fails(
        "MOTHERDUCK_ADMIN_TOKEN",
        "wrong",
        "the environment variable MOTHERDUCK_ADMIN_TOKEN",
    );
    fails(
        "MOTHERDUCK_API_BASE_URL",
        "http://example.com",
        "The environment variable MOTHERDUCK_API_BASE_URL",
    );
}

#[test]
fn closed_standard_output_is_an_error() {
    let story = story(&organization());
    let mut child = command(&story, &[])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_failed(&story, &child.wait_with_output().unwrap())
        .assert_shows("What was written there is not complete: the program that reads it has ended.");
}

#[test]
fn signal_ends_the_export_and_nothing_is_written() {
    use nix::sys::signal::{Signal, kill};
    use nix::unistd::Pid;

    let story = story(&small_organization());
    let rule = json!({ "path": "/v1/users/Reader/tokens", "fault": { "kind": "delay", "ms": 600_000 } });
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        story.emulator().set_faults(&json!([rule])).unwrap();
        let child = command(&story, &["--out", "code"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        wait_for("the request that hangs", || {
            (story.emulator().faults()["rules"][0]["hits"] == 1).then_some(())
        });
        kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), signal).unwrap();

        assert_failed(&story, &child.wait_with_output().unwrap())
            .assert_shows("Error: The export was interrupted Nothing was written.");
        assert_eq!(files(&story.path("")), NOTHING);
    }
}
