//! Embed sessions. The suite has no Dive, so it requests sessions of a Dive that does not exist.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::check::{Check, checks};
use crate::outcome::{Failure, Verdict, found, require};
use crate::reply::Reply;
use crate::suite::Suite;

pub(super) const CHECKS: &[Check] = &checks![
    both_names("session_name together with session_hint").question(14),
    of_unknown_dive("an embed session of a Dive that does not exist"),
    limits("an embed session beyond the limits"),
];

async fn embed(suite: &Suite, dive: &str, body: Value) -> Result<Reply, Failure> {
    let path = format!("/v1/dives/{dive}/embed-session");
    let reply = suite.api.post(path, body).known_to_be_harmless().send().await?;
    require(reply.status != 200, "200 for a Dive that does not exist")?;
    Ok(reply)
}

async fn of_unknown_dive(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let body = json!({ "username": owner });
    let unknown = embed(suite, &Uuid::new_v4().to_string(), body.clone()).await?;
    let no_uuid = embed(suite, "not-a-uuid", body).await?;
    found(format!(
        "unknown id {}, no UUID {}",
        unknown.summary(),
        no_uuid.summary()
    ))
}

async fn both_names(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let body = json!({ "username": owner, "session_name": "a", "session_hint": "b" });
    let reply = embed(suite, &Uuid::new_v4().to_string(), body).await?;
    found(match reply.status {
        404 | 403 => format!("not observable without a Dive, {}", reply.summary()),
        _ => format!("refused, {}", reply.summary()),
    })
}

async fn limits(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let dive = Uuid::new_v4().to_string();
    let resource = json!({ "url": format!("md:{}", "x".repeat(8192)) });
    let mut findings = Vec::new();
    for (what, body) in [
        ("no username", json!({})),
        ("version 0", json!({ "username": owner, "version": 0 })),
        (
            "required_resources of more than 8192 bytes",
            json!({ "username": owner, "required_resources": [resource] }),
        ),
        (
            "initial_state of more than 65536 bytes",
            json!({ "username": owner, "initial_state": { "x": "x".repeat(65_536) } }),
        ),
    ] {
        let reply = embed(suite, &dive, body).await?;
        findings.push(format!("{what} {}", reply.summary()));
    }
    found(findings.join(", "))
}
