//! Permissions of each kind of token.

use reqwest::Method;
use secrecy::SecretString;
use serde_json::{Value, json};
use uuid::Uuid;

use super::accounts::create_accounts;
use crate::api::Call;
use crate::check::{Check, checks};
use crate::outcome::{Outcome, Verdict, found, unless};
use crate::suite::{Suite, account, instances, token, tokens};

pub(super) const CHECKS: &[Check] = &checks![
    without_a_token("every operation needs a valid token"),
    member("a member manages only its own tokens"),
    member_in_doubt("a member and its own Ducklings, and the list of users").question(8),
    other_member("an Admin and the tokens of another human member").question(8),
];

/// Returns every operation that requires a token, for one account.
fn operations<'a>(suite: &'a Suite, owner: &str) -> Vec<(&'static str, Call<'a>)> {
    let api = &suite.api;
    let id = Uuid::new_v4().to_string();
    let pulse = json!({ "instance_size": "pulse" });
    let pool = json!({ "instance_size": "pulse", "flock_size": 0 });
    let config = json!({ "config": { "read_write": pulse, "read_scaling": pool } });
    let another = suite.api.ledger.generate_name("");
    vec![
        (
            "POST /v1/users",
            api.post("/v1/users", json!({ "username": another })),
        ),
        ("GET /v1/users", api.get("/v1/users?limit=1")),
        (
            "POST …/tokens",
            api.post(tokens(owner), json!({ "name": another })),
        ),
        ("GET …/tokens", api.get(tokens(owner))),
        ("DELETE …/tokens/{token_id}", api.delete(token(owner, &id))),
        ("GET …/instances", api.get(instances(owner))),
        ("PUT …/instances", api.put(instances(owner), config)),
        ("GET /v1/active_accounts", api.get("/v1/active_accounts")),
        ("POST …/embed-session", embed(suite, json!({ "username": owner }))),
        ("DELETE /v1/users/{username}", api.delete(account(owner))),
    ]
}

/// Returns a request for a session of a Dive that does not exist.
fn embed(suite: &Suite, body: Value) -> Call<'_> {
    let path = format!("/v1/dives/{}/embed-session", Uuid::new_v4());
    suite.api.post(path, body).known_to_be_harmless()
}

async fn without_a_token(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let wrong: SecretString = "not-a-token".into();
    let mut deviations = Vec::new();
    let without = operations(suite, &owner)
        .into_iter()
        .map(|(what, call)| (what, call.without_token()));
    let invalid = operations(suite, &owner)
        .into_iter()
        .map(|(what, call)| (what, call.bearer(&wrong)));
    for (what, call) in without.chain(invalid) {
        let reply = call.send().await?;
        // Some regions do not serve the list of users.
        let is_missing = what == "GET /v1/users" && reply.is_unrouted();
        if !reply.is(401, "UNAUTHORIZED") && !is_missing {
            deviations.push(format!("{what}: {} instead of 401 UNAUTHORIZED", reply.summary()));
        }
    }
    unless(&deviations)
}

async fn member(suite: &Suite) -> Verdict {
    let [own, other] = create_accounts::<2>(suite).await?;
    let member = suite.token(&own, json!({ "name": "member" })).await?;
    let mut deviations = Vec::new();
    for (what, call) in operations(suite, &own) {
        let expected = match what {
            "POST …/tokens" | "GET …/tokens" => 200,
            "DELETE …/tokens/{token_id}" => 404,
            // Other checks probe the permissions of a member.
            "GET /v1/users" | "GET …/instances" | "PUT …/instances" | "DELETE /v1/users/{username}" => {
                continue;
            }
            _ => 403,
        };
        let reply = call.bearer(&member.secret).send().await?;
        if reply.status != expected {
            deviations.push(format!("{what}: {} instead of {expected}", reply.summary()));
        }
    }
    for (what, call) in operations(suite, &other) {
        if !what.contains("…") || what.contains("embed") {
            continue;
        }
        let reply = call.bearer(&member.secret).send().await?;
        if reply.status != 403 {
            deviations.push(format!(
                "{what} of another account: {} instead of 403",
                reply.summary()
            ));
        }
    }
    unless(&deviations)
}

async fn member_in_doubt(suite: &Suite) -> Verdict {
    let own = suite.account().await?;
    let member = suite.token(&own, json!({ "name": "member" })).await?;
    let mut findings = Vec::new();
    for (what, call) in operations(suite, &own) {
        if matches!(what, "GET /v1/users" | "GET …/instances" | "PUT …/instances") {
            let reply = call.bearer(&member.secret).send().await?;
            findings.push(format!("{what} {}", reply.summary()));
        }
    }
    found(findings.join(", "))
}

/// These requests change nothing: the token to revoke does not exist, and the token to create is invalid.
async fn other_member(suite: &Suite) -> Verdict {
    let Some(person) = &suite.target.person else {
        return Ok(Outcome::Skipped("no member was named for it".to_owned()));
    };
    let absent = Uuid::new_v4().to_string();
    let listed = suite.api.get(tokens(person)).send().await?;
    let revoked = suite.api.call(Method::DELETE, token(person, &absent));
    let revoked = revoked.known_to_be_harmless().send().await?;
    let body = json!({ "name": "", "ttl": 1, "token_type": "none" });
    let created = suite
        .api
        .post(tokens(person), body)
        .known_to_be_harmless()
        .send()
        .await?;
    let created = match created.status {
        403 => created.summary(),
        400 => "not observable, the body is checked first".to_owned(),
        _ => return Err(format!("a creation with an invalid body: {}", created.summary()).into()),
    };
    found(format!(
        "list {}, revoke {}, create {created}",
        listed.summary(),
        match (revoked.status, revoked.code()) {
            (404, Some("NOT_FOUND")) => "allowed".to_owned(),
            _ => revoked.summary(),
        }
    ))
}
