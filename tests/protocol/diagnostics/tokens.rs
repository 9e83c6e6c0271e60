//! Tokens that are imported, generated or replaced.

use serde_json::json;

use super::fixtures::{self, listed, stored, user, with};
use super::pages::Pages;
use crate::host::{ACCOUNT, ListQuery, Reply, StoredObject, TOKEN, TOKEN_ID};

pub(super) async fn tokens(pages: &mut Pages) {
    pages.chapter("Tokens that are imported, generated or replaced");
    for (case, more) in [
        (
            "a lifetime that no `ttl` can have",
            json!({ "expire_at": "2026-01-01T00:03:20Z" }),
        ),
        (
            "a lifetime that cannot be computed",
            json!({ "expire_at": "tomorrow" }),
        ),
        ("a name that cannot be configured", json!({ "name": " nightly" })),
    ] {
        let (session, _api) = fixtures::api(move |request| {
            request
                .path
                .ends_with("/tokens")
                .then(|| Reply::ok(json!({ "tokens": [listed(&more)] })))
        })
        .await;
        let diagnostics = match session.try_import(TOKEN, &format!("loader/{TOKEN_ID}")).await {
            Ok(imported) => imported.diagnostics,
            Err(diagnostics) => diagnostics,
        };
        pages.add(case, diagnostics);
    }
    let (session, _api) = fixtures::api(|request| {
        let user = with(&user(true), "username", json!("old-style"));
        request
            .path
            .starts_with("/v1/users?")
            .then(|| Reply::ok(json!({ "users": [user] })))
    })
    .await;
    let listed = session.try_list(&ListQuery::all(ACCOUNT)).await;
    pages.add(
        "a query that finds an account of another form",
        listed.diagnostics,
    );
    let named = with(&stored(TOKEN).state, "name", json!("{ \"a\": 1 }"));
    pages.add(
        "generated configuration with JSON in a name",
        session.generate(TOKEN, &named).await.1,
    );
    let state = with(
        &with(&stored(TOKEN).state, "ttl", json!(3600)),
        "name_prefix",
        json!("night"),
    );
    let replaced =
        json!({ "username": "loader", "name_prefix": "day-", "ttl": 3600, "revoke_on_destroy": false });
    let plan = session
        .plan(TOKEN, &replaced, Some(&StoredObject::of(state)))
        .await;
    pages.add("a replacement that changes `revoke_on_destroy`", plan.diagnostics);
    pages.add(
        "an ephemeral token whose id is lost",
        session.close(TOKEN, None).await,
    );
}
