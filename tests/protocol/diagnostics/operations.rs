//! Operations that the API rejects.

use serde_json::json;

use super::fixtures::{self, TYPES, always, config, error, import_id, stored};
use super::pages::Pages;
use crate::host::{ACCOUNT, DUCKLINGS, ListQuery, Reply, TOKEN};

pub(super) async fn operations(pages: &mut Pages) {
    pages.chapter("Operations that the API rejects");
    let (session, _api) = always(error(403, "FORBIDDEN")).await;
    for type_name in TYPES {
        let diagnostics = session.try_read(type_name, &stored(type_name)).await.unwrap_err();
        pages.add(&format!("refresh of {type_name}"), diagnostics);
        let failed = session
            .try_create(type_name, &config(type_name))
            .await
            .unwrap_err();
        pages.add(&format!("creation of {type_name}"), failed);
        let diagnostics = session
            .try_import(type_name, &import_id(type_name))
            .await
            .unwrap_err();
        pages.add(&format!("import of {type_name}"), diagnostics);
        let plan = session.plan_destroy(type_name, &stored(type_name)).await.unwrap();
        if type_name != DUCKLINGS {
            let failed = session.try_apply(&plan).await.unwrap_err();
            pages.add(&format!("destroy of {type_name}"), failed);
        }
        let listed = session
            .try_list(&ListQuery::all(type_name).with_resources())
            .await;
        pages.add(&format!("query of {type_name}"), listed.diagnostics);
    }
    let listed = session
        .try_list(&ListQuery::all(TOKEN).of_account("loader"))
        .await;
    pages.add("query of the tokens of one account", listed.diagnostics);
    for (name, config) in [
        ("motherduck_service_account", json!({ "username": "loader" })),
        ("motherduck_tokens", json!({ "username": "loader" })),
        ("motherduck_ducklings", json!({ "username": "loader" })),
        ("motherduck_users", json!({})),
        ("motherduck_active_accounts", json!({})),
    ] {
        let diagnostics = session.data_source_error(name, &config).await;
        pages.add(&format!("data source {name}"), diagnostics);
    }
    let dive = json!({ "dive_id": "7c9e6679-7425-40de-944b-e07fc1f90ae7", "username": "loader" });
    let diagnostics = session
        .try_open("motherduck_dive_embed_session", &dive)
        .await
        .unwrap_err();
    pages.add("ephemeral motherduck_dive_embed_session", diagnostics);
    let diagnostics = session.try_open(TOKEN, &config(TOKEN)).await.unwrap_err();
    pages.add("ephemeral motherduck_token", diagnostics);
    pages.add(
        "action motherduck_revoke_tokens",
        session
            .invoke("motherduck_revoke_tokens", &json!({ "username": "loader" }))
            .await
            .diagnostics,
    );

    let (session, _api) =
        fixtures::api(|request| (request.method == "DELETE").then(|| error(403, "FORBIDDEN"))).await;
    let wanted = json!({ "username": "loader", "except_ids": ["other"] });
    pages.add(
        "action motherduck_revoke_tokens, a token of a human member",
        session
            .invoke("motherduck_revoke_tokens", &wanted)
            .await
            .diagnostics,
    );

    // The token as it is created with the default `ttl`.
    let (session, _api) = fixtures::api(|request| match request.method.as_str() {
        "POST" => Some(Reply::ok(fixtures::listed(
            &json!({ "token": "secret", "expire_at": "2026-01-01T01:00:00Z" }),
        ))),
        "DELETE" => Some(error(403, "FORBIDDEN")),
        _ => None,
    })
    .await;
    let opened = session.open(TOKEN, &config(TOKEN)).await;
    pages.add(
        "closing of an ephemeral motherduck_token",
        session.close(TOKEN, opened.private).await,
    );
    let other = fixtures::api(|request| {
        (request.method == "POST")
            .then(|| Reply::ok(fixtures::listed(&json!({ "name": "other", "token": "secret" }))))
    });
    let (session, _api) = other.await;
    let diagnostics = session.try_open(TOKEN, &config(TOKEN)).await.unwrap_err();
    pages.add("ephemeral motherduck_token with another name", diagnostics);

    let (session, _api) = always(Reply::Other(404, "text/plain", "Not Found")).await;
    let diagnostics = session.data_source_error("motherduck_users", &json!({})).await;
    pages.add("data source motherduck_users without the endpoint", diagnostics);
    let listed = session.try_list(&ListQuery::all(ACCOUNT)).await;
    pages.add("query without the endpoint", listed.diagnostics);
}
