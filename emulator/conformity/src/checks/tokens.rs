//! Access tokens: creation, listing, revocation, validation.

use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::limits::{OverLimit, deviations};
use crate::check::{Check, checks};
use crate::outcome::{Outcome, Verdict, found, require, unless};
use crate::suite::{Suite, token, tokens};

pub(super) const CHECKS: &[Check] = &checks![
    create_and_delete("a token is created, listed without its secret and revoked"),
    defaults("a token with only a name is read/write and never expires"),
    limits("a token beyond the limits is refused with its issue"),
    missing("an unknown token is a 404"),
    unknown("unknown fields and parameters are ignored"),
    invalid_after_deletion("a token is invalid after its revocation or the deletion of its owner"),
    description("the description of a token").question(15),
    fraction("a ttl with a fraction").question(7),
    read_scaling("a read scaling token"),
];

async fn create_and_delete(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let created = suite.token(&owner, json!({ "name": "job", "ttl": 3600 })).await?;
    let time = |field: &str| created.body[field].as_str()?.parse::<Timestamp>().ok();
    let (Some(from), Some(until)) = (time("created_ts"), time("expire_at")) else {
        return Err("created_ts or expire_at is no time".into());
    };
    let life = until.as_second() - from.as_second();
    require(
        (3598..=3602).contains(&life),
        "expire_at is not created_ts plus ttl",
    )?;
    let listed = suite.live_tokens(&owner).await?;
    let [listed] = &listed[..] else {
        return Err("the listing does not have exactly the new token".into());
    };
    require(listed.get("token").is_none(), "the listing shows the secret")?;
    for field in ["id", "name", "created_ts", "expire_at", "read_only", "token_type"] {
        let same = listed[field] == created.body[field];
        require(same, &format!("`{field}` differs between creation and listing"))?;
    }
    suite.revoke_token(&owner, &created.id).await?;
    let again = suite.api.delete(token(&owner, &created.id)).send().await?;
    again.refused("a second DELETE", 404, "NOT_FOUND")?;
    require(
        suite.live_tokens(&owner).await?.is_empty(),
        "the revoked token is still listed",
    )?;
    Ok(Outcome::Pass)
}

async fn defaults(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let created = suite.token(&owner, json!({ "name": "plain" })).await?.body;
    require(created["expire_at"].is_null(), "it has an end")?;
    let kind = created["token_type"].as_str().unwrap_or_default().to_lowercase();
    require(kind == "read_write", "its type is not read_write")?;
    require(created["read_only"] == false, "it is read-only")?;
    Ok(Outcome::Pass)
}

async fn limits(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let name = |what, name: Value| OverLimit {
        what,
        body: json!({ "name": name }),
        issue: &["name"],
    };
    let ttl = |what, ttl: Value| OverLimit {
        what,
        body: json!({ "name": "n", "ttl": ttl }),
        issue: &["ttl"],
    };
    let cases = vec![
        name("an empty name", json!("")),
        name("a name of 256", json!("n".repeat(256))),
        name("a reserved name", json!("MotherDuck Extension")),
        name("another reserved name", json!("MotherDuck Flights")),
        OverLimit {
            what: "no name",
            body: json!({}),
            issue: &["name"],
        },
        ttl("ttl 299", json!(299)),
        ttl("ttl 31536001", json!(31_536_001)),
        ttl("ttl as text", json!("300")),
        OverLimit {
            what: "an unknown type",
            body: json!({ "name": "n", "token_type": "both" }),
            issue: &["token_type"],
        },
    ];
    let mut deviations = deviations(suite, Method::POST, &tokens(&owner), cases).await?;
    for (what, body) in [
        ("a name of 255", json!({ "name": "n".repeat(255) })),
        ("ttl 300", json!({ "name": "short", "ttl": 300 })),
        ("ttl 31536000", json!({ "name": "long", "ttl": 31_536_000 })),
        (
            "a reserved name in another case",
            json!({ "name": "motherduck flights" }),
        ),
    ] {
        let reply = suite.create_token(&owner, body).await?;
        if reply.status != 200 {
            deviations.push(format!("{what}: {} instead of 200", reply.summary()));
        }
    }
    unless(&deviations)
}

async fn missing(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let absent = suite.api.ledger.generate_name("");
    let id = Uuid::new_v4().to_string();
    for (what, path) in [
        ("an unknown id", token(&owner, &id)),
        ("an unknown user", token(&absent, &id)),
    ] {
        let deleted = suite.api.delete(path).send().await?;
        deleted.refused(what, 404, "NOT_FOUND")?;
    }
    let created = suite.create_token(&absent, json!({ "name": "n" })).await?;
    created.refused("POST …/tokens of an unknown user", 404, "NOT_FOUND")?;
    let listed = suite.api.get(tokens(&absent)).send().await?;
    listed.refused("GET …/tokens of an unknown user", 404, "NOT_FOUND")?;
    Ok(Outcome::Pass)
}

async fn unknown(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let created = suite
        .token(&owner, json!({ "name": "n", "a_field_of_tomorrow": true }))
        .await?;
    let field = created.body.get("a_field_of_tomorrow");
    require(field.is_none(), "an unknown field is in the response")?;
    let path = format!("{}?a_parameter_of_tomorrow=1&cursor=x", tokens(&owner));
    let listed = suite.api.get(path).send().await?;
    let listed = &listed.ok("GET …/tokens with unknown parameters")?["tokens"];
    require(
        listed.as_array().is_some_and(|tokens| tokens.len() == 1),
        "unknown parameters change the listing",
    )?;
    Ok(Outcome::Pass)
}

async fn invalid_after_deletion(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let revoked = suite.token(&owner, json!({ "name": "revoked" })).await?;
    let orphaned = suite.token(&owner, json!({ "name": "orphaned" })).await?;
    let list_with = async |secret| suite.api.get(tokens(&owner)).bearer(secret).send().await;
    list_with(&revoked.secret)
        .await?
        .ok("GET …/tokens with a token of the account")?;
    suite.revoke_token(&owner, &revoked.id).await?;
    list_with(&revoked.secret)
        .await?
        .refused("a revoked token", 401, "UNAUTHORIZED")?;
    list_with(&orphaned.secret)
        .await?
        .ok("GET …/tokens with another token")?;
    suite.delete_account(&owner).await?;
    list_with(&orphaned.secret)
        .await?
        .refused("a token of a deleted account", 401, "UNAUTHORIZED")?;
    Ok(Outcome::Pass)
}

async fn description(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let created = suite
        .token(
            &owner,
            json!({ "name": "described", "description": "of the suite" }),
        )
        .await?;
    if created.body["description"] != "of the suite" {
        return found("dropped");
    }
    let listed = suite.live_tokens(&owner).await?;
    let is_listed = listed.iter().any(|token| token["description"] == "of the suite");
    let listed = if is_listed { "and listed" } else { "but not listed" };
    let mut findings = vec![format!("stored {listed}")];
    for (what, text) in [
        ("empty", String::new()),
        ("blank", "  ".to_owned()),
        // This character has two UTF-16 units: the text has 1000 units, the next one 1002.
        ("1000 UTF-16 units", "𐐀".repeat(500)),
        ("1002 UTF-16 units", "𐐀".repeat(501)),
    ] {
        let body = json!({ "name": what, "description": text });
        let reply = suite.create_token(&owner, body).await?;
        let result = match (reply.status, &reply.body["description"]) {
            (200, Value::Null) => "becomes null".to_owned(),
            (200, stored) if *stored == text => "accepted".to_owned(),
            (200, _) => "changed".to_owned(),
            _ => format!("refused, {}", reply.summary()),
        };
        findings.push(format!("{what} {result}"));
    }
    found(findings.join("; "))
}

async fn fraction(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let body = json!({ "name": "n", "ttl": 300.5 });
    let reply = suite.create_token(&owner, body).await?;
    found(if reply.status == 200 {
        "accepted".to_owned()
    } else {
        format!("refused, {}", reply.summary())
    })
}

async fn read_scaling(suite: &Suite) -> Verdict {
    let owner = suite.account().await?;
    let body = json!({ "name": "reader", "token_type": "read_scaling" });
    let reply = suite.create_token(&owner, body.clone()).await?;
    if reply.is_of_the_plan() {
        return found(format!("refused by the plan, {}", reply.summary()));
    }
    reply.ok("POST …/tokens")?;
    require(
        reply.body["read_only"] == true,
        "a read scaling token is not read-only",
    )?;
    let secret = reply.body["token"].as_str().unwrap_or_default().into();
    let used = suite.api.get(tokens(&owner)).bearer(&secret).send().await?;
    found(format!("created, read-only, {} for this API", used.summary()))
}
