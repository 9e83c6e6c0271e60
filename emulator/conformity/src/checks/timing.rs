//! Behaviour that depends on time: reads after writes, and requests beyond the rate limit.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::Instant;

use crate::check::{Check, checks};
use crate::outcome::{Failure, Verdict, found};
use crate::suite::{Suite, instances};

pub(super) const CHECKS: &[Check] = &checks![
    reads("a read right after a write").question(13),
    burst("requests that come too often").question(3).alone(),
];

/// The longest time in which a write may not be visible.
const LONGEST_DELAY: Duration = Duration::from_secs(5);
const BETWEEN_READS: Duration = Duration::from_millis(200);

/// The number of parallel reads.
const BURST: usize = 50;

/// Repeats a read until the condition holds. Returns how long that took, or `None` if the first read
/// satisfied it.
async fn wait_until(
    what: &'static str,
    condition: impl AsyncFn() -> Result<bool, Failure>,
) -> Result<Option<String>, Failure> {
    let began = Instant::now();
    let mut repeats = 0;
    loop {
        if condition().await? {
            return Ok((repeats > 0).then(|| format!("{what} after {} ms", began.elapsed().as_millis())));
        }
        if began.elapsed() > LONGEST_DELAY {
            return Ok(Some(format!("{what} not within {} s", LONGEST_DELAY.as_secs())));
        }
        repeats += 1;
        tokio::time::sleep(BETWEEN_READS).await;
    }
}

async fn reads(suite: &Suite) -> Verdict {
    let api = &suite.api;
    let mut late = Vec::new();
    for _ in 0..2 {
        let owner = suite.account().await?;
        let exists = async || Ok(api.get(instances(&owner)).send().await?.status == 200);
        late.push(wait_until("an account is there", &exists).await?);

        let created = suite.token(&owner, json!({ "name": "n" })).await?;
        let is_listed = async || Ok(!suite.live_tokens(&owner).await?.is_empty());
        late.push(wait_until("a token is listed", &is_listed).await?);

        let body = json!({ "config": {
            "read_write": { "instance_size": "pulse" },
            "read_scaling": { "instance_size": "pulse", "flock_size": 1 },
        } });
        api.put(instances(&owner), body)
            .send()
            .await?
            .ok("PUT …/instances")?;
        let is_set = async || {
            let stored = api.get(instances(&owner)).send().await?;
            Ok(stored.body["read_scaling"]["flock_size"].as_f64() == Some(1.0))
        };
        late.push(wait_until("a configuration is in force", is_set).await?);

        suite.revoke_token(&owner, &created.id).await?;
        late.push(wait_until("a token is gone", async || Ok(!is_listed().await?)).await?);

        suite.delete_account(&owner).await?;
        late.push(wait_until("an account is gone", async || Ok(!exists().await?)).await?);
    }
    let reads = late.len();
    let late: Vec<String> = late.into_iter().flatten().collect();
    found(if late.is_empty() {
        format!("seen at once in all {reads} cases")
    } else {
        format!("late in {} of {reads} cases: {}", late.len(), late.join(", "))
    })
}

async fn burst(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let calls = (0..BURST).map(|_| suite.api.get(instances(&owner)).without_retry().send());
    let replies = join_all(calls).await;
    let lost = replies.iter().filter(|reply| reply.is_err()).count();
    let sent = suite.api.sent();
    let observations = suite.api.observations();
    let limits: Vec<&str> = observations.limits.iter().map(String::as_str).collect();
    let lost = if lost == 0 {
        String::new()
    } else {
        format!("; {lost} of {BURST} at once had no response")
    };
    found(if limits.is_empty() {
        format!("no 429, {BURST} at once{lost}")
    } else {
        format!(
            "{} times in {sent} requests: {}{lost}",
            observations.limited,
            limits.join(", ")
        )
    })
}
