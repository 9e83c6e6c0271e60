//! Ctrl-C during an action and during a query: the request in flight ends, and no other one is sent.

use std::time::Duration;

use motherduck_emulator::Emulator;
use serde_json::json;

use crate::support::{Feature, ProcessGroup, Story, block, wait_for};

/// The delay of each request in stories that are interrupted.
const LATENCY: Duration = Duration::from_millis(300);

#[test]
fn ctrl_c_stops_revoke_tokens_without_a_crash() {
    // Revoking all of them would take half a minute.
    const TOKENS: usize = 20;
    let main = r#"
        action "motherduck_revoke_tokens" "all" {
          config {
            username = "ci"
          }
        }
    "#;
    let story = Story::since_with(Feature::Actions, Emulator::builder().latency(LATENCY), main);
    let tokens: Vec<_> = (0..TOKENS)
        .map(|number| json!({ "name": format!("build-{number}") }))
        .collect();
    let users = json!([{ "username": "ci", "is_service_account": true, "tokens": tokens }]);
    story.emulator().seed(&json!({ "users": users })).unwrap();
    let slow = json!([{ "method": "DELETE", "path": "/v1/**", "fault": { "kind": "delay", "ms": 1200 } }]);
    story.emulator().set_faults(&slow).unwrap();
    let invoke = [
        "apply",
        "-auto-approve",
        "-invoke=action.motherduck_revoke_tokens.all",
    ];
    let mut command = ProcessGroup::start(&story, invoke);
    // The request and its response are both delayed: the latest progress event was sent some time ago, and
    // the next one follows some time later.
    wait_for("the first token to be revoked", || {
        (story.live_tokens("ci").len() < TOKENS).then_some(())
    });

    command.interrupt();

    command.expect_interrupted();
    let revoked = story.writes().len();
    assert!(revoked < TOKENS / 2, "{revoked} tokens were revoked in total");
    assert_eq!(story.live_tokens("ci").len(), TOKENS - revoked);
    // The error names the tokens that were not revoked.
    let printed = command.output();
    assert!(printed.contains("could not be revoked"), "{printed}");
}

#[test]
fn ctrl_c_stops_a_query() {
    // With eight accounts in parallel, listing all of them would take half a minute.
    const ACCOUNTS: usize = 800;
    let story = Story::since_with(Feature::Query, Emulator::builder().latency(LATENCY), "");
    let users: Vec<_> = (0..ACCOUNTS)
        .map(|number| json!({ "username": format!("svc_{number}"), "is_service_account": true }))
        .collect();
    story.emulator().seed(&json!({ "users": users })).unwrap();
    let list = "provider = motherduck\nlimit = 100000";
    story.write(
        "all.tfquery.hcl",
        &block("list \"motherduck_token\" \"all\"", list),
    );
    let listings = || {
        story
            .requests()
            .iter()
            .filter(|sent| sent.contains("/tokens"))
            .count()
    };
    let mut command = ProcessGroup::start(&story, ["query"]);
    wait_for("the first listing", || (listings() > 0).then_some(()));

    command.interrupt();

    command.expect_interrupted();
    let sent = listings();
    assert!(sent < ACCOUNTS / 2, "{sent} accounts were requested in total");
}
