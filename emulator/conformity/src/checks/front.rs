//! Responses of the server before it selects an operation.

use reqwest::Method;
use serde_json::json;

use crate::check::{Check, checks};
use crate::outcome::{Outcome, Verdict, found, require};
use crate::suite::{Suite, account, instances};

pub(super) const CHECKS: &[Check] = &checks![
    unknown_path("a path that is not served is a 404 as plain text"),
    wrong_method("a method that is not served").question(11),
    malformed("a body that is not JSON"),
    undecodable("a path that cannot be decoded"),
    specs("the published contract"),
];

async fn unknown_path(suite: &Suite) -> Verdict {
    let reply = suite.api.get("/v1/no_such_thing").send().await?;
    require(
        reply.is_unrouted(),
        &format!("{} instead of 404 and `Not Found`", reply.summary()),
    )?;
    Ok(Outcome::Pass)
}

async fn wrong_method(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let mut findings = Vec::new();
    for (method, path) in [
        (Method::GET, account(&owner)),
        (Method::PATCH, instances(&owner)),
        (Method::DELETE, instances(&owner)),
    ] {
        let reply = suite.api.call(method.clone(), path).unchecked().send().await?;
        findings.push(format!("{method} {}", reply.summary()));
    }
    found(findings.join(", "))
}

async fn malformed(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let call = suite.api.call(Method::PUT, instances(&owner));
    let reply = call.text("{\"config\":").send().await?;
    let array = suite.api.put(instances(&owner), json!([])).send().await?;
    found(format!(
        "cut off {}, an array {}",
        reply.summary(),
        array.summary()
    ))
}

async fn undecodable(suite: &Suite) -> Verdict {
    let reply = suite
        .api
        .get("/v1/users/%zz/instances")
        .unchecked()
        .send()
        .await?;
    found(reply.summary())
}

async fn specs(suite: &Suite) -> Verdict {
    let reply = suite
        .api
        .get("/docs/specs")
        .without_token()
        .unchecked()
        .send()
        .await?;
    if reply.status != 200 {
        return found(format!("not served, {}", reply.summary()));
    }
    let version = reply.body["openapi"].as_str().unwrap_or_default();
    let is_version =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let operations = reply.body["paths"].as_object();
    let paths = operations.map_or(0, serde_json::Map::len);
    found(if is_version(version) {
        format!("OpenAPI {version} as JSON, {paths} paths")
    } else {
        "served, but not as JSON".to_owned()
    })
}
