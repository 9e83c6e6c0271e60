//! Imports by identity.

use serde_json::{Value as Json, json};

use crate::host::{ACCOUNT, DUCKLINGS, Session, TOKEN, TOKEN_ID, calls, emulator, unknown};
use crate::identity::{configs, identities, imported, set_up};

#[tokio::test]
async fn import_by_identity_equals_import_by_id() {
    let (session, _api) = set_up().await;
    for ((type_name, identity), (_, config)) in identities().into_iter().zip(configs()) {
        let imported = session.try_import_by(type_name, &identity).await.unwrap();
        imported.assert_empty();
        let stored = imported.object();
        assert_eq!(stored.identity, identity);
        session.assert_plan_is_empty(type_name, &config, &stored).await;
        // An import by id has the same result.
        let id = if type_name == TOKEN {
            format!("Loader/{TOKEN_ID}")
        } else {
            "Loader".to_owned()
        };
        assert_eq!(session.import(type_name, &id).await, stored);
    }
}

#[tokio::test]
async fn identity_may_contain_a_username_that_an_import_id_cannot() {
    let user = |name| {
        let token = json!({ "name": "nightly", "id": TOKEN_ID });
        json!({ "users": [{ "username": name, "is_service_account": false, "tokens": [token] }] })
    };
    for name in ["a/b", "a b", "ä?#%2F"] {
        let api = emulator().await;
        api.seed(&user(name)).unwrap();
        let session = Session::on(&api.url()).await;
        let identity = json!({ "username": name, "id": TOKEN_ID });
        let token = imported(&session, TOKEN, &identity).await;
        assert_eq!((&token.identity, &token["username"]), (&identity, &json!(name)));
        let identity = json!({ "username": name });
        let ducklings = imported(&session, DUCKLINGS, &identity).await;
        assert_eq!(ducklings.identity, identity);
    }
}

#[tokio::test]
async fn imported_account_has_the_letter_case_of_the_api() {
    let (session, _api) = set_up().await;
    let stored = imported(&session, ACCOUNT, &json!({ "username": "LOADER" })).await;
    assert_eq!(stored.identity, json!({ "username": "Loader" }));
    // The other resources do not read the user, so the spelling of the import is kept.
    let identity = json!({ "username": "LOADER", "id": TOKEN_ID.to_uppercase() });
    let stored = imported(&session, TOKEN, &identity).await;
    assert_eq!(stored.identity, json!({ "username": "LOADER", "id": TOKEN_ID }));
}

#[tokio::test]
async fn incomplete_identity_is_an_error_and_sends_no_request() {
    let (session, api) = set_up().await;
    let cases = [
        (TOKEN, json!({ "username": "Loader" }), "`username`, `id`"),
        (TOKEN, json!({ "id": TOKEN_ID }), "give all its attributes"),
        (
            TOKEN,
            json!({ "username": unknown(), "id": TOKEN_ID }),
            "give all its attributes",
        ),
        (
            TOKEN,
            json!({ "username": "Loader", "id": "" }),
            "the id of a token",
        ),
        (
            TOKEN,
            json!({ "username": "Loader", "id": ".." }),
            "the id of a token",
        ),
        (
            TOKEN,
            json!({ "username": "..", "id": TOKEN_ID }),
            "a part of a URL path",
        ),
        (ACCOUNT, json!({ "username": Json::Null }), "`username`"),
        (ACCOUNT, json!({ "username": "" }), "1 to 255"),
        (DUCKLINGS, json!({ "username": " " }), "blank"),
    ];
    for (type_name, identity, words) in cases {
        let diagnostics = session.try_import_by(type_name, &identity).await.unwrap_err();
        diagnostics.assert_error("", &["identity", words]);
    }
    // A request with neither an id nor an identity.
    let diagnostics = session.try_import_by(ACCOUNT, &Json::Null).await.unwrap_err();
    diagnostics.assert_error("", &["Import needs an id"]);
    assert_eq!(calls(&api), [""; 0]);
}
