//! Ctrl-C: Terraform and the provider both get the signal, and created objects stay in the state.

use std::fs;

use serde_json::json;

use crate::support::{NOTHING, ProcessGroup, Story, block, resource, wait_for};

const APPLY: [&str; 2] = ["apply", "-auto-approve"];

/// The number of accounts that are created one after the other.
const LINKS: usize = 8;

/// Returns accounts that each depend on the previous one.
fn chain() -> String {
    let account = |number: usize| {
        let after = match number {
            0 => String::new(),
            _ => format!("depends_on = [motherduck_service_account.a{}]", number - 1),
        };
        resource(
            &format!("motherduck_service_account.a{number}"),
            &format!("username = \"svc_a{number}\"\n{after}"),
        )
    };
    (0..LINKS).map(account).collect()
}

#[test]
fn objects_created_before_ctrl_c_are_in_the_state() {
    let story = Story::new(&chain());
    let slow = json!([{ "path": "/v1/**", "fault": { "kind": "delay", "ms": 500 } }]);
    story.emulator().set_faults(&slow).unwrap();
    let mut apply = ProcessGroup::start(&story, APPLY);
    // The first account exists, and the request for the second is in flight or will be soon. The last one
    // follows several seconds later, even if this poll is slow.
    wait_for("the first account", || (!story.writes().is_empty()).then_some(()));

    apply.interrupt();

    apply.expect_interrupted();
    let created = story.service_accounts();
    assert!(
        created.len() < LINKS,
        "the interrupt was too late for this test: {created:?}"
    );
    let in_state: Vec<String> = story
        .addresses()
        .iter()
        .map(|address| address.replace("motherduck_service_account.", "svc_"))
        .collect();
    assert_eq!(in_state, created);

    // The state is not locked and nothing is incomplete, so the next run completes.
    story.emulator().set_faults(&json!([])).unwrap();
    story.apply();
    assert_eq!(story.service_accounts().len(), LINKS);
    story.expect_empty_plan();
}

#[test]
fn ctrl_c_ends_retries() {
    // With all retries this would take minutes.
    let mut story = Story::new(&(block("provider \"motherduck\"", "max_retries = 20") + &chain()));
    story.stop_emulator();
    let log = story.log_to("debug.log", "DEBUG");
    let mut apply = ProcessGroup::start(&story, APPLY);
    wait_for("a second attempt", || {
        let log = fs::read_to_string(&log).ok()?;
        log.contains("attempt=2").then_some(())
    });

    apply.interrupt();

    apply.expect_interrupted();
    assert_eq!(story.addresses(), NOTHING);
}
