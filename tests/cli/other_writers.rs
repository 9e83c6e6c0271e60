//! Two processes, or two resources of one configuration, write the Ducklings of one account.

use std::process::{Child, Stdio};
use std::time::Duration;

use motherduck_emulator::Emulator;
use serde_json::{Value, json};

use crate::support::{Story, block, resource};

const ACCOUNTS: usize = 24;

/// Seeds accounts whose Ducklings differ from both configurations.
fn seed(story: &Story) {
    let ducklings = json!({
        "read_write": { "instance_size": "pulse" },
        "read_scaling": { "instance_size": "pulse", "flock_size": 1 },
    });
    let user = |number: usize| json!({ "username": format!("svc_{number}"), "is_service_account": true, "ducklings": ducklings });
    let users: Vec<Value> = (0..ACCOUNTS).map(user).collect();
    story.emulator().seed(&json!({ "users": users })).unwrap();
}

/// Returns Ducklings of every account, with one managed block.
fn ducklings(name: &str, more: &str) -> String {
    block(
        &format!("resource \"motherduck_ducklings\" \"{name}\""),
        &format!("count = {ACCOUNTS}\nusername = \"svc_${{count.index}}\"\n{more}"),
    )
}

const WRITER: &str = "read_write = { instance_size = \"jumbo\", cooldown_seconds = 90 }";
const READER: &str = "read_scaling = { instance_size = \"mega\", flock_size = 7, cooldown_seconds = 400 }";

fn start(story: &Story) -> Child {
    let mut command = story.command(["apply", "-auto-approve", "-parallelism=24"]);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

#[test]
fn values_overwritten_by_another_run_are_an_error() {
    let emulator = Emulator::builder().latency(Duration::from_millis(20));
    let writer = Story::with(emulator, &ducklings("writer", WRITER));
    seed(&writer);
    let mut reader = Story::new(&ducklings("reader", READER));
    reader.set("MOTHERDUCK_API_BASE_URL", writer.emulator().url());

    let runs = [start(&writer), start(&reader)].map(|run| run.wait_with_output().unwrap());

    // Every block has its configured value, or an error names its account.
    let outcomes = runs.each_ref().map(|run| writer.record(run));
    let mut lost = Vec::new();
    for number in 0..ACCOUNTS {
        let username = format!("svc_{number}");
        let live = writer.account(&username)["ducklings"].clone();
        let is_whole = live["read_write"] == json!({ "instance_size": "jumbo", "cooldown_seconds": 90 })
            && live["read_scaling"]
                == json!({ "instance_size": "mega", "flock_size": 7, "cooldown_seconds": 400 });
        let name = format!("Ducklings of \"{username}\"");
        let is_named = outcomes.iter().any(|outcome| outcome.words().contains(&name));
        if !is_whole && !is_named {
            lost.push((username, live));
        }
    }
    assert!(lost.is_empty(), "lost without an error: {lost:#?}");
    for (run, outcome) in runs.iter().zip(&outcomes) {
        if !run.status.success() {
            outcome.assert_shows("Ducklings of");
        }
    }
}

#[test]
fn two_resources_of_one_account_can_manage_one_block_each() {
    let resources = |second: &str| {
        resource(
            "motherduck_ducklings.first",
            "username = \"svc\"\nread_write = { instance_size = \"jumbo\" }",
        ) + &resource(
            "motherduck_ducklings.second",
            &format!("username = \"svc\"\n{second}\ndepends_on = [motherduck_ducklings.first]"),
        )
    };
    let story = Story::new(&resources(
        "read_scaling = { instance_size = \"mega\", flock_size = 7 }",
    ));
    story.create_account("svc");
    story.apply();
    story.expect_empty_plan();

    // With the same block, each apply changes it again.
    story.write_main(&resources("read_write = { instance_size = \"giga\" }"));
    story.apply().assert_shows("0 added, 1 changed");
    story.apply().assert_shows("0 added, 1 changed");
}
