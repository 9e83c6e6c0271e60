//! Each fault of the emulator with each kind of request: the provider recovers or reports the fault, no
//! object is lost, and none is created twice.

use std::fs;

use motherduck_emulator::Emulator;
use serde_json::{Value, json};

use crate::support::{NOTHING, Story};

const ACCOUNT: &str = r#"
resource "motherduck_service_account" "svc" {
  username            = "svc"
  deletion_protection = false
}
"#;

const TOKEN: &str = r#"
resource "motherduck_token" "loader" {
  username = motherduck_service_account.svc.id
  name     = "loader"
}
"#;

fn ducklings(cooldown_seconds: usize) -> String {
    format!(
        r#"
        resource "motherduck_ducklings" "svc" {{
          username   = motherduck_service_account.svc.id
          read_write = {{ instance_size = "standard", cooldown_seconds = {cooldown_seconds} }}
        }}
        "#
    )
}

/// Configures a provider with two attempts. Except for delays its timeout is long, so that a slow machine
/// causes no failure.
fn configure_provider(story: &Story, kind: &str) {
    let seconds = if matches!(kind, "delay" | "trickle") {
        1
    } else {
        30
    };
    let provider = format!(
        r#"
        provider "motherduck" {{
          max_retries             = 1
          request_timeout_seconds = {seconds}
        }}
        "#
    );
    story.write("provider.tf", &provider);
}

/// One fault of every kind. Delays are longer than the provider's timeout.
const KINDS: [&str; 11] = [
    "status",
    "html_502",
    "drop_before",
    "drop_after",
    "truncated_json",
    "wrong_shape",
    "empty_200",
    "delay",
    "trickle",
    "oversized",
    "redirect",
];

fn fault(kind: &str) -> Value {
    match kind {
        "status" => json!({ "kind": kind, "status": 500 }),
        "delay" | "trickle" => json!({ "kind": kind, "ms": 60_000 }),
        _ => json!({ "kind": kind }),
    }
}

/// Whether the API carries out the request before the fault.
fn is_acted_on(kind: &str) -> bool {
    !matches!(kind, "status" | "html_502" | "drop_before" | "redirect")
}

/// Returns the provider's message about a response that it could not read.
fn message(kind: &str) -> &'static str {
    match kind {
        "status" => "returned status 500 INTERNAL_SERVER_ERROR",
        "html_502" => "returned status 502",
        "drop_before" | "drop_after" => "the server closed the connection",
        "delay" | "trickle" => "had no response within 1 second",
        "oversized" => "its body is larger than 16 MiB",
        "redirect" => "returned a redirect (307) to https://elsewhere.invalid",
        _ => "returned status 200, but its body",
    }
}

/// Sets a fault for the first `count` requests of a method to a path, or for all of them.
fn set_fault(story: &Story, kind: &str, method: &str, path: &str, count: Option<u32>) {
    let mut rule = json!({ "method": method, "path": path, "fault": fault(kind) });
    if let Some(count) = count {
        rule["count"] = count.into();
    }
    configure_provider(story, kind);
    story.emulator().set_faults(&json!([rule])).unwrap();
}

fn clear_faults(story: &Story) {
    configure_provider(story, "none");
    story.emulator().set_faults(&json!([])).unwrap();
}

/// Expects this number of requests that match the fault. The rule counts each at its arrival, including those
/// that the provider has abandoned.
#[track_caller]
fn expect_requests(story: &Story, expected: u64) {
    let faults = story.emulator().faults();
    assert_eq!(faults["rules"][0]["calls"], expected, "{faults}");
}

#[test]
fn a_read_that_fails_leaves_the_state_as_it_is() {
    let story = Story::new(&[ACCOUNT, TOKEN, &ducklings(60)].concat());
    story.apply();
    let state = fs::read(story.path("terraform.tfstate")).unwrap();
    for kind in KINDS {
        set_fault(&story, kind, "GET", "/**", None);
        story
            .fail(["apply", "-auto-approve"])
            .shows("could not be read")
            .shows(message(kind))
            .hides("is gone");
        assert_eq!(
            fs::read(story.path("terraform.tfstate")).unwrap(),
            state,
            "{kind}"
        );
        // All other requests depend on the account. Any JSON is accepted in the response to its creation.
        let requests = match kind {
            "wrong_shape" => 3,
            // A retry would get the same complete but unusable response.
            "truncated_json" | "empty_200" | "oversized" | "redirect" => 1,
            _ => 2,
        };
        expect_requests(&story, requests);
    }
    clear_faults(&story);
    story.expect_clean();
}

#[test]
fn a_read_that_fails_once_is_repeated() {
    let story = Story::new(ACCOUNT);
    story.apply();
    for kind in [
        "status",
        "html_502",
        "drop_before",
        "drop_after",
        "delay",
        "trickle",
    ] {
        set_fault(&story, kind, "GET", "/**", Some(1));
        story.expect_clean();
        expect_requests(&story, 2);
    }
}

/// The faults with which the emulator carries out a write and loses the response.
const LOST: [&str; 10] = [
    "drop_after",
    "status_after",
    "html_502_after",
    "html_200_after",
    "truncated_json",
    "cut_off",
    "empty_200",
    "wrong_shape",
    "delay",
    "late_commit",
];

fn lost(kind: &str) -> Value {
    match kind {
        "status_after" => json!({ "kind": kind, "status": 500 }),
        // The provider's timeout is one second.
        "delay" => json!({ "kind": kind, "ms": 60_000 }),
        "late_commit" => json!({ "kind": kind, "ms": 3_000 }),
        _ => json!({ "kind": kind }),
    }
}

#[test]
fn accounts_and_ducklings_whose_responses_are_lost_are_settled_by_the_same_apply() {
    let story = Story::new(&[ACCOUNT, &ducklings(90)].concat());
    for kind in LOST {
        let rules = json!([
            { "method": "POST", "path": "/v1/users", "fault": lost(kind) },
            { "method": "PUT", "path": "/v1/users/*/instances", "fault": lost(kind) },
        ]);
        configure_provider(&story, if kind == "late_commit" { "delay" } else { kind });
        story.emulator().set_faults(&rules).unwrap();
        story.apply().hides("Warning:");
        // The POST is not repeated.
        expect_requests(&story, 1);
        clear_faults(&story);
        story.expect_clean();
        assert_eq!(story.service_accounts(), ["svc"], "{kind}");
        let live = &story.account("svc")["ducklings"]["read_write"];
        assert_eq!(live["cooldown_seconds"], 90, "{kind}");
        story.destroy();
        assert_eq!(story.service_accounts(), NOTHING, "{kind}");
    }
}

/// Faults before the request is carried out take a minute if the outcome is unknown. A unit test of `create`
/// covers them with a paused clock.
#[test]
fn a_failed_creation_of_an_account_is_an_error_and_sent_once() {
    let story = Story::new(ACCOUNT);
    for kind in ["status", "redirect"] {
        set_fault(&story, kind, "POST", "/v1/users", None);
        story
            .apply_fails()
            .shows("Service account \"svc\" could not be created")
            .shows(message(kind));
        expect_requests(&story, 1);
        assert_eq!(story.addresses(), NOTHING, "{kind}");
        clear_faults(&story);
        story.apply();
        story.expect_clean();
        story.destroy();
    }
}

#[test]
fn an_account_is_kept_although_the_looks_after_a_lost_response_fail_too() {
    let story = Story::new(ACCOUNT);
    story.write("provider.tf", "provider \"motherduck\" {\n  max_retries = 0\n}\n");
    let rules = json!([
        { "method": "POST", "path": "/v1/users", "fault": { "kind": "drop_after" } },
        // The first GET is sent before the creation.
        { "method": "GET", "path": "/v1/users/*/instances", "nth": 2, "count": 3,
          "fault": { "kind": "status", "status": 500 } },
    ]);
    story.emulator().set_faults(&rules).unwrap();
    story.apply();
    assert_eq!(story.emulator().faults()["rules"][1]["hits"], 3);
    story.emulator().set_faults(&json!([])).unwrap();
    story.expect_clean();
}

/// Faults before the request is carried out take a minute if the outcome is unknown. Unit tests of `create`
/// cover them with a paused clock.
#[test]
fn a_token_whose_creation_always_fails_leaves_nothing() {
    let story = Story::new(ACCOUNT);
    story.apply();
    story.main(&[ACCOUNT, TOKEN].concat());
    for kind in KINDS
        .into_iter()
        .filter(|kind| !matches!(*kind, "html_502" | "drop_before"))
    {
        set_fault(&story, kind, "POST", "/v1/users/*/tokens", None);
        let message = match kind {
            "truncated_json" | "wrong_shape" | "empty_200" => "its body has no `token`",
            _ => message(kind),
        };
        let refused = story.apply_fails();
        refused
            .shows("Token \"loader\" of \"svc\" could not be created")
            .shows(message);
        // A redirected request was not carried out, and each one is reported.
        expect_requests(&story, if kind == "redirect" { 1 } else { 2 });
        assert_eq!(story.addresses(), ["motherduck_service_account.svc"], "{kind}");
        if is_acted_on(kind) {
            refused.shows("was revoked");
        }
        assert_eq!(story.live_tokens("svc"), NOTHING, "{kind}");
    }
    clear_faults(&story);
    story.apply();
    story.expect_clean();
    assert_eq!(
        story.live_tokens("svc"),
        [story.text("motherduck_token.loader", "id")]
    );
}

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
fn a_lost_response_is_settled_within_one_apply() {
    let story = Story::new(EVERYTHING);
    for lost in [
        json!({ "kind": "drop_after" }),
        json!({ "kind": "status_after", "status": 500 }),
        json!({ "kind": "html_502_after" }),
        json!({ "kind": "html_200_after" }),
        json!({ "kind": "truncated_json" }),
        json!({ "kind": "cut_off" }),
        json!({ "kind": "empty_200" }),
        json!({ "kind": "wrong_shape" }),
        json!({ "kind": "delay", "ms": 60_000 }),
    ] {
        configure_provider(&story, lost["kind"].as_str().unwrap());
        let once =
            |method: &str, path: &str| json!({ "method": method, "path": path, "count": 1, "fault": lost });
        story
            .emulator()
            .set_faults(&json!([
                once("POST", "/v1/users"),
                once("PUT", "/v1/users/svc_fixed/instances"),
                once("POST", "/v1/users/svc_fixed/tokens"),
                once("POST", "/v1/users/svc_drawn/tokens"),
            ]))
            .unwrap();
        story.apply();
        for name in ["fixed", "drawn"] {
            assert_eq!(
                story.live_tokens(&format!("svc_{name}")),
                [story.text(&format!("motherduck_token.{name}"), "id")],
                "{lost}"
            );
        }
        story.expect_clean();
        story.destroy();
    }
}

#[test]
fn a_token_that_is_committed_after_the_timeout_does_not_stay() {
    let story = Story::new(EVERYTHING);
    configure_provider(&story, "delay");
    let late = json!({ "kind": "late_commit", "ms": 1500 });
    let once = |path: &str| json!({ "method": "POST", "path": path, "count": 1, "fault": late });
    story
        .emulator()
        .set_faults(&json!([
            once("/v1/users/svc_fixed/tokens"),
            once("/v1/users/svc_drawn/tokens")
        ]))
        .unwrap();
    story.apply();
    for name in ["fixed", "drawn"] {
        assert_eq!(
            story.live_tokens(&format!("svc_{name}")),
            [story.text(&format!("motherduck_token.{name}"), "id")]
        );
    }
    story.expect_clean();
}

#[test]
fn a_token_is_found_although_the_look_fails_three_times() {
    let token = TOKEN.replace("name     = \"loader\"", "name_prefix = \"loader-\"");
    let story = Story::new(&[ACCOUNT, &token].concat());
    let rules = json!([
        { "method": "POST", "path": "/v1/users/*/tokens", "count": 1, "fault": { "kind": "drop_after" } },
        { "method": "GET", "path": "/v1/users/*/tokens", "count": 3, "fault": { "kind": "status", "status": 403 } },
    ]);
    story.emulator().set_faults(&rules).unwrap();
    story.apply();
    assert_eq!(
        story.live_tokens("svc"),
        [story.text("motherduck_token.loader", "id")]
    );
    story.expect_clean();
}

#[test]
fn ducklings_are_set_although_the_look_after_a_lost_response_fails_three_times() {
    let story = Story::new(&ducklings(90).replace("motherduck_service_account.svc.id", "\"svc\""));
    story.outside_account("svc");
    story.write("provider.tf", "provider \"motherduck\" {\n  max_retries = 0\n}\n");
    let rules = json!([
        { "method": "PUT", "path": "/v1/users/svc/instances", "count": 1, "fault": { "kind": "drop_after" } },
        // The first GET is sent before the write.
        { "method": "GET", "path": "/v1/users/svc/instances", "nth": 2, "count": 3,
          "fault": { "kind": "status", "status": 500 } },
    ]);
    story.emulator().set_faults(&rules).unwrap();
    story.apply().hides("Warning:");
    assert_eq!(story.emulator().faults()["rules"][1]["hits"], 3);
    story.emulator().set_faults(&json!([])).unwrap();
    assert_eq!(
        story.account("svc")["ducklings"]["read_write"]["cooldown_seconds"],
        90
    );
    story.expect_clean();
}

#[test]
fn five_tokens_of_one_prefix_lose_one_response() {
    let tokens = r#"
        resource "motherduck_token" "each" {
          count       = 5
          username    = motherduck_service_account.svc.id
          name_prefix = "each-"
        }
    "#;
    let story = Story::new(&[ACCOUNT, tokens].concat());
    let rule = json!([{ "method": "POST", "path": "/v1/users/*/tokens", "count": 1, "fault": { "kind": "drop_after" } }]);
    story.emulator().set_faults(&rule).unwrap();
    story.apply();
    let mut ids: Vec<String> = (0..5)
        .map(|index| story.text(&format!("motherduck_token.each[{index}]"), "id"))
        .collect();
    let mut live = story.live_tokens("svc");
    ids.sort();
    live.sort();
    assert_eq!(live, ids);
    story.expect_clean();
}

#[test]
fn ducklings_are_set_after_a_single_fault() {
    let story = Story::new(&[ACCOUNT, &ducklings(60)].concat());
    story.apply();
    for (index, kind) in KINDS.into_iter().enumerate() {
        let cooldown_seconds = 61 + index;
        story.main(&[ACCOUNT, &ducklings(cooldown_seconds)].concat());
        set_fault(&story, kind, "PUT", "/v1/users/*/instances", Some(1));
        if kind == "redirect" {
            story
                .apply_fails()
                .shows("The Ducklings of \"svc\" could not be set")
                .shows(message(kind));
            story.apply();
        } else {
            story.apply();
        }
        clear_faults(&story);
        story.expect_clean();
        let config = &story.account("svc")["ducklings"];
        assert_eq!(
            config["read_write"]["cooldown_seconds"], cooldown_seconds,
            "{kind}"
        );
    }
}

#[test]
fn ducklings_whose_put_always_fails_are_not_stored_as_set() {
    let story = Story::new(&[ACCOUNT, &ducklings(60)].concat());
    story.apply();
    story.main(&[ACCOUNT, &ducklings(90)].concat());
    for kind in ["status", "html_502", "drop_before", "redirect"] {
        set_fault(&story, kind, "PUT", "/v1/users/*/instances", None);
        story
            .apply_fails()
            .shows("The Ducklings of \"svc\" could not be set")
            .shows(message(kind));
        let state = story.resource("motherduck_ducklings.svc");
        assert_eq!(state["read_write"]["cooldown_seconds"], 60, "{kind}");
    }
    clear_faults(&story);
    story.plan().expect([("motherduck_ducklings.svc", "update")]);
    story.apply_saved_plan();
    story.expect_clean();
}

#[test]
fn a_deletion_that_fails_once_is_completed() {
    let story = Story::new(&[ACCOUNT, TOKEN].concat());
    for kind in KINDS {
        story.apply();
        let rules: Vec<Value> = ["/v1/users/*", "/v1/users/*/tokens/*"]
            .iter()
            .map(|path| json!({ "method": "DELETE", "path": path, "count": 1, "fault": fault(kind) }))
            .collect();
        configure_provider(&story, kind);
        story.emulator().set_faults(&json!(rules)).unwrap();
        if kind == "redirect" {
            story
                .fail(["destroy", "-auto-approve"])
                .shows("Token \"loader\"")
                .shows("could not be revoked")
                .shows(message(kind));
            assert_eq!(story.addresses().len(), 2);
            story.emulator().set_faults(&json!([])).unwrap();
        }
        story.destroy().shows("Destroy complete!");
        assert_eq!(story.addresses(), NOTHING, "{kind}");
        assert_eq!(story.service_accounts(), NOTHING, "{kind}");
        clear_faults(&story);
    }
}

#[test]
fn a_deletion_that_always_fails_leaves_the_account_in_the_state() {
    let story = Story::new(ACCOUNT);
    for kind in ["status", "drop_after", "delay"] {
        story.apply();
        set_fault(&story, kind, "DELETE", "/v1/users/*", None);
        story
            .fail(["destroy", "-auto-approve"])
            .shows("Service account \"svc\" could not be deleted")
            .shows(message(kind));
        assert_eq!(story.addresses(), ["motherduck_service_account.svc"], "{kind}");
        clear_faults(&story);
        story.destroy();
        assert_eq!(story.service_accounts(), NOTHING, "{kind}");
    }
}

/// A request with status 429 is sent again after any form of `Retry-After`. This includes POSTs, because the
/// API did not carry them out.
#[test]
fn too_many_requests_are_waited_out() {
    for more in [
        json!({}),
        json!({ "retry_after": 1 }),
        json!({ "retry_after_date": 1 }),
    ] {
        let story = Story::new(&[ACCOUNT, TOKEN, &ducklings(60)].concat());
        configure_provider(&story, "status");
        let mut fault = json!({ "kind": "status", "status": 429 });
        fault
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let rules: Vec<Value> = [
            ("POST", "/v1/users"),
            ("POST", "/v1/users/*/tokens"),
            ("PUT", "/v1/users/*/instances"),
        ]
        .iter()
        .map(|(method, path)| json!({ "method": method, "path": path, "count": 1, "fault": fault }))
        .collect();
        story.emulator().set_faults(&json!(rules)).unwrap();
        story.apply();
        let mut writes = story.writes();
        writes.sort();
        assert_eq!(
            writes,
            [
                "POST /v1/users 200",
                "POST /v1/users 429",
                "POST /v1/users/svc/tokens 200",
                "POST /v1/users/svc/tokens 429",
                "PUT /v1/users/svc/instances 200",
                "PUT /v1/users/svc/instances 429",
            ]
        );
        assert_eq!(story.live_tokens("svc").len(), 1);
        story.expect_clean();
    }
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
fn an_api_with_a_limit_is_used_within_it() {
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
fn with_random_faults_everything_is_created_once() {
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
