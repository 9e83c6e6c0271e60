//! Bodies beyond the limits of the contract, and the responses to them.

use reqwest::Method;
use serde_json::Value;

use crate::outcome::Failure;
use crate::suite::Suite;

/// A body that must be refused, and the path of the expected issue.
pub(crate) struct OverLimit {
    pub(crate) what: &'static str,
    pub(crate) body: Value,
    pub(crate) issue: &'static [&'static str],
}

/// Sends the bodies, and returns those that were not refused with 400 and an issue at the expected path.
pub(crate) async fn deviations(
    suite: &Suite,
    method: Method,
    path: &str,
    cases: Vec<OverLimit>,
) -> Result<Vec<String>, Failure> {
    let mut deviations = Vec::new();
    for OverLimit { what, body, issue } in cases {
        let reply = suite.api.call(method.clone(), path).json(body).send().await?;
        if !reply.is(400, "BAD_REQUEST") {
            deviations.push(format!("{what}: {} instead of 400 BAD_REQUEST", reply.summary()));
        } else if !reply.has_issue(issue) {
            deviations.push(format!("{what}: no issue names {}", issue.join(".")));
        }
    }
    Ok(deviations)
}
