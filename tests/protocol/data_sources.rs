//! Data sources: results, order, and required arguments.

use serde_json::{Value as Json, json};

use crate::host::{ACCOUNT, DUCKLINGS, Reply, Session, calls, unknown};

pub(crate) const TOKENS: &str = "motherduck_tokens";
pub(crate) const USERS: &str = "motherduck_users";
const ACTIVE: &str = "motherduck_active_accounts";

/// The data sources of one account.
pub(crate) const OF_AN_ACCOUNT: [&str; 3] = [ACCOUNT, DUCKLINGS, TOKENS];

/// Returns every data source with its minimal configuration.
pub(crate) fn all() -> [(&'static str, Json); 5] {
    let username = || json!({ "username": "loader" });
    [
        (ACTIVE, json!({})),
        (DUCKLINGS, username()),
        (ACCOUNT, username()),
        (TOKENS, username()),
        (USERS, json!({})),
    ]
}

/// Reads a data source from an API that returns `response` for every request.
async fn find(type_name: &str, config: &Json, response: Json) -> Json {
    let (session, _api) = Session::on_script(move |_| Reply::ok(response.clone())).await;
    session.read_data_source(type_name, config).await
}

// --- Results ---

#[tokio::test]
async fn account_is_read_with_its_ducklings_in_one_request() {
    let (session, api) = Session::on_users(&json!([{
        "username": "loader", "is_service_account": true,
        "ducklings": {
            "read_write": { "instance_size": "standard", "cooldown_seconds": 120 },
            "read_scaling": { "instance_size": "pulse", "flock_size": 2 },
        },
    }]))
    .await;
    let read_write = json!({ "instance_size": "standard", "cooldown_seconds": 120 });
    let read_scaling = json!({ "instance_size": "pulse", "flock_size": 2, "cooldown_seconds": null });

    let account = session
        .read_data_source(ACCOUNT, &json!({ "username": "loader" }))
        .await;
    let expected = json!({
        "username": "loader", "id": "loader", "read_write": read_write, "read_scaling": read_scaling,
    });
    assert_eq!(account, expected);
    // Letter case does not matter. The configured spelling is kept.
    let ducklings = session
        .read_data_source(DUCKLINGS, &json!({ "username": "LOADER" }))
        .await;
    let expected = json!({ "username": "LOADER", "read_write": read_write, "read_scaling": read_scaling });
    assert_eq!(ducklings, expected);
    assert_eq!(
        calls(&api),
        ["GET /v1/users/loader/instances", "GET /v1/users/LOADER/instances"]
    );
}

#[tokio::test]
async fn cooldown_returned_for_pulse_is_null() {
    let response = json!({
        "read_write": { "instance_size": "pulse", "cooldown_seconds": 1 },
        "read_scaling": { "instance_size": "huge", "flock_size": 4.0, "cooldown_seconds": 60.0 },
    });
    for type_name in [ACCOUNT, DUCKLINGS] {
        let found = find(type_name, &json!({ "username": "loader" }), response.clone()).await;
        assert_eq!(found["read_write"]["cooldown_seconds"], Json::Null);
        let expected = json!({ "instance_size": "huge", "flock_size": 4, "cooldown_seconds": 60 });
        assert_eq!(found["read_scaling"], expected, "an open set of sizes");
    }
}

#[tokio::test]
async fn tokens_are_sorted_by_age_and_have_no_secret() {
    let token = |id: &str, created_ts: &str| {
        json!({
            "id": id, "name": format!("n{id}"), "description": null, "created_ts": created_ts,
            "read_only": false, "token_type": "READ_WRITE", "token": "s3cret",
        })
    };
    let response = json!({ "tokens": [
        token("3", "2026-01-02T00:00:00Z"),
        token("2", "2026-01-01T23:59:59.5Z"),
        token("1", "2026-01-02T01:00:00+02:00"),
        token("2", "2026-01-01T23:59:59.5Z"),
        { "id": "0", "name": "last", "description": "d", "created_ts": "2026-01-02T00:00:00Z", "read_only": true,
          "token_type": "read_scaling", "expire_at": "2027-01-01T00:00:00Z" },
    ]});
    let found = find(TOKENS, &json!({ "username": "loader" }), response).await;
    let tokens = found["tokens"].as_array().unwrap();
    let ids: Vec<&Json> = tokens.iter().map(|token| &token["id"]).collect();
    assert_eq!(ids, ["1", "2", "0", "3"]);
    assert_eq!(
        tokens[0],
        json!({
            "id": "1", "name": "n1", "description": null, "token_type": "read_write", "read_only": false,
            "created_ts": "2026-01-02T01:00:00+02:00", "expire_at": null,
        })
    );
    assert_eq!(
        tokens[2],
        json!({
            "id": "0", "name": "last", "description": "d", "token_type": "read_scaling", "read_only": true,
            "created_ts": "2026-01-02T00:00:00Z", "expire_at": "2027-01-01T00:00:00Z",
        })
    );
    assert!(!found.to_string().contains("s3cret"), "{found}");
}

#[tokio::test]
async fn users_of_all_pages_are_distinct_and_sorted_by_name() {
    let user = |id: &str, username: &str| {
        json!({
            "id": id, "username": username, "email": null, "is_service_account": true,
            "is_deprovisioned": false, "roles": ["explorer", "builder"],
        })
    };
    let (first, second, third) = (
        json!([user("3", "carol"), user("9", "ada")]),
        json!([user("9", "ada"), user("2", "ada"), user("5", "Zoe")]),
        json!([{
            "id": "1", "username": "bob", "email": "bob@example.com", "first_name": "Bob", "last_name": "B.",
            "is_service_account": true, "is_deprovisioned": false, "roles": null,
        }]),
    );
    let (session, api) = Session::on_script(move |request| {
        let (users, next) = match request.path.rsplit_once("page_token=") {
            None => (&first, json!("p/2")),
            Some((_, "p%2F2")) => (&second, json!("p3")),
            Some(_) => (&third, json!("")),
        };
        Reply::ok(json!({ "users": users, "total_count": 5, "next_page_token": next }))
    })
    .await;
    let filters = json!({ "is_service_account": true, "is_deprovisioned": false });

    let found = session.read_data_source(USERS, &filters).await;

    let users = found["users"].as_array().unwrap();
    let names = users.iter().map(|user| (&user["username"], &user["id"]));
    let names: Vec<(&str, &str)> = names
        .map(|(name, id)| (name.as_str().unwrap(), id.as_str().unwrap()))
        .collect();
    assert_eq!(
        names,
        [
            ("Zoe", "5"),
            ("ada", "2"),
            ("ada", "9"),
            ("bob", "1"),
            ("carol", "3")
        ]
    );
    assert_eq!(
        users[0],
        json!({
            "id": "5", "username": "Zoe", "email": null, "first_name": null, "last_name": null,
            "is_service_account": true, "is_deprovisioned": false, "roles": ["builder", "explorer"],
        })
    );
    assert_eq!(
        users[3],
        json!({
            "id": "1", "username": "bob", "email": "bob@example.com", "first_name": "Bob", "last_name": "B.",
            "is_service_account": true, "is_deprovisioned": false, "roles": [],
        })
    );
    let path = "GET /v1/users?limit=1000&is_service_account=true&is_deprovisioned=false";
    assert_eq!(
        api.calls(),
        [
            path.to_owned(),
            format!("{path}&page_token=p%2F2"),
            format!("{path}&page_token=p3")
        ]
    );
}

#[tokio::test]
async fn user_filters_apply_if_the_api_ignores_them() {
    let all_users = || {
        let user = |name: &str, service: bool, gone: bool| json!({ "id": name, "username": name, "is_service_account": service, "is_deprovisioned": gone });
        json!({ "users": [
            user("person", false, false), user("left", false, true), user("loader", true, false),
            user("old-loader", true, true),
        ]})
    };
    for (filter, expected) in [
        (json!({}), vec!["left", "loader", "old-loader", "person"]),
        (
            json!({ "is_service_account": true }),
            vec!["loader", "old-loader"],
        ),
        (json!({ "is_deprovisioned": false }), vec!["loader", "person"]),
        (
            json!({ "is_service_account": false, "is_deprovisioned": true }),
            vec!["left"],
        ),
    ] {
        let found = find(USERS, &filter, all_users()).await;
        let users = found["users"].as_array().unwrap().iter();
        let names: Vec<&str> = users.map(|user| user["username"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{filter}");
    }
}

#[tokio::test]
async fn active_accounts_and_their_ducklings_are_sorted() {
    let duckling = |id: &str, kind: &str, status: &str| json!({ "id": id, "type": kind, "status": status });
    let writer = || duckling("rw", "read_write", "active");
    let response = json!({ "accounts": [
        { "username": "svc", "ducklings": [
            writer(),
            duckling("rs.2", "read_scaling", "cooldown"),
            duckling("rs.1", "read_scaling", "waking"),
        ]},
        { "username": "ada.lovelace", "ducklings": [writer()] },
    ]});
    let found = find(ACTIVE, &json!({}), response).await;
    let expected = json!({ "accounts": [
        { "username": "ada.lovelace", "ducklings": [writer()] },
        { "username": "svc", "ducklings": [
            duckling("rs.1", "read_scaling", "waking"),
            duckling("rs.2", "read_scaling", "cooldown"),
            writer(),
        ]},
    ]});
    assert_eq!(found, expected);

    let no_accounts = json!({ "accounts": [] });
    assert_eq!(find(ACTIVE, &json!({}), no_accounts.clone()).await, no_accounts);
}

// --- Configurations ---

#[tokio::test]
async fn invalid_username_is_an_error_and_sends_no_request() {
    let (session, unused) = Session::on_unused_api().await;
    for type_name in OF_AN_ACCOUNT {
        let diagnostics = session
            .data_source_error(type_name, &json!({ "username": ".." }))
            .await;
        assert_eq!(
            diagnostics.error_paths(),
            ["username"],
            "{type_name}: {diagnostics:#?}"
        );
        let unknown = json!({ "username": unknown() });
        session
            .validate_data_source(type_name, &unknown)
            .await
            .assert_empty();
    }
    unused.assert_no_connection();
}
