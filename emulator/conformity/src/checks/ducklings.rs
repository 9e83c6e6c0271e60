//! Duckling configurations, and accounts with running Ducklings.

use reqwest::Method;
use serde_json::{Value, json};

use super::limits::{OverLimit, deviations};
use crate::check::{Check, checks};
use crate::outcome::{Failure, Outcome, Verdict, found, require, unless};
use crate::reply::Reply;
use crate::suite::{Suite, instances};

pub(super) const CHECKS: &[Check] = &checks![
    replaced("a Duckling configuration is replaced as a whole"),
    limits("a Duckling configuration beyond the limits is refused with its issue"),
    of_unknown_user("a Duckling configuration of an unknown user is a 404"),
    active("accounts with something running are listed"),
    at_start("the Ducklings of a new account").question(9),
    default_cooldowns("the default cooldown of each size"),
    put_shows_default("the default cooldown in the response to a PUT").question(10),
    fraction("a flock with a fraction").question(7),
    largest("the largest flock and cooldown"),
];

/// Returns the body of a PUT with these two halves.
fn config(read_write: impl Into<Value>, read_scaling: impl Into<Value>) -> Value {
    json!({ "config": { "read_write": read_write.into(), "read_scaling": read_scaling.into() } })
}

fn pulse() -> Value {
    json!({ "instance_size": "pulse" })
}

fn flock(size: impl Into<Value>) -> Value {
    json!({ "instance_size": "pulse", "flock_size": size.into() })
}

async fn put(suite: &Suite, owner: &str, body: Value) -> Result<Reply, Failure> {
    suite.api.put(instances(owner), body).send().await
}

async fn stored(suite: &Suite, owner: &str) -> Result<Value, Failure> {
    let reply = suite.api.get(instances(owner)).send().await?;
    Ok(reply.ok("GET …/instances")?.clone())
}

/// Returns the size, or a placeholder if it is not one of the known ones.
fn size(block: &Value) -> &'static str {
    let known = ["pulse", "standard", "jumbo", "mega", "giga"];
    let size = block["instance_size"].as_str().unwrap_or_default();
    known
        .into_iter()
        .find(|name| *name == size)
        .unwrap_or("another size")
}

fn cooldown(block: &Value) -> String {
    match block["cooldown_seconds"].as_f64() {
        Some(seconds) => format!("{seconds} s"),
        None => "no cooldown".to_owned(),
    }
}

/// Whether two configurations are equal if a null cooldown equals an absent one.
fn are_equal(one: &Value, other: &Value) -> bool {
    ["read_write", "read_scaling"].iter().all(|block| {
        ["instance_size", "flock_size", "cooldown_seconds"]
            .iter()
            .all(|field| {
                let (one, other) = (&one[block][field], &other[block][field]);
                one == other || one.as_f64().is_some() && one.as_f64() == other.as_f64()
            })
    })
}

async fn replaced(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let smallest = config(pulse(), flock(2));
    let reply = put(suite, &owner, smallest.clone()).await?;
    let body = reply.ok("PUT …/instances")?;
    require(
        are_equal(body, &smallest["config"]),
        "the response to a PUT is not what was sent",
    )?;
    require(
        are_equal(&stored(suite, &owner).await?, &smallest["config"]),
        "a GET does not return what was PUT",
    )?;

    let standard = |cooldown: Option<u32>| {
        let mut block = json!({ "instance_size": "standard" });
        if let Some(seconds) = cooldown {
            block["cooldown_seconds"] = json!(seconds);
        }
        config(block, flock(2))
    };
    let reply = put(suite, &owner, standard(Some(90))).await?;
    if reply.is_of_the_plan() {
        return found("pulse as the contract says; standard is refused by the plan");
    }
    reply.ok("PUT …/instances with standard")?;
    require(
        stored(suite, &owner).await?["read_write"]["cooldown_seconds"].as_f64() == Some(90.0),
        "a cooldown of 90 s is not stored",
    )?;
    put(suite, &owner, standard(None))
        .await?
        .ok("PUT …/instances without a cooldown")?;
    let now = cooldown(&stored(suite, &owner).await?["read_write"]);
    require(
        now == "60 s",
        &format!("a cooldown that is left out becomes {now}, not the default of its size"),
    )?;
    Ok(Outcome::Pass)
}

async fn limits(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let case = |what, body, issue| OverLimit { what, body, issue };
    let standard = |seconds: u32| json!({ "instance_size": "standard", "cooldown_seconds": seconds });
    let mut cases = vec![
        case(
            "flock -1",
            config(pulse(), flock(-1)),
            &["config", "read_scaling", "flock_size"][..],
        ),
        case(
            "flock 65",
            config(pulse(), flock(65)),
            &["config", "read_scaling", "flock_size"],
        ),
        case(
            "no flock",
            config(pulse(), pulse()),
            &["config", "read_scaling", "flock_size"],
        ),
        case(
            "an unknown size",
            config(json!({ "instance_size": "huge" }), flock(0)),
            &["config", "read_write", "instance_size"],
        ),
        case(
            "one half only",
            json!({ "config": { "read_write": pulse() } }),
            &["config", "read_scaling"],
        ),
        case(
            "no wrapper",
            json!({ "read_write": pulse(), "read_scaling": flock(0) }),
            &["config"],
        ),
    ];
    let plan = put(suite, &owner, config(standard(60), flock(0))).await?;
    if !plan.is_of_the_plan() {
        let path: &[&str] = &["config", "read_write", "cooldown_seconds"];
        let cooling_pulse = json!({ "instance_size": "pulse", "cooldown_seconds": 60 });
        cases.push(case("cooldown 59", config(standard(59), flock(0)), path));
        cases.push(case("cooldown 86401", config(standard(86_401), flock(0)), path));
        cases.push(case("a cooldown of pulse", config(cooling_pulse, flock(0)), path));
    }
    let before = stored(suite, &owner).await?;
    let mut deviations = deviations(suite, Method::PUT, &instances(&owner), cases).await?;
    if stored(suite, &owner).await? != before {
        deviations.push("a refused configuration has changed something".to_owned());
    }
    unless(&deviations)
}

async fn of_unknown_user(suite: &Suite) -> Verdict {
    let absent = suite.api.ledger.generate_name("");
    let read = suite.api.get(instances(&absent)).send().await?;
    read.refused("GET …/instances", 404, "NOT_FOUND")?;
    let written = put(suite, &absent, config(pulse(), flock(0))).await?;
    written.refused("PUT …/instances", 404, "NOT_FOUND")?;
    Ok(Outcome::Pass)
}

async fn active(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let reply = suite.api.get("/v1/active_accounts").send().await?;
    let accounts = reply.ok("GET /v1/active_accounts")?["accounts"].as_array();
    let accounts = accounts.ok_or("GET /v1/active_accounts: there is no list `accounts`")?;
    require(
        accounts.iter().all(|account| account["username"] != *owner),
        "an account that runs nothing is listed as active",
    )?;
    Ok(Outcome::Pass)
}

async fn at_start(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let config = stored(suite, &owner).await?;
    let (write, read) = (&config["read_write"], &config["read_scaling"]);
    let flock = read["flock_size"].as_f64().unwrap_or(f64::NAN);
    found(format!(
        "{} with {}; {} with {}, flock {flock}",
        size(write),
        cooldown(write),
        size(read),
        cooldown(read)
    ))
}

async fn default_cooldowns(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let mut findings = Vec::new();
    for size in ["pulse", "standard", "jumbo", "mega", "giga"] {
        let body = config(json!({ "instance_size": size }), flock(0));
        let reply = put(suite, &owner, body).await?;
        let result = if reply.status == 200 {
            cooldown(&stored(suite, &owner).await?["read_write"])
        } else if reply.is_of_the_plan() {
            "refused by the plan".to_owned()
        } else {
            reply.summary()
        };
        findings.push(format!("{size} {result}"));
    }
    found(findings.join(", "))
}

async fn put_shows_default(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let body = config(json!({ "instance_size": "standard" }), flock(0));
    let reply = put(suite, &owner, body).await?;
    if reply.is_of_the_plan() {
        return found("not observable: the plan has pulse only");
    }
    let shown = reply.ok("PUT …/instances")?["read_write"]["cooldown_seconds"].is_number();
    found(if shown { "shown" } else { "left out" })
}

async fn fraction(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let reply = put(suite, &owner, config(pulse(), flock(1.5))).await?;
    found(if reply.status == 200 {
        let stored = stored(suite, &owner).await?["read_scaling"]["flock_size"].as_f64();
        format!("accepted as {}", stored.unwrap_or(f64::NAN))
    } else {
        format!("refused, {}", reply.summary())
    })
}

async fn largest(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let mut findings = Vec::new();
    let day = json!({ "instance_size": "standard", "cooldown_seconds": 86_400 });
    for (what, body) in [
        ("flock 64", config(pulse(), flock(64))),
        ("cooldown 86400", config(day, flock(0))),
    ] {
        let reply = put(suite, &owner, body).await?;
        let result = if reply.status == 200 {
            "accepted".to_owned()
        } else if reply.is_of_the_plan() {
            "refused by the plan".to_owned()
        } else {
            return Err(format!("{what}: {} instead of 200", reply.summary()).into());
        };
        findings.push(format!("{what} {result}"));
    }
    found(findings.join(", "))
}
