//! The state after a restart.

use std::path::PathBuf;

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::{ADMIN_USERNAME, DEFAULT_ADMIN_TOKEN, Emulator};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::program::{Program, command};

fn new_state() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state");
    (folder, path)
}

/// Sends a request of the admin and expects that it succeeds.
async fn assert_ok(program: &Program, method: Method, path: &str, body: &Value) {
    let (status, response) = program.call(method, path, body).await;
    assert_eq!(status, 200, "{path}: {response}");
}

/// Returns the status of a GET with this token.
async fn get_status(program: &Program, token: &str, path: &str) -> u16 {
    program.call_as(token, Method::GET, path, &Value::Null).await.0
}

async fn create(program: &Program, username: &str, body: Value) -> (String, String) {
    let (status, token) = program
        .call(Method::POST, &format!("/v1/users/{username}/tokens"), &body)
        .await;
    assert_eq!(status, 200, "{token}");
    let text = |field: &str| token[field].as_str().unwrap().to_owned();
    (text("id"), text("token"))
}

#[tokio::test]
async fn state_is_unchanged_after_stop_and_kill() {
    let (_folder, path) = new_state();
    let program = Program::start(&path);
    let seed = json!({
        "users": [
            { "username": "grace.hopper", "is_service_account": false, "first_name": "Grace", "roles": ["builder"] },
            { "username": "gone", "is_service_account": false, "is_deprovisioned": true },
            { "username": "deputy", "is_service_account": true, "roles": ["admin"] },
        ],
        "dives": [{ "id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "title": "Sales", "version": 3 }],
        "running_ducklings": [{ "username": "deputy", "ducklings": [
            { "id": "rw", "type": "read_write", "status": "active" },
        ] }],
    });
    assert_ok(&program, Method::PUT, "/_emulator/seed", &seed).await;
    for username in ["Svc", "other"] {
        let body = json!({ "username": username });
        assert_ok(&program, Method::POST, "/v1/users", &body).await;
    }
    let (_, member) = create(
        &program,
        "svc",
        json!({ "name": "member", "description": "kept" }),
    )
    .await;
    let (_, expired) = create(&program, "svc", json!({ "name": "expired", "ttl": 300 })).await;
    let (id, revoked) = create(&program, "svc", json!({ "name": "revoked" })).await;
    let (_, deputy) = create(&program, "deputy", json!({ "name": "deputy", "ttl": 3600 })).await;
    let revoke = format!("/v1/users/svc/tokens/{id}");
    assert_ok(&program, Method::DELETE, &revoke, &Value::Null).await;
    let (_, owner_gone) = create(&program, "other", json!({ "name": "n" })).await;
    assert_ok(&program, Method::DELETE, "/v1/users/OTHER", &Value::Null).await;
    let config = json!({ "config": {
        "read_write": { "instance_size": "mega" },
        "read_scaling": { "instance_size": "jumbo", "flock_size": 2, "cooldown_seconds": 90 },
    } });
    assert_ok(&program, Method::PUT, "/v1/users/svc/instances", &config).await;
    let embed = "/v1/dives/7c9e6679-7425-40de-944b-e07fc1f90ae7/embed-session";
    let body = json!({ "username": "svc", "session_name": "customer" });
    assert_ok(&program, Method::POST, embed, &body).await;
    let clock = json!({ "advance_seconds": 301 });
    assert_ok(&program, Method::POST, "/_emulator/clock", &clock).await;

    let state = program.state().await;
    let users = program.get("/v1/users?limit=2").await;
    let rest = format!(
        "/v1/users?limit=9&page_token={}",
        users["next_page_token"].as_str().unwrap()
    );
    let rest_of_users = program.get(&rest).await;
    assert_eq!(state["clock"]["offset_seconds"], 301);

    program.terminate();
    let program = Program::start(&path);
    assert_eq!(program.state().await, state);
    program.kill();
    let program = Program::start(&path);
    assert_eq!(program.state().await, state);
    assert_eq!(program.get("/v1/users?limit=2").await, users);
    assert_eq!(program.get(&rest).await, rest_of_users);
    // Each token still has the permissions of its owner, and no others.
    assert_eq!(get_status(&program, &deputy, "/v1/active_accounts").await, 200);
    assert_eq!(get_status(&program, &member, "/v1/users/svc/tokens").await, 200);
    assert_eq!(get_status(&program, &member, "/v1/active_accounts").await, 403);
    for secret in [&expired, &revoked, &owner_gone] {
        assert_eq!(get_status(&program, secret, "/v1/users/svc/tokens").await, 401);
    }
    // Moving the clock back makes expired tokens valid again, also after a restart.
    let clock = json!({ "advance_seconds": -301 });
    assert_ok(&program, Method::POST, "/_emulator/clock", &clock).await;
    assert_eq!(get_status(&program, &expired, "/v1/users/svc/tokens").await, 200);
}

#[tokio::test]
async fn state_file_contains_no_secret() {
    let (_folder, path) = new_state();
    let program = Program::start(&path);
    let (_, secret) = create(&program, ADMIN_USERNAME, json!({ "name": "findable" })).await;
    program.terminate();
    let file = std::fs::read(&path).unwrap();
    let holds = |text: &str| file.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("findable"));
    for part in secret.split('.').chain([DEFAULT_ADMIN_TOKEN]) {
        assert!(!holds(part));
    }
}

#[tokio::test]
async fn admin_token_is_that_of_the_run_until_revoked() {
    let (_folder, path) = new_state();
    let list = |program: Program, token: &'static str| async move {
        let path = format!("/v1/users/{ADMIN_USERNAME}/tokens");
        let (status, body) = program.call_as(token, Method::GET, &path, &Value::Null).await;
        (status, body, program)
    };
    let with = |token: &str| Program::spawn(command(&path).args(["--admin-token", token]));
    Program::start(&path).terminate();

    let (status, first, program) = list(with("another"), "another").await;
    assert_eq!(status, 200);
    assert_eq!(list(program, DEFAULT_ADMIN_TOKEN).await.0, 401);
    let (status, again, program) = list(Program::start(&path), DEFAULT_ADMIN_TOKEN).await;
    assert_eq!((status, &again), (200, &first), "it is the same token");

    let (_, spare) = create(&program, ADMIN_USERNAME, json!({ "name": "spare" })).await;
    let id = first["tokens"][0]["id"].as_str().unwrap();
    let revoke = format!("/v1/users/{ADMIN_USERNAME}/tokens/{id}");
    assert_ok(&program, Method::DELETE, &revoke, &Value::Null).await;
    program.kill();
    let program = with("third");
    for token in ["third", DEFAULT_ADMIN_TOKEN] {
        assert_eq!(get_status(&program, token, "/v1/users").await, 401);
    }
    assert_eq!(get_status(&program, &spare, "/v1/users").await, 200);
}

#[tokio::test]
async fn admin_token_equal_to_a_created_token_has_its_permissions() {
    let (_folder, path) = new_state();
    let program = Program::start(&path);
    let body = json!({ "username": "svc" });
    assert_ok(&program, Method::POST, "/v1/users", &body).await;
    let (_, secret) = create(&program, "svc", json!({ "name": "n" })).await;
    program.terminate();
    let program = Program::spawn(command(&path).args(["--admin-token", &secret]));
    assert_eq!(get_status(&program, &secret, "/v1/users/svc/tokens").await, 200);
    assert_eq!(get_status(&program, &secret, "/v1/users").await, 403);
}

#[tokio::test]
async fn stopped_emulator_can_be_started_again() {
    let (_folder, path) = new_state();
    let first = CheckedEmulator::start(Emulator::builder().state_file(&path))
        .await
        .unwrap();
    let seed = json!({ "users": [{ "username": "svc", "is_service_account": true }] });
    first.seed(&seed).unwrap();
    first.advance_clock(86_400).unwrap();
    let mut before = first.state();
    first.stop().await;
    let second = CheckedEmulator::start(Emulator::builder().state_file(&path))
        .await
        .unwrap();
    let mut after = second.state();
    for state in [&mut before, &mut after] {
        state["clock"]["now"].take();
    }
    assert_eq!(after, before);
}

#[tokio::test]
async fn expired_embed_sessions_are_removed_on_restart() {
    let (_folder, path) = new_state();
    let dive = "7c9e6679-7425-40de-944b-e07fc1f90ae7";
    let program = Program::start(&path);
    let seed = json!({
        "users": [{ "username": "svc", "is_service_account": true }],
        "dives": [{ "id": dive, "title": "Sales", "version": 1 }],
    });
    assert_ok(&program, Method::PUT, "/_emulator/seed", &seed).await;
    let open = format!("/v1/dives/{dive}/embed-session");
    for hours in [0, 23] {
        let clock = json!({ "advance_seconds": hours * 3600 });
        assert_ok(&program, Method::POST, "/_emulator/clock", &clock).await;
        let request = json!({ "username": "svc" });
        assert_ok(&program, Method::POST, &open, &request).await;
    }
    let clock = json!({ "advance_seconds": 3600 });
    assert_ok(&program, Method::POST, "/_emulator/clock", &clock).await;
    assert_eq!(
        program.state().await["embed_sessions"].as_array().unwrap().len(),
        2
    );
    program.kill();
    for _ in 0..2 {
        let program = Program::start(&path);
        let left = program.state().await["embed_sessions"].clone();
        assert_eq!(left.as_array().unwrap().len(), 1, "{left}");
        program.kill();
    }
}
