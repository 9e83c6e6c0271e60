//! Refreshes: when an object is removed from the state, which errors keep it, and which attributes are
//! updated.

use motherduck_emulator::Emulator;
use serde_json::{Value as Json, json};

use crate::host::{
    ACCOUNT, ADMIN_TOKEN, DUCKLINGS, Reply, ScriptedApi, Session, StoredObject, TOKEN, TOKEN_ID, calls,
    edited, merged, smallest_ducklings, unreachable_url,
};

/// Returns one object of each resource as in a state file.
fn stored_objects() -> [(&'static str, StoredObject); 3] {
    [
        (ACCOUNT, StoredObject::account("loader")),
        (TOKEN, StoredObject::of(stored_token())),
        (DUCKLINGS, StoredObject::ducklings("loader")),
    ]
}

fn stored_token() -> Json {
    json!({
        "username": "loader", "name": "nightly", "description": "for the loads", "token_type": "read_write",
        "ttl": 3600, "id": TOKEN_ID, "token": "eyJ.s3cret", "created_ts": "2026-01-01T00:00:00Z",
        "expire_at": "2999-01-01T00:00:00Z", "read_only": false, "ready_for_rotation": false,
    })
}

/// Returns the path that a refresh requests.
fn path(type_name: &str) -> &'static str {
    match type_name {
        TOKEN => "/v1/users/loader/tokens",
        _ => "/v1/users/loader/instances",
    }
}

// --- Removed objects ---

#[tokio::test]
async fn objects_of_a_deleted_account_are_removed_with_a_warning_each() {
    let (session, api) = Session::on_emulator().await;
    for (type_name, stored) in stored_objects() {
        let read = session.read(type_name, &stored).await;
        assert_eq!(read.stored, None, "{type_name}");
        let url = format!("{}{}", api.url(), path(type_name));
        read.diagnostics
            .assert_warning("", &["is gone", "\"loader\"", &url, "api_base_url"]);
    }
}

#[tokio::test]
async fn token_absent_from_the_listing_is_removed_with_a_warning() {
    let (session, api) = Session::on_loader(Emulator::builder()).await;
    let [_, (_, stored), _] = stored_objects();
    let read = session.read(TOKEN, &stored).await;
    assert_eq!(read.stored, None);
    let url = format!("{}/v1/users/loader/tokens", api.url());
    read.diagnostics
        .assert_warning("", &["is gone", "\"nightly\"", TOKEN_ID, &url, "revoked"]);
}

#[tokio::test]
async fn expired_token_is_removed_without_a_warning() {
    let (session, api) = Session::on_loader(Emulator::builder()).await;
    let config = json!({ "username": "loader", "name": "nightly", "ttl": 300 });
    let stored = session.create(TOKEN, &config).await;
    // The provider uses the API's clock, not the local one.
    api.advance_clock(400).unwrap();
    let read = session.read(TOKEN, &stored).await;
    assert_eq!(read.stored, None);
    read.diagnostics.assert_empty();

    // There is no second warning about the deleted account.
    let expired = StoredObject {
        state: edited(&stored.state, "username", json!("nobody")),
        ..stored
    };
    let read = session.read(TOKEN, &expired).await;
    assert_eq!(read.stored, None);
    read.diagnostics.assert_empty();
}

/// An API that returns 404 for the first request and `then` for later ones.
async fn not_found_at_first(then: Json) -> ScriptedApi {
    let looks = std::sync::atomic::AtomicU32::new(0);
    ScriptedApi::start(move |_| {
        if looks.fetch_add(1, std::sync::atomic::Ordering::SeqCst) == 0 {
            return Reply::error(404, "NOT_FOUND", "User not found");
        }
        Reply::ok(then.clone())
    })
    .await
}

#[tokio::test]
async fn single_404_does_not_remove_an_object() {
    let [account, _, ducklings] = stored_objects();
    for (type_name, stored) in [account, ducklings] {
        let api = not_found_at_first(smallest_ducklings()).await;
        let session = Session::on(api.url()).await;
        let read = session.refresh(type_name, &stored).await;
        assert_eq!(read.state["username"], "loader");
        assert_eq!(
            api.calls(),
            [
                format!("GET {}", path(type_name)),
                format!("GET {}", path(type_name))
            ]
        );
    }
}

// --- Errors ---

#[tokio::test]
async fn only_not_found_with_the_api_code_removes_an_object() {
    let page = "<html><head><title>upstream unavailable</title></head><body>secret page</body></html>";
    let cases = [
        (
            Reply::Other(404, "text/plain", "Not Found"),
            vec!["404", "not as the MotherDuck API does", "api_base_url"],
        ),
        (
            Reply::error(404, "GATEWAY", "Said so"),
            vec!["404 GATEWAY", "Said so", "api_base_url"],
        ),
        (Reply::error(410, "NOT_FOUND", "Said so"), vec!["410 NOT_FOUND"]),
        (
            Reply::error(500, "INTERNAL_SERVER_ERROR", "Said so"),
            vec!["500 INTERNAL_SERVER_ERROR", "Run again"],
        ),
        (
            Reply::Other(502, "text/html", page),
            vec!["502", "HTML page titled \"upstream unavailable\""],
        ),
        (
            Reply::Other(200, "application/json", "[]"),
            vec!["200", "it is not an object"],
        ),
    ];
    for (reply, words) in cases {
        let (session, api) = Session::on_script(move |_| reply.clone()).await;
        for (type_name, stored) in stored_objects() {
            let diagnostics = session.try_read(type_name, &stored).await.unwrap_err();
            let mut words = words.clone();
            words.extend(["could not be read", "loader", path(type_name)]);
            diagnostics.assert_error("", &words);
            diagnostics.assert_omits("secret page");
        }
        assert_eq!(api.requests().len(), 3);
    }
}

#[tokio::test]
async fn incomplete_ducklings_are_no_error_of_an_account() {
    let (session, _api) =
        Session::on_script(|_| Reply::ok(json!({ "read_write": {}, "read_scaling": null }))).await;
    let [account, others @ ..] = stored_objects();
    let read = session.read(account.0, &account.1).await;
    assert_eq!(read.stored.unwrap().state, account.1.state);
    for (type_name, stored) in others {
        let diagnostics = session.try_read(type_name, &stored).await.unwrap_err();
        diagnostics.assert_error("", &["200", "not what the API documents", "api_base_url"]);
    }
}

#[tokio::test]
async fn state_without_id_is_an_error_and_sends_no_request() {
    let (session, api) = Session::on_script(|_| Reply::CloseConnection).await;
    for (type_name, stored) in stored_objects() {
        for key in ["username", "id"] {
            if key == "id" && type_name != TOKEN {
                continue;
            }
            let broken = StoredObject::of(edited(&stored.state, key, Json::Null));
            let diagnostics = session.try_read(type_name, &broken).await.unwrap_err();
            diagnostics.assert_error(key, &["no `", "terraform state rm"]);
        }
    }
    assert!(api.requests().is_empty());
}

#[tokio::test]
async fn refused_connection_is_an_error_with_the_number_of_attempts() {
    let (url, _port) = unreachable_url();
    let session = Session::start().await;
    let config = json!({ "admin_token": ADMIN_TOKEN, "api_base_url": url, "max_retries": 1 });
    session.configure(&config).await.assert_empty();
    let [account, ..] = stored_objects();
    let diagnostics = session.try_read(account.0, &account.1).await.unwrap_err();
    let address = url.strip_prefix("http://").unwrap();
    diagnostics.assert_error(
        "",
        &[
            "No connection",
            address,
            "2 attempts",
            "Nothing was sent",
            "api_base_url",
        ],
    );
}

#[tokio::test]
async fn read_is_retried_after_503() {
    let failures = std::sync::atomic::AtomicU32::new(1);
    let api = ScriptedApi::start(move |_| {
        if failures.swap(0, std::sync::atomic::Ordering::SeqCst) > 0 {
            return Reply::Other(503, "text/plain", "later");
        }
        Reply::ok(smallest_ducklings())
    })
    .await;
    let session = Session::with(api.url(), "max_retries", json!(1)).await;
    let [(type_name, stored), ..] = stored_objects();
    session.refresh(type_name, &stored).await;
    assert_eq!(api.requests().len(), 2);
}

// --- Updated attributes ---

/// Refreshes the stored token while the API lists it as `listed`.
async fn read_listed(listed: Json) -> StoredObject {
    let (session, _api) = Session::on_script(move |_| Reply::ok(json!({ "tokens": [listed] }))).await;
    let stored = StoredObject::of(edited(&stored_token(), "keepers", Json::Null));
    session.refresh(TOKEN, &stored).await
}

#[tokio::test]
async fn equal_values_in_another_form_do_not_change_the_state() {
    for description in [
        json!({}),
        json!({ "description": null }),
        json!({ "description": "for the loads" }),
    ] {
        let listed = json!({
            "id": TOKEN_ID.to_uppercase(), "created_ts": "2026-01-01T01:00:00.000+01:00", "expire_at": "2999-01-01T00:00:00.000Z",
            "read_only": false, "token_type": "READ_WRITE", "unknown_field": 1,
        });
        let read = read_listed(merged(&listed, &description)).await;
        for (name, value) in stored_token().as_object().unwrap() {
            if name != "id" {
                assert_eq!(&read[name], value, "{name}");
            }
        }
        assert!(read["id"].as_str().unwrap().eq_ignore_ascii_case(TOKEN_ID));
    }
}

#[tokio::test]
async fn changed_values_are_stored_in_the_state() {
    let read = read_listed(json!({
        "id": TOKEN_ID, "name": "renamed", "description": "edited", "created_ts": "2026-01-01T00:00:01Z", "expire_at": null,
        "read_only": true, "token_type": "read_scaling",
    }))
    .await;
    let expected = [
        ("name", json!("renamed")),
        ("description", json!("edited")),
        ("created_ts", json!("2026-01-01T00:00:01Z")),
        ("expire_at", Json::Null),
        ("read_only", json!(true)),
        ("token_type", json!("read_scaling")),
        ("token", json!("eyJ.s3cret")),
    ];
    for (name, value) in expected {
        assert_eq!(read[name], value, "{name}");
    }
}

#[tokio::test]
async fn both_duckling_blocks_are_read() {
    let ducklings = json!({
        "read_write": { "instance_size": "mega", "cooldown_seconds": 301 },
        "read_scaling": { "instance_size": "giga", "flock_size": 5, "cooldown_seconds": 601 },
    });
    let user = json!({ "username": "loader", "is_service_account": true, "ducklings": ducklings });
    let (session, api) = Session::on_users(&json!([user])).await;
    let [.., (type_name, stored)] = stored_objects();
    let read = session.refresh(type_name, &stored).await;
    for block in ["read_write", "read_scaling"] {
        assert_eq!(read[block], ducklings[block]);
    }
    assert_eq!(calls(&api).len(), 1);
}
