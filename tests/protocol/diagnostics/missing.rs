//! Objects that do not exist.

use serde_json::{Value as Json, json};

use super::fixtures::{self, TYPES, always, config, import_id, not_found, stored, user};
use super::pages::Pages;
use crate::host::{ACCOUNT, DUCKLINGS, Reply, StoredObject, TOKEN, edited};

pub(super) async fn missing(pages: &mut Pages) {
    pages.chapter("Objects that do not exist");
    let (session, _api) = always(not_found()).await;
    for type_name in TYPES {
        let read = session.read(type_name, &stored(type_name)).await;
        pages.add(&format!("refresh of {type_name}"), read.diagnostics);
        let diagnostics = session
            .try_import(type_name, &import_id(type_name))
            .await
            .unwrap_err();
        pages.add(&format!("import of {type_name}"), diagnostics);
    }
    for type_name in [TOKEN, DUCKLINGS] {
        let failed = session
            .try_create(type_name, &config(type_name))
            .await
            .unwrap_err();
        pages.add(&format!("creation of {type_name}"), failed);
    }
    for name in ["motherduck_service_account", "motherduck_tokens"] {
        let diagnostics = session
            .data_source_error(name, &json!({ "username": "loader" }))
            .await;
        pages.add(&format!("data source {name}"), diagnostics);
    }
    pages.add(
        "action motherduck_revoke_tokens",
        session
            .invoke("motherduck_revoke_tokens", &json!({ "username": "loader" }))
            .await
            .diagnostics,
    );

    let (session, _api) = fixtures::api(|_| None).await;
    let other = StoredObject::of(edited(&stored(TOKEN).state, "id", json!("other")));
    pages.add(
        "refresh of a token that is not listed",
        session.read(TOKEN, &other).await.diagnostics,
    );
    let diagnostics = session.try_import(TOKEN, "loader/nightly").await.unwrap_err();
    pages.add("import of a token by its name", diagnostics);
    for type_name in TYPES {
        let diagnostics = session.try_import(type_name, "a b").await.unwrap_err();
        pages.add(
            &format!("import of {type_name} by an id of another form"),
            diagnostics,
        );
        let broken = StoredObject::of(edited(&stored(type_name).state, "username", Json::Null));
        let diagnostics = session.try_read(type_name, &broken).await.unwrap_err();
        pages.add(&format!("refresh of {type_name} without its key"), diagnostics);
    }
    let (session, _api) = fixtures::api(|request| {
        request
            .path
            .starts_with("/v1/users?")
            .then(|| Reply::ok(json!({ "users": [user(false)] })))
    })
    .await;
    pages.add(
        "import of a human member",
        session.try_import(ACCOUNT, "loader").await.unwrap_err(),
    );
    let (session, _api) = fixtures::api(|request| {
        request
            .path
            .starts_with("/v1/users?")
            .then_some(Reply::Other(404, "text/plain", "Not Found"))
    })
    .await;
    pages.add(
        "import without the list of users",
        session.try_import(ACCOUNT, "loader").await.unwrap().diagnostics,
    );
}
