//! Schemathesis tests the emulator: it generates valid and invalid requests from the contract and checks
//! every response against it.

mod tester;

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::Emulator;
use serde_json::{Value, json};

use crate::tester::Tester;

/// Returns the contract, changed where the emulator is known to differ.
fn contract() -> Value {
    let mut contract = motherduck_contract::document();
    // The service stores an empty description as null. The contract forbids clients to send one.
    let description =
        &mut contract["components"]["schemas"]["CreateTokenRequest"]["properties"]["description"];
    assert_eq!(description["minLength"].take(), 1);
    description["minLength"] = 0.into();
    contract
}

/// Starts an emulator with data: the names and ids are those of the contract's examples.
fn emulator() -> CheckedEmulator {
    let emulator = Emulator::builder()
        // The contract contains only the part of the rule on which all sources agree.
        .behaviour(|behaviour| behaviour.ascii_usernames = true);
    let emulator = CheckedEmulator::start_blocking(emulator).unwrap();
    emulator
        .seed(&json!({
            "users": [
                { "username": "analytics_service_account", "is_service_account": true, "tokens": [
                    { "id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "name": "backend-api" },
                ] },
                { "username": "ada", "is_service_account": false, "tokens": [{ "name": "laptop" }] },
            ],
            "dives": [{ "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "version": 3 }],
            "running_ducklings": [{ "username": "analytics_service_account", "ducklings": [
                { "id": "rw", "type": "read_write", "status": "active" },
                { "id": "rs.1", "type": "read_scaling", "status": "cooldown" },
            ] }],
        }))
        .unwrap();
    emulator
}

/// Returns how many requests of an operation succeeded, by the method and the end of its path.
fn successes(emulator: &Emulator, method: &str, end: &str) -> usize {
    emulator
        .requests()
        .iter()
        .filter(|request| {
            request.method == method && request.path.ends_with(end) && request.status == Some(200)
        })
        .count()
}

#[test]
fn schemathesis_finds_nothing_over_the_whole_contract() {
    let tester = Tester::prepared();
    let emulator = emulator();

    let run = tester.run(&contract(), &emulator.url(), &[]);

    assert!(run.found_nothing, "{}", run.report);
    assert!(run.report.contains("11 selected / 11 total"), "{}", run.report);
    // Every operation has succeeded more than once, so the run did not end at validation.
    for (method, end) in [
        ("POST", "/users"),
        ("GET", "/users"),
        ("DELETE", "/analytics_service_account"),
        ("POST", "/tokens"),
        ("GET", "/tokens"),
        ("GET", "/instances"),
        ("PUT", "/instances"),
        ("GET", "/active_accounts"),
        ("POST", "/embed-session"),
        ("GET", "/specs"),
    ] {
        assert!(
            successes(&emulator, method, end) > 0,
            "no {method} …{end} succeeded"
        );
    }
}

#[test]
fn schemathesis_reports_a_deviation() {
    let tester = Tester::prepared();
    let emulator = emulator();
    let mut contract = contract();
    contract["components"]["schemas"]["UserList"]["properties"]["total_count"] = json!({ "type": "string" });

    let only = ["--include-operation-id", "users-list", "--max-examples", "1"];
    let run = tester.run(&contract, &emulator.url(), &only);

    assert!(!run.found_nothing, "{}", run.report);
    assert!(run.report.contains("is not of type \"string\""), "{}", run.report);
}
