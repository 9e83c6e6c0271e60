//! The suite does not change other objects and deletes its own.

use std::time::Duration;

use motherduck_conformity::table;
use motherduck_emulator::{ADMIN_USERNAME, DEFAULT_ADMIN_TOKEN, Emulator};
use serde_json::json;

use crate::support::{PERSON, TestRun};

#[tokio::test]
async fn run_writes_only_to_its_accounts_and_removes_them() {
    let run = TestRun::with(Emulator::builder()).await;
    let before = run.accounts();
    run.rows().await;
    assert!(run.probes() > 10);
    assert_eq!(run.suite.clean_up().await, Vec::<String>::new());
    assert_eq!(run.accounts(), before);

    let mut to_the_person = Vec::new();
    for request in run.emulator.requests() {
        let (method, path) = (request.method.as_str(), request.path.as_str());
        let of_the_person = path.strip_prefix(&format!("/v1/users/{PERSON}"));
        match of_the_person {
            Some(rest) => {
                to_the_person.push((method.to_owned(), rest.len() > "/tokens/".len(), request.status));
            }
            None => assert!(
                method == "GET"
                    || path == "/v1/users"
                    || path.to_lowercase().starts_with("/v1/users/tfprobe_")
                    || path.starts_with("/v1/dives/"),
                "{method} {path}"
            ),
        }
    }
    // A listing, a revocation of a missing token, and a creation with an invalid body.
    assert_eq!(
        to_the_person,
        [
            ("GET".to_owned(), false, Some(200)),
            ("DELETE".to_owned(), true, Some(403)),
            ("POST".to_owned(), false, Some(400)),
        ]
    );
}

#[tokio::test]
async fn report_omits_secrets_and_names() {
    let run = TestRun::with(Emulator::builder()).await;
    let shown = table(&run.rows().await);
    run.suite.clean_up().await;
    for hidden in [
        DEFAULT_ADMIN_TOKEN,
        "eyJ",
        PERSON,
        "Hopper",
        "acme",
        ADMIN_USERNAME,
        "tfprobe_",
        "127.0.0.1",
    ] {
        assert!(!shown.contains(hidden), "{hidden:?} is in\n{shown}");
    }
}

#[tokio::test]
async fn clean_up_after_a_stopped_run_removes_all_accounts() {
    let run = TestRun::with(Emulator::builder()).await;
    let before = run.accounts();
    let enough = async {
        while run.emulator.requests().len() < 40 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        _ = run.rows() => panic!("the run ended before it was stopped"),
        () = enough => {}
    }
    assert!(run.probes() > 0);
    assert_eq!(run.suite.clean_up().await, Vec::<String>::new());
    assert_eq!(run.accounts(), before);
}

#[tokio::test]
async fn clean_up_removes_accounts_of_lost_creates() {
    for fault in [
        json!({ "kind": "drop_after" }),
        json!({ "kind": "html_502_after" }),
        json!({ "kind": "cut_off" }),
        json!({ "kind": "late_commit", "ms": 500, "status": 504 }),
    ] {
        let run = TestRun::with(Emulator::builder()).await;
        let before = run.accounts();
        let rules = json!([{ "method": "POST", "path": "/v1/users", "fault": fault }]);
        run.emulator.set_faults(&rules).unwrap();
        run.rows().await;
        run.emulator.set_faults(&json!([])).unwrap();
        assert_eq!(run.suite.clean_up().await, Vec::<String>::new());
        assert_eq!(run.accounts(), before, "{fault}");
    }
}

#[tokio::test]
async fn clean_up_retries_and_returns_remaining_accounts() {
    let run = TestRun::with(Emulator::builder()).await;
    let name = run.suite.reserve_account();
    run.emulator
        .seed(&json!({ "users": [{ "username": name, "is_service_account": true }] }))
        .unwrap();
    let refuse = |count: u32| json!([{ "method": "DELETE", "count": count, "fault": { "kind": "status", "status": 503 } }]);
    run.emulator.set_faults(&refuse(100)).unwrap();
    assert_eq!(run.suite.clean_up().await, [name]);
    run.emulator.set_faults(&refuse(2)).unwrap();
    assert_eq!(run.suite.clean_up().await, Vec::<String>::new());
    assert_eq!(run.probes(), 0);
}
