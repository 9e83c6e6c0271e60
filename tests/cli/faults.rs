//! Requests that fail on the way: one apply completes, and nothing is lost or created twice.
//!
//! `tests/fault_matrix` has every fault at every call.

use motherduck_emulator::Emulator;
use serde_json::json;

use crate::support::{NOTHING, Story};

/// An account with a token that has `name`, one that has `name_prefix`, and Ducklings.
const EVERYTHING: &str = r#"
resource "motherduck_service_account" "fixed" {
  username            = "svc_fixed"
  deletion_protection = false
}

resource "motherduck_token" "fixed" {
  username = motherduck_service_account.fixed.id
  name     = "loader"
}

resource "motherduck_ducklings" "fixed" {
  username           = motherduck_service_account.fixed.id
  read_write         = { instance_size = "jumbo", cooldown_seconds = 90 }
  restore_on_destroy = true
}

resource "motherduck_service_account" "drawn" {
  username            = "svc_drawn"
  deletion_protection = false
  depends_on          = [motherduck_service_account.fixed]
}

resource "motherduck_token" "drawn" {
  username    = motherduck_service_account.drawn.id
  name_prefix = "loader-"
}
"#;

#[test]
fn apply_creates_each_object_once_despite_lost_responses() {
    let story = Story::new(EVERYTHING);
    let once = |method: &str, path: &str| json!({ "method": method, "path": path, "count": 1, "fault": { "kind": "drop_after" } });
    story
        .emulator()
        .set_faults(&json!([
            once("POST", "/v1/users"),
            once("PUT", "/v1/users/svc_fixed/instances"),
            once("POST", "/v1/users/svc_fixed/tokens"),
            once("POST", "/v1/users/svc_drawn/tokens"),
        ]))
        .unwrap();
    story.apply().hides("Warning:");
    for name in ["fixed", "drawn"] {
        assert_eq!(
            story.live_tokens(&format!("svc_{name}")),
            [story.text(&format!("motherduck_token.{name}"), "id")]
        );
    }
    let live = &story.account("svc_fixed")["ducklings"]["read_write"];
    assert_eq!(live["cooldown_seconds"], 90);
    story.expect_clean();
    story.destroy();
    assert_eq!(story.service_accounts(), NOTHING);
}

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

#[test]
fn apply_completes_under_a_rate_limit() {
    let story = Story::with(Emulator::builder().rate_limit("5/1".parse().unwrap()), FIVE);
    // On a slow machine the request rate may stay below the limit, so this fault refuses some requests in any
    // case.
    let refusal = json!({ "kind": "status", "status": 429, "retry_after": 1 });
    let rule = json!({ "nth": 3, "count": 5, "fault": refusal });
    story.emulator().set_faults(&json!([rule])).unwrap();
    story.apply();
    assert_eq!(story.emulator().faults()["rules"][0]["hits"], 5);
    assert_five_of_each(&story);
    story.expect_clean();
    story.destroy();
    assert_eq!(story.service_accounts(), NOTHING);
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
    story.expect_clean();
    story.destroy();
    assert_eq!(story.service_accounts(), NOTHING);
    let met = story.emulator().faults();
    for rule in met["rules"].as_array().unwrap() {
        assert!(rule["hits"].as_u64() > Some(0), "never met: {rule}");
    }
}
