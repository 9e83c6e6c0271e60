//! The listing of users.

use std::collections::HashSet;

use serde_json::Value;

use super::accounts::create_accounts;
use crate::api::segment;
use crate::check::{Check, checks};
use crate::outcome::{Failure, Outcome, Verdict, found, require};
use crate::reply::Reply;
use crate::suite::Suite;

pub(super) const CHECKS: &[Check] = &checks![
    listing("users are listed, page by page and filtered"),
    sizes("the size of a page of users").question(4),
    order("the order of users").question(4),
    bad_queries("a bad limit, a bad page token").question(4),
    forms("id, email and roles of a service account").question(5),
    deleted("a deleted account in the listing").question(5),
];

/// The maximum number of pages that are read.
const MOST_PAGES: usize = 20;

const NOT_SERVED: &str = "GET /v1/users is not served";

/// Returns the users of a query from all pages, or the reason why they cannot be read.
async fn list_users(suite: &Suite, query: &str) -> Result<Result<Vec<Value>, Outcome>, Failure> {
    let mut users = Vec::new();
    let mut token = String::new();
    for _ in 0..MOST_PAGES {
        let page = suite.api.get(format!("/v1/users?{query}{token}")).send().await?;
        if page.is_unrouted() {
            return Ok(Err(Outcome::Found(NOT_SERVED.to_owned())));
        }
        let body = page.ok("GET /v1/users")?;
        users.extend(body["users"].as_array().cloned().unwrap_or_default());
        match body["next_page_token"].as_str().filter(|token| !token.is_empty()) {
            Some(next) => token = format!("&page_token={}", segment(next)),
            None => return Ok(Ok(users)),
        }
    }
    let why = format!("there are more users than {MOST_PAGES} pages hold");
    Ok(Err(Outcome::Skipped(why)))
}

fn usernames(users: &[Value]) -> HashSet<&str> {
    users
        .iter()
        .filter_map(|user| user["username"].as_str())
        .collect()
}

async fn listing(suite: &Suite) -> Verdict {
    let names = create_accounts::<2>(suite).await?;
    // The last page has no page token, even if it is full.
    let all = match list_users(suite, "limit=1000&is_service_account=true&is_deprovisioned=false").await? {
        Ok(users) => users,
        Err(outcome) => return Ok(outcome),
    };
    let found_all = names.iter().all(|name| usernames(&all).contains(name.as_str()));
    require(found_all, "new accounts are not in the listing")?;
    require(
        all.iter().all(|user| user["is_service_account"] == true),
        "is_service_account=true lets human members through",
    )?;
    require(
        all.iter().all(|user| user["is_deprovisioned"] == false),
        "is_deprovisioned=false lets deprovisioned accounts through",
    )?;
    let people = suite
        .api
        .get("/v1/users?limit=10&is_service_account=false")
        .send()
        .await?;
    let people = people.ok("GET /v1/users?is_service_account=false")?["users"].as_array();
    require(
        people
            .into_iter()
            .flatten()
            .all(|user| user["is_service_account"] == false),
        "is_service_account=false lets service accounts through",
    )?;

    let page = suite
        .api
        .get("/v1/users?limit=1&is_service_account=true")
        .send()
        .await?;
    let page = page.ok("GET /v1/users?limit=1")?;
    require(
        page["users"].as_array().is_some_and(|users| users.len() == 1),
        "limit=1 does not give one user",
    )?;
    require(
        page["total_count"].as_u64().is_some_and(|total| total >= 2),
        "total_count does not count what is on other pages",
    )?;
    let next = page["next_page_token"].as_str().unwrap_or_default();
    require(!next.is_empty(), "there is no token for the next page")?;
    let path = format!(
        "/v1/users?limit=1&is_service_account=true&page_token={}",
        segment(next)
    );
    let second = suite.api.get(path).send().await?;
    second.ok("GET /v1/users, the second page")?;
    Ok(Outcome::Pass)
}

async fn sizes(suite: &Suite) -> Verdict {
    let page = suite.api.get("/v1/users").send().await?;
    if page.is_unrouted() {
        return found(NOT_SERVED);
    }
    let default = cut(&page, "GET /v1/users")?.map_or_else(
        || "everything fits the page by default".to_owned(),
        |size| format!("{size} by default"),
    );
    let largest = suite.api.get("/v1/users?limit=1000").send().await?;
    largest.ok("GET /v1/users?limit=1000")?;
    let beyond = suite.api.get("/v1/users?limit=1001").send().await?;
    let beyond = if beyond.status == 200 {
        cut(&beyond, "GET /v1/users?limit=1001")?.map_or_else(
            || "1001 accepted".to_owned(),
            |size| format!("1001 accepted and cut to {size}"),
        )
    } else {
        format!("1001 refused, {}", beyond.summary())
    };
    found(format!("{default}; 1000 accepted; {beyond}"))
}

/// Returns how many users the page has, if there are further pages.
fn cut(page: &Reply, what: &str) -> Result<Option<usize>, Failure> {
    let body = page.ok(what)?;
    let has_more = body["next_page_token"]
        .as_str()
        .is_some_and(|token| !token.is_empty());
    let size = body["users"].as_array().map(Vec::len);
    Ok(size.filter(|_| has_more))
}

async fn order(suite: &Suite) -> Verdict {
    // The order of the names differs from the order of creation.
    let mut names: Vec<String> = (0..3).map(|_| suite.api.ledger.generate_name("")).collect();
    names.sort();
    names.swap(0, 1);
    for name in &names {
        suite.create_account(name).await?.ok("POST /v1/users")?;
    }
    let users = match list_users(suite, "limit=1000&is_service_account=true").await? {
        Ok(users) => users,
        Err(outcome) => return Ok(outcome),
    };
    let listed: Vec<&str> = users
        .iter()
        .filter_map(|user| user["username"].as_str())
        .collect();
    let mut seen = HashSet::new();
    let listed: Vec<&str> = listed
        .into_iter()
        .filter(|name| names.iter().any(|other| other == name) && seen.insert(*name))
        .collect();
    let by_creation: Vec<&str> = names.iter().map(String::as_str).collect();
    let newest_first: Vec<&str> = by_creation.iter().rev().copied().collect();
    let mut by_name = by_creation.clone();
    by_name.sort_unstable();
    found(if listed == by_name {
        "by name"
    } else if listed == by_creation {
        "by creation, oldest first"
    } else if listed == newest_first {
        "by creation, newest first"
    } else {
        "another order"
    })
}

async fn bad_queries(suite: &Suite) -> Verdict {
    let mut findings = Vec::new();
    for query in ["limit=0", "limit=x", "page_token=nonsense"] {
        let reply = suite.api.get(format!("/v1/users?{query}")).send().await?;
        if reply.is_unrouted() {
            return found(NOT_SERVED);
        }
        findings.push(format!("{query} {}", reply.summary()));
    }
    found(findings.join(", "))
}

async fn forms(suite: &Suite) -> Verdict {
    let name = suite.account().await?;
    let users = match list_users(suite, "limit=1000&is_service_account=true").await? {
        Ok(users) => users,
        Err(outcome) => return Ok(outcome),
    };
    let user = users.iter().find(|user| user["username"] == *name);
    let user = user.ok_or("a new account is not in the listing")?;
    let id = match user["id"].as_str() {
        Some(id) if uuid::Uuid::parse_str(id).is_ok() => "id is a UUID",
        Some(_) => "id is another text",
        None => "id is no text",
    };
    let email = match &user["email"] {
        Value::String(email) if email.is_empty() => "email is empty",
        Value::String(email) if email.contains('@') => "email is an address",
        Value::String(_) => "email is another text",
        Value::Null => "email is null or absent",
        _ => "email is no text",
    };
    let roles = user["roles"].as_array().cloned().unwrap_or_default();
    let built_in = ["admin", "builder", "explorer", "member"];
    let roles: Vec<&str> = roles
        .iter()
        .map(|role| {
            built_in
                .into_iter()
                .find(|name| role == name)
                .unwrap_or("another role")
        })
        .collect();
    let roles = if roles.is_empty() {
        "none".to_owned()
    } else {
        roles.join(", ")
    };
    found(format!("{id}, {email}, roles: {roles}"))
}

async fn deleted(suite: &Suite) -> Verdict {
    let name = suite.account().await?;
    suite.delete_account(&name).await?;
    let users = match list_users(suite, "limit=1000&is_service_account=true").await? {
        Ok(users) => users,
        Err(outcome) => return Ok(outcome),
    };
    let user = users.iter().find(|user| user["username"] == *name);
    found(match user.map(|user| user["is_deprovisioned"] == true) {
        None => "not listed any more",
        Some(true) => "listed as deprovisioned",
        Some(false) => "still listed",
    })
}
