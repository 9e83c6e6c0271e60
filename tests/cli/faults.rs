//! Requests that fail: one apply completes, and creates nothing twice.
//!
//! `tests/fault_matrix` has every fault at every request, and `tests/protocol/rate_limit.rs` has rate limits.

use serde_json::json;

use crate::support::{NOTHING, Story};

/// Five accounts with a token each.
const FIVE: &str = r#"
provider "motherduck" {
  max_retries = 20
}

resource "motherduck_service_account" "five" {
  count               = 5
  username            = "svc_${count.index}"
  deletion_protection = false
}

resource "motherduck_token" "five" {
  count    = 5
  username = motherduck_service_account.five[count.index].id
  name     = "loader"
}
"#;

#[track_caller]
fn assert_five_of_each(story: &Story) {
    let accounts = story.service_accounts();
    assert_eq!(accounts.len(), 5);
    for account in accounts {
        assert_eq!(story.live_tokens(&account).len(), 1, "{account}");
    }
    assert_eq!(story.addresses().len(), 10);
}

/// About every third request fails in a way that a retry overcomes.
#[test]
fn apply_creates_each_object_once_despite_random_faults() {
    let story = Story::new(FIVE);
    let rules = json!({
        "seed": 2026,
        "rules": [
            { "method": "POST", "probability": 0.3, "fault": { "kind": "status", "status": 429 } },
            { "method": "GET", "probability": 0.2, "fault": { "kind": "html_502" } },
            { "method": "GET", "probability": 0.2, "fault": { "kind": "drop_after" } },
            { "method": "DELETE", "probability": 0.2, "fault": { "kind": "drop_before" } },
            { "method": "DELETE", "probability": 0.2, "fault": { "kind": "drop_after" } },
            { "probability": 0.2, "fault": { "kind": "trickle", "ms": 1 } },
        ],
    });
    story.emulator().set_faults(&rules).unwrap();
    story.apply();
    assert_five_of_each(&story);
    story.expect_empty_plan();
    story.destroy();
    assert_eq!(story.service_accounts(), NOTHING);
    let faults = story.emulator().faults();
    for rule in faults["rules"].as_array().unwrap() {
        assert!(
            rule["hits"].as_u64() > Some(0),
            "the fault never occurred: {rule}"
        );
    }
}
