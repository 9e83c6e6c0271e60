//! `validate` finds errors in a configuration before any request is sent.

use std::ops::Range;

use motherduck_emulator::Emulator;
use serde_json::Value;

use crate::support::{NOTHING, Story, VERSIONS, block, resource};

/// Each line is a case: the arguments (`;` between two), the attribute of the error, and words of its
/// message.
const SERVICE_ACCOUNTS: &str = r#"
username = "my-account"                          | username | letters, digits and underscores
username = "my account"                          | username | letters, digits and underscores
username = "1account"                            | username | must start with a letter
username = "_account"                            | username | must start with a letter
username = "ab"                                  | username | 3 to 255 characters, not 2
username = join("", [for i in range(256) : "a"]) | username | 3 to 255 characters, not 256
username = ""                                    | username | 3 to 255 characters, not 0
"#;

/// The same for tokens. A duck emoji counts as two UTF-16 units.
const TOKENS: &str = r#"
ttl = 299                                           | ttl | whole number from 300 to 31536000, not 299
ttl = 31536001                                      | ttl | whole number from 300 to 31536000, not 31536001
ttl = 1.5                                           | ttl | whole number
ttl = 1e30                                          | ttl | whole number
token_type = "admin"                                | token_type | must be one of read_write, read_scaling
name = "MotherDuck Extension"                       | name | keeps for its own tokens
name = "MotherDuck Flights"                         | name | keeps for its own tokens
name = " "                                          | name | must not be blank
name = ""                                           | name | 1 to 255 characters
name = join("", [for i in range(256) : "a"])        | name | 1 to 255 characters, not 256
username = ""                                       | username | 1 to 255 characters
description = " "                                   | description | must not be blank
description = join("", [for i in range(501) : "🦆"]) | description | 1000 UTF-16 units, not 1002
early_rotation_seconds = 60                         | early_rotation_seconds | requires `ttl`
ttl = 600; early_rotation_seconds = 600             | early_rotation_seconds | smaller than `ttl`
ttl = 600; early_rotation_seconds = 0               | early_rotation_seconds | at least 1
token = "x"                                         | token | set by the provider alone
"#;

/// The same for Ducklings.
const DUCKLINGS: &str = r#"
read_write = { instance_size = "mega", cooldown_seconds = 59 }    | read_write.cooldown_seconds | 60 to 86400, not 59
read_write = { instance_size = "mega", cooldown_seconds = 86401 } | read_write.cooldown_seconds | 60 to 86400, not 86401
read_write = { instance_size = "mega", cooldown_seconds = 60.5 }  | read_write.cooldown_seconds | 60 to 86400, not 60.5
read_write = { instance_size = "pulse", cooldown_seconds = 60 }   | read_write.cooldown_seconds | pulse
read_scaling = { instance_size = "pulse", flock_size = 1, cooldown_seconds = 60 } | read_scaling.cooldown_seconds | pulse
read_scaling = { instance_size = "mega", flock_size = -1 }        | read_scaling.flock_size | from 0 to 64, not -1
read_scaling = { instance_size = "mega", flock_size = 65 }        | read_scaling.flock_size | from 0 to 64, not 65
read_scaling = { instance_size = "mega", flock_size = 1.5 }       | read_scaling.flock_size | from 0 to 64, not 1.5
restore_on_destroy = true                                         | read_write | `read_scaling` must be set
"#;

/// The same for the provider block.
const PROVIDERS: &str = r#"
api_base_url = "http://api.example.com"                   | api_base_url | must start with https://
api_base_url = "https://user:hunter2@api.example.com"     | api_base_url | must not contain credentials
api_base_url = "https://api.example.com/?tenant=hunter2"  | api_base_url | must not have a query
api_base_url = "https://api.example.com/#hunter2"         | api_base_url | must not have a fragment
api_base_url = "api.example.com"                          | api_base_url | must be absolute
api_base_url = ""                                         | api_base_url | must be absolute
admin_token = ""                                          | admin_token | must not be blank
admin_token = " \t"                                       | admin_token | must not be blank
admin_token = "hunter2\nhunter2"                          | admin_token | must not contain line breaks
request_timeout_seconds = 0                               | request_timeout_seconds | from 1 to 600, not 0
request_timeout_seconds = 601                             | request_timeout_seconds | from 1 to 600, not 601
request_timeout_seconds = 1.5                             | request_timeout_seconds | whole number
max_retries = -1                                          | max_retries | from 0 to 20, not -1
max_retries = 21                                          | max_retries | from 0 to 20, not 21
max_concurrent_requests = 0                               | max_concurrent_requests | from 1 to 256, not 0
max_concurrent_requests = 257                             | max_concurrent_requests | from 1 to 256, not 257
ca_certificate_file = " "                                 | ca_certificate_file | must not be blank
custom_user_agent = "a\nb"                                | custom_user_agent | must not contain line breaks
"#;

/// A line of a table.
struct Case {
    arguments: String,
    attribute: &'static str,
    reason: &'static str,
}

fn cases(table: &'static str) -> Vec<Case> {
    let case = |line: &'static str| {
        let [arguments, attribute, reason] = line.split(" | ").map(str::trim).collect::<Vec<_>>()[..] else {
            panic!("a line with other columns: {line}");
        };
        Case {
            arguments: arguments.replace("; ", "\n"),
            attribute,
            reason,
        }
    };
    table.trim().lines().map(case).collect()
}

/// Runs `validate -json`, which must find an error, and returns its diagnostics.
#[track_caller]
fn mistakes(main: &str) -> Vec<Value> {
    let story = Story::without_init(Emulator::builder());
    story.write("versions.tf", VERSIONS);
    story.main(main);
    story.run(["init"]);
    let found = story.fail(["validate", "-json"]).json();
    assert_eq!(story.sent(), NOTHING);
    found["diagnostics"].as_array().unwrap().clone()
}

/// Expects one diagnostic in these lines, with the attribute and the words.
#[track_caller]
fn expect(found: &[Value], lines: &Range<u64>, case: &Case) {
    let Case {
        arguments,
        attribute,
        reason,
    } = case;
    let line = |diagnostic: &Value| diagnostic["range"]["start"]["line"].as_u64();
    let mine: Vec<&Value> = found
        .iter()
        .filter(|diagnostic| line(diagnostic).is_some_and(|line| lines.contains(&line)))
        .collect();
    let [diagnostic] = mine.as_slice() else {
        panic!("{arguments}\nhas not one diagnostic but: {mine:#?}");
    };
    assert_eq!(diagnostic["severity"], "error", "{arguments}");
    let printed = format!("{} {}", diagnostic["summary"], diagnostic["detail"]);
    for expected in [format!("`{attribute}`").as_str(), reason] {
        assert!(
            printed.contains(expected),
            "{arguments}\nmisses {expected:?} in {printed}"
        );
    }
    assert!(
        !printed.contains("hunter2"),
        "{arguments}\nis repeated: {printed}"
    );
    if *attribute == "admin_token" {
        // The secret is missing even from the excerpt of the configuration that a CLI prints.
        assert!(!diagnostic.to_string().contains("hunter2"), "{diagnostic:#}");
    }
}

/// Writes all cases into one configuration and compares the diagnostics with the table. `block` returns the
/// block for a number and arguments.
#[track_caller]
fn check(table: &'static str, block: impl Fn(usize, &str) -> String) {
    let cases = cases(table);
    let mut main = String::new();
    let mut lines = vec![1];
    for (number, case) in cases.iter().enumerate() {
        main.push_str(&block(number, &case.arguments));
        lines.push(main.lines().count() as u64 + 1);
    }
    let found = mistakes(&main);
    for (case, lines) in cases.iter().zip(lines.windows(2)) {
        expect(&found, &(lines[0]..lines[1]), case);
    }
    assert_eq!(found.len(), cases.len(), "{found:#?}");
}

/// Checks a table of resources. Adds the arguments of `others` that a case does not set.
#[track_caller]
fn check_resources(kind: &str, table: &'static str, others: &[&str]) {
    check(table, |number, arguments| {
        let mut body = arguments.to_owned();
        for other in others {
            let name = other.split('=').next().unwrap();
            if !arguments.starts_with(name) {
                body = format!("{body}\n{other}");
            }
        }
        resource(&format!("{kind}.case_{number}"), &body)
    });
}

#[test]
fn every_bad_value_of_a_service_account_is_found_at_its_attribute() {
    check_resources("motherduck_service_account", SERVICE_ACCOUNTS, &[]);
}

#[test]
fn every_bad_value_of_a_token_is_found_at_its_attribute() {
    check_resources(
        "motherduck_token",
        TOKENS,
        &["username = \"svc\"", "name = \"loader\""],
    );
}

#[test]
fn every_bad_value_of_ducklings_is_found_at_its_attribute() {
    check_resources("motherduck_ducklings", DUCKLINGS, &["username = \"svc\""]);
}

#[test]
fn every_bad_value_of_the_provider_block_is_found_at_its_attribute() {
    // A provider block that no resource uses is not validated.
    check(PROVIDERS, |number, arguments| {
        block(
            "provider \"motherduck\"",
            &format!("alias = \"case_{number}\"\n{arguments}"),
        ) + &resource(
            &format!("motherduck_service_account.case_{number}"),
            &format!("provider = motherduck.case_{number}\nusername = \"svc\""),
        )
    });
}

#[test]
fn the_limits_themselves_are_allowed() {
    let story = Story::new(
        r#"
        provider "motherduck" {
          api_base_url            = "https://api.example.com/prefix/"
          admin_token             = " secret\n"
          request_timeout_seconds = 600
          max_retries             = 0
          max_concurrent_requests = 256
        }

        resource "motherduck_service_account" "short" {
          username = "abc"
        }

        resource "motherduck_service_account" "long" {
          username = join("", [for i in range(255) : "ä"])
        }

        resource "motherduck_token" "short" {
          username               = "a.b-c@example.com"
          name                   = "t"
          ttl                    = 300
          early_rotation_seconds = 299
        }

        resource "motherduck_token" "long" {
          username    = "svc"
          name        = "motherduck extension"
          ttl         = 31536000
          description = join("", [for i in range(500) : "🦆"])
        }

        resource "motherduck_ducklings" "small" {
          username     = "svc"
          read_scaling = { instance_size = "standard", flock_size = 0, cooldown_seconds = 60 }
        }

        resource "motherduck_ducklings" "large" {
          username     = "svc"
          read_write   = { instance_size = "giga", cooldown_seconds = 86400 }
          read_scaling = { instance_size = "pulse", flock_size = 64 }
        }
        "#,
    );

    story.run(["validate"]);
}

#[test]
fn unknown_values_pass_validation() {
    let story = Story::new(
        r#"
        variable "anything" {}

        resource "motherduck_service_account" "a" {
          username = var.anything
        }

        resource "motherduck_token" "a" {
          username               = var.anything
          name                   = var.anything
          ttl                    = var.anything
          token_type             = var.anything
          early_rotation_seconds = 600
        }

        resource "motherduck_ducklings" "a" {
          username     = var.anything
          read_write   = var.anything
          read_scaling = { instance_size = "pulse", flock_size = var.anything, cooldown_seconds = var.anything }
        }
        "#,
    );

    story.run(["validate"]);
}
