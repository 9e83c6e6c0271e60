//! The findings with the emulator's defaults and with each switch.

use std::collections::BTreeMap;

use motherduck_conformity::{Summary, table};
use motherduck_emulator::{DuplicateStatus, Emulator, EmulatorBuilder, Plan, RateLimit};
use serde_json::json;

use crate::support::{TestRun, by_name};

/// Returns the results with the emulator's defaults, by name of the check.
fn on_defaults() -> BTreeMap<&'static str, &'static str> {
    include_str!("defaults.txt")
        .lines()
        .map(|line| line.split_once(" => ").unwrap_or_else(|| panic!("{line}")))
        .collect()
}

/// Returns the findings that differ from those with the defaults.
async fn changed_findings(emulator: EmulatorBuilder) -> Vec<(String, String)> {
    let run = TestRun::with(emulator).await;
    let rows = run.rows().await;
    assert_eq!(run.suite.clean_up().await, Vec::<String>::new());
    assert_eq!(run.probes(), 0);
    assert_eq!(Summary::count(&rows).failed, 0, "\n{}", table(&rows));
    let defaults = on_defaults();
    by_name(&rows)
        .into_iter()
        .filter(|(name, result)| defaults[name] != result)
        .map(|(name, result)| (name.to_owned(), result))
        .collect()
}

#[tokio::test]
async fn defaults_pass_and_every_question_has_a_finding() {
    let run = TestRun::with(Emulator::builder()).await;
    let rows = run.rows().await;
    let shown: BTreeMap<String, String> = on_defaults()
        .into_iter()
        .map(|(name, result)| (name.to_owned(), result.to_owned()))
        .collect();
    let found: BTreeMap<String, String> = by_name(&rows)
        .into_iter()
        .map(|(name, result)| (name.to_owned(), result))
        .collect();
    assert_eq!(found, shown);
    let mut questions: Vec<u8> = rows.iter().filter_map(|row| row.question).collect();
    questions.sort_unstable();
    questions.dedup();
    assert_eq!(questions, (1..=15).collect::<Vec<u8>>());
    assert_eq!(run.suite.clean_up().await, Vec::<String>::new());
}

/// Declares switches with the findings that they change.
macro_rules! switches {
    ($($name:ident: $emulator:expr => [$($check:literal: $result:literal),* $(,)?])*) => {$(
        #[tokio::test]
        async fn $name() {
            let expected: Vec<(String, String)> = vec![$(($check.to_owned(), $result.to_owned())),*];
            assert_eq!(changed_findings($emulator).await, expected);
        }
    )*};
}

switches! {
    missing_users_endpoint_changes_findings: Emulator::builder().behaviour(|behaviour| behaviour.missing_users_endpoint = true) => [
        "a bad limit, a bad page token":
            "found: GET /v1/users is not served",
        "a deleted account in the listing":
            "found: GET /v1/users is not served",
        "a member and its own Ducklings, and the list of users":
            "found: GET /v1/users 404 as plain text, GET …/instances 200, PUT …/instances 200",
        "id, email and roles of a service account":
            "found: GET /v1/users is not served",
        "the order of users":
            "found: GET /v1/users is not served",
        "the size of a page of users":
            "found: GET /v1/users is not served",
        "users are listed, page by page and filtered":
            "found: GET /v1/users is not served",
    ]
    ignore_descriptions_changes_findings: Emulator::builder().behaviour(|behaviour| behaviour.ignore_descriptions = true) => [
        "the description of a token":
            "found: dropped",
    ]
    duplicate_status_400_changes_findings: Emulator::builder().behaviour(|behaviour| behaviour.duplicate_status = DuplicateStatus::BadRequest) => [
        "a second live token of a name":
            "found: refused, 400 BAD_REQUEST with \"unique constraint\"",
        "a username that is taken":
            "found: 400 BAD_REQUEST with \"unique constraint\"; the same in another letter case",
    ]
    repeated_token_names_changes_findings: Emulator::builder().behaviour(|behaviour| behaviour.repeated_token_names = true) => [
        "a second live token of a name":
            "found: accepted",
    ]
    caseless_token_names_changes_findings: Emulator::builder().behaviour(|behaviour| behaviour.caseless_token_names = true) => [
        "a name in another letter case":
            "found: refused, 409 CONFLICT with \"already\", \"exists\"",
    ]
    expired_tokens_keep_names_changes_findings: Emulator::builder().behaviour(|behaviour| behaviour.expired_tokens_keep_names = true) => [
        "the name of an expired token":
            "found: refused, 409 CONFLICT with \"already\", \"exists\"; DELETE of the expired one 404 NOT_FOUND",
    ]
    token_ids_only_changes_findings: Emulator::builder().behaviour(|behaviour| behaviour.token_ids_only = true) => [
        "DELETE with the name of a token":
            "found: refused, 404 NOT_FOUND",
    ]
    new_account_changes_findings: Emulator::builder().behaviour(|behaviour| behaviour.new_account = Some("pulse/mega/2".parse().unwrap())) => [
        "the Ducklings of a new account":
            "found: pulse with no cooldown; mega with 300 s, flock 2",
    ]
    put_without_default_cooldown_changes_findings: Emulator::builder().behaviour(|behaviour| behaviour.put_without_default_cooldown = true) => [
        "the default cooldown in the response to a PUT":
            "found: left out",
    ]
    ascii_usernames_changes_findings: Emulator::builder().behaviour(|behaviour| behaviour.ascii_usernames = true) => [
        "letters beyond ASCII in usernames":
            "found: refused, 400 BAD_REQUEST",
        "what the length of a username counts":
            "found: not observable: bytes, or such letters are refused",
    ]
    plan_lite_changes_findings: Emulator::builder().behaviour(|behaviour| behaviour.plan = Plan::Lite) => [
        "a Duckling configuration is replaced as a whole":
            "found: pulse as the contract says; standard is refused by the plan",
        "an embed session of a Dive that does not exist":
            "found: unknown id 403 FORBIDDEN, no UUID 400 BAD_REQUEST",
        "the Ducklings of a new account":
            "found: pulse with no cooldown; pulse with no cooldown, flock 4",
        "the default cooldown in the response to a PUT":
            "found: not observable: the plan has pulse only",
        "the default cooldown of each size":
            "found: pulse no cooldown, standard refused by the plan, jumbo refused by the plan, mega refused by the plan, giga refused by the plan",
        "the largest flock and cooldown":
            "found: flock 64 accepted, cooldown 86400 refused by the plan",
    ]
}

#[tokio::test]
async fn default_page_size_is_found_with_more_users() {
    let run = TestRun::with(Emulator::builder()).await;
    let users: Vec<_> = (0..120)
        .map(|number| json!({ "username": format!("acme_{number}"), "is_service_account": true }))
        .collect();
    run.emulator.seed(&json!({ "users": users })).unwrap();
    let rows = run.rows().await;
    assert_eq!(
        by_name(&rows)["the size of a page of users"],
        "found: 100 by default; 1000 accepted; 1001 refused, 400 BAD_REQUEST"
    );
    run.suite.clean_up().await;
}

#[tokio::test]
async fn rate_limit_is_found_and_waited_for() {
    let run = TestRun::with(Emulator::builder().rate_limit("100/1".parse::<RateLimit>().unwrap())).await;
    let rows = run.rows().await;
    let results = by_name(&rows);
    let result = &results["requests that come too often"];
    assert!(
        result.contains("429 TOO_MANY_REQUESTS with Retry-After in seconds"),
        "{result}"
    );
    assert_eq!(Summary::count(&rows).failed, 0, "\n{}", table(&rows));
    assert_eq!(run.suite.clean_up().await, Vec::<String>::new());
    assert_eq!(run.probes(), 0);
}

#[tokio::test]
async fn response_that_violates_the_contract_fails_its_check() {
    for (path, method, fault, name) in [
        (
            "/v1/users/*/tokens",
            "GET",
            json!({ "kind": "wrong_shape" }),
            "a token is created, listed without its secret and revoked",
        ),
        (
            "/v1/users/*/tokens",
            "POST",
            json!({ "kind": "html_200" }),
            "a token with only a name is read/write and never expires",
        ),
        (
            "/v1/users/*/instances",
            "PUT",
            json!({ "kind": "empty_200" }),
            "a Duckling configuration is replaced as a whole",
        ),
        (
            "/v1/users/*",
            "DELETE",
            json!({ "kind": "status", "status": 500 }),
            "an account is created, found and deleted",
        ),
        (
            "/v1/active_accounts",
            "GET",
            json!({ "kind": "drop_before" }),
            "accounts with something running are listed",
        ),
        (
            "/v1/active_accounts",
            "GET",
            json!({ "kind": "wrong_shape" }),
            "every response has the status, media type and shape of the contract",
        ),
    ] {
        let run = TestRun::with(Emulator::builder()).await;
        let rule = json!({ "method": method, "path": path, "fault": fault });
        run.emulator.set_faults(&json!([rule])).unwrap();
        let rows = run.rows().await;
        let result = &by_name(&rows)[name];
        assert!(result.starts_with("FAIL: "), "{rule}: {result}");
        run.emulator.set_faults(&json!([])).unwrap();
        assert_eq!(run.suite.clean_up().await, Vec::<String>::new());
        assert_eq!(run.probes(), 0, "{rule}");
    }
}
