//! Objects that do not exist.

use serde_json::{Value as Json, json};

use super::fixtures::{self, TYPES, always, config, import_id, not_found, stored, user};
use super::pages::Pages;
use crate::host::{ACCOUNT, DUCKLINGS, Reply, StoredObject, TOKEN, edited};

pub(super) async fn missing(pages: &mut Pages) {
    pages.chapter("Objects that do not exist");
    let (session, api) = always(not_found).await;
    for type_name in TYPES {
        let read = session.read(type_name, &stored(type_name)).await;
        pages.add(&format!("refresh of {type_name}"), read.diagnostics, api.url());
        let diagnostics = session
            .try_import(type_name, &import_id(type_name))
            .await
            .unwrap_err();
        pages.add(&format!("import of {type_name}"), diagnostics, api.url());
    }
    for type_name in [TOKEN, DUCKLINGS] {
        let plan = session.plan(type_name, &config(type_name), None).await;
        let failed = session.try_apply(&plan).await.unwrap_err();
        pages.add(&format!("creation of {type_name}"), failed.diagnostics, api.url());
    }
    for name in ["motherduck_service_account", "motherduck_tokens"] {
        let diagnostics = session
            .try_read_data_source(name, &json!({ "username": "loader" }))
            .await
            .unwrap_err();
        pages.add(&format!("data source {name}"), diagnostics, api.url());
    }
    let action = session
        .invocation("motherduck_revoke_tokens", &json!({ "username": "loader" }))
        .await;
    pages.add(
        "action motherduck_revoke_tokens",
        session.invoke(action).await.diagnostics,
        api.url(),
    );

    let (session, api) = fixtures::api(|_| None).await;
    let other =
        StoredObject::without_identity(edited(&stored(TOKEN).state, "id", json!("other")), Vec::new());
    pages.add(
        "refresh of a token that is not listed",
        session.read(TOKEN, &other).await.diagnostics,
        api.url(),
    );
    let diagnostics = session.try_import(TOKEN, "loader/nightly").await.unwrap_err();
    pages.add("import of a token by its name", diagnostics, api.url());
    for type_name in TYPES {
        let diagnostics = session.try_import(type_name, "a b").await.unwrap_err();
        pages.add(
            &format!("import of {type_name} by an id of another form"),
            diagnostics,
            api.url(),
        );
        let broken = StoredObject::without_identity(
            edited(&stored(type_name).state, "username", Json::Null),
            Vec::new(),
        );
        let diagnostics = session.try_read(type_name, &broken).await.unwrap_err();
        pages.add(
            &format!("refresh of {type_name} without its key"),
            diagnostics,
            api.url(),
        );
    }
    let (session, api) = fixtures::api(|request| {
        request
            .path
            .starts_with("/v1/users?")
            .then(|| Reply::Json(200, json!({ "users": [user(false)] })))
    })
    .await;
    pages.add(
        "import of a human member",
        session.try_import(ACCOUNT, "loader").await.unwrap_err(),
        api.url(),
    );
    let (session, api) = fixtures::api(|request| {
        request
            .path
            .starts_with("/v1/users?")
            .then_some(Reply::Other(404, "text/plain", "Not Found"))
    })
    .await;
    pages.add(
        "import without the list of users",
        session.try_import(ACCOUNT, "loader").await.unwrap().diagnostics,
        api.url(),
    );
}
