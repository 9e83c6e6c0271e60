//! Token names: uniqueness, and use in place of an id.

use serde_json::json;

use crate::check::{Check, checks};
use crate::outcome::{Failure, Outcome, Verdict, found, require};
use crate::reply::Reply;
use crate::suite::{SHORTEST_LIFE_SECONDS, Suite, token, tokens};
use crate::target::Time;

pub(super) const CHECKS: &[Check] = &checks![
    repeated("a second live token of a name").question(2),
    other_case("a name in another letter case").question(2),
    revoked("the name of a revoked token").question(2),
    expired("the name of an expired token").question(2).alone(),
    by_name("DELETE with the name of a token"),
    revoke_invalid_id("DELETE with a text that is neither id nor name"),
];

/// Creates a token with the first name and then one with the second name.
async fn create_two(suite: &Suite, first: &str, second: &str) -> Result<Reply, Failure> {
    let owner = suite.account().await?;
    suite.token(&owner, json!({ "name": first })).await?;
    suite.create_token(&owner, json!({ "name": second })).await
}

fn describe_creation(reply: &Reply) -> String {
    if reply.status == 200 {
        "accepted".to_owned()
    } else {
        format!("refused, {} {}", reply.summary(), reply.known_words())
    }
}

async fn repeated(suite: &Suite) -> Verdict {
    found(describe_creation(&create_two(suite, "job", "job").await?))
}

async fn other_case(suite: &Suite) -> Verdict {
    found(describe_creation(&create_two(suite, "job", "JOB").await?))
}

async fn revoked(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let first = suite.token(&owner, json!({ "name": "job" })).await?;
    suite.revoke_token(&owner, &first.id).await?;
    let second = suite.create_token(&owner, json!({ "name": "job" })).await?;
    found(describe_creation(&second))
}

async fn expired(suite: &Suite) -> Verdict {
    if suite.target.time == Time::Skip {
        return Ok(Outcome::Skipped("it takes more than five minutes".to_owned()));
    }
    let owner = suite.account().await?;
    let body = json!({ "name": "job", "ttl": SHORTEST_LIFE_SECONDS });
    let first = suite.token(&owner, body).await?;
    suite.pass_time(SHORTEST_LIFE_SECONDS + 5).await?;
    require(
        suite.live_tokens(&owner).await?.is_empty(),
        "an expired token is still listed",
    )?;
    let used = suite.api.get(tokens(&owner)).bearer(&first.secret).send().await?;
    used.refused("an expired token", 401, "UNAUTHORIZED")?;
    let deleted = suite.api.delete(token(&owner, &first.id)).send().await?;
    let second = suite.create_token(&owner, json!({ "name": "job" })).await?;
    found(format!(
        "{}; DELETE of the expired one {}",
        describe_creation(&second),
        deleted.summary()
    ))
}

async fn by_name(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    suite.token(&owner, json!({ "name": "a job/1" })).await?;
    let deleted = suite.api.delete(token(&owner, "a job/1")).send().await?;
    let is_left = !suite.live_tokens(&owner).await?.is_empty();
    match (deleted.status, is_left) {
        (200, false) => found("revoked"),
        (200, true) => Err("200, and the token is still there".into()),
        (_, false) => Err("refused, and the token is gone".into()),
        (_, true) => found(format!("refused, {}", deleted.summary())),
    }
}

async fn revoke_invalid_id(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let deleted = suite.api.delete(token(&owner, "not-a-uuid")).send().await?;
    require(deleted.status != 200, "200 for a token that does not exist")?;
    found(deleted.summary())
}
