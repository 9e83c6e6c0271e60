//! A file that cannot grow: every change with a successful response is stored, and no other change has one.

use motherduck_emulator::ADMIN_USERNAME;
use reqwest::Method;
use serde_json::{Value, json};
use std::process::Command;
use tempfile::TempDir;

use crate::program::{Program, command};

#[tokio::test]
async fn failed_write_returns_500_for_it_and_later_requests() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("state");
    Program::start(&path).terminate();
    let size = std::fs::metadata(&path).unwrap().len();

    // A shell limits the size of files, in blocks of 512 bytes, and ignores the signal of the limit.
    let program = command(&path);
    let mut limited = Command::new("sh");
    limited
        .args(["-c", "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"", "sh"])
        .arg((size / 512).to_string())
        .arg(program.get_program())
        .args(program.get_args());
    let program = Program::spawn(&mut limited);
    let tokens = format!("/v1/users/{ADMIN_USERNAME}/tokens");
    let mut acknowledged = Vec::new();
    let refusal = loop {
        let name = format!("token {}", acknowledged.len());
        // Long descriptions fill the file soon.
        let body = json!({ "name": name, "description": "long ".repeat(199) });
        let (status, response) = program.call(Method::POST, &tokens, &body).await;
        if status != 200 {
            break response;
        }
        acknowledged.push(response["id"].clone());
        assert!(acknowledged.len() < 5_000, "the file is never full");
    };
    assert_eq!(refusal["code"], "INTERNAL_SERVER_ERROR");
    let reason = refusal["issues"][0]["message"].as_str().unwrap();
    assert!(
        reason.starts_with("the state file cannot be written: "),
        "{reason}"
    );
    assert!(reason.contains("restart the emulator"), "{reason}");
    // Memory contains a change that the file lacks, so it is not returned.
    for path in [tokens.as_str(), "/_emulator/state", "/_emulator/overview"] {
        let (status, response) = program.call(Method::GET, path, &Value::Null).await;
        assert_eq!(status, 500, "{path}: {response}");
        assert_eq!(response["issues"][0]["message"], reason, "{path}");
    }
    let clock = json!({ "advance_seconds": 1 });
    assert_eq!(
        program.call(Method::POST, "/_emulator/clock", &clock).await.0,
        500
    );
    program.kill();

    let listed = Program::start(&path).get(&tokens).await;
    let listed: Vec<&Value> = listed["tokens"]
        .as_array()
        .unwrap()
        .iter()
        .map(|token| &token["id"])
        .collect();
    assert!(acknowledged.iter().all(|id| listed.contains(&id)));
    // The first token is the admin's, and the one that failed is absent.
    assert_eq!(listed.len(), acknowledged.len() + 1);
}
