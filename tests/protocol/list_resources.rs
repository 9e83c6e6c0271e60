//! List resources: existing objects in a query, and their generated configuration.

use motherduck_contract::CheckedEmulator;
use serde_json::{Value as Json, json};

use crate::host::{ACCOUNT, DUCKLINGS, ListQuery, Reply, Session, TOKEN, calls, edited};
use crate::identity::imported;

pub(crate) const TYPES: [&str; 3] = [ACCOUNT, TOKEN, DUCKLINGS];

async fn seeded(users: Json) -> (Session, CheckedEmulator) {
    Session::on_users(&users).await
}

pub(crate) fn account(username: &str, tokens: &[&str]) -> Json {
    let tokens = (1..).zip(tokens).map(
        |(day, name): (u8, &&str)| json!({ "name": name, "created_ts": format!("2026-01-{day:02}T00:00:00Z") }),
    );
    json!({ "username": username, "is_service_account": true, "tokens": tokens.collect::<Vec<_>>() })
}

/// Returns a user as in `GET /v1/users`.
pub(crate) fn listed(username: &str) -> Json {
    json!({
        "id": format!("id of {username}"), "username": username, "is_service_account": true,
        "is_deprovisioned": false, "roles": [],
    })
}

pub(crate) fn token(name: &str, id: &str) -> Json {
    json!({
        "id": id, "name": name, "created_ts": "2026-01-01T00:00:00Z", "read_only": false, "token_type": "read_write",
    })
}

/// Returns a response with status 503.
pub(crate) fn failure() -> Reply {
    let body = json!({ "code": "INTERNAL_SERVER_ERROR", "message": "Internal Error" });
    Reply::Json(500, body)
}

#[tokio::test]
async fn every_resource_type_has_a_list_resource() {
    let session = Session::start().await;
    assert_eq!(session.list_types(), session.resource_types());
}

#[tokio::test]
async fn accounts_are_sorted_without_humans_and_deprovisioned_ones() {
    let (session, api) = seeded(json!([
        account("zoe", &["of zoe"]),
        account("Bob", &[]),
        { "username": "ada.lovelace", "is_service_account": false, "tokens": [{ "name": "of ada" }] },
        { "username": "gone", "is_service_account": true, "is_deprovisioned": true, "tokens": [{ "name": "of gone" }] },
    ]))
    .await;
    for type_name in [ACCOUNT, DUCKLINGS] {
        let found = session.list(&ListQuery::all(type_name)).await;
        let identities: Vec<&Json> = found.iter().map(|found| &found.identity).collect();
        assert_eq!(
            identities,
            [&json!({ "username": "Bob" }), &json!({ "username": "zoe" })]
        );
    }
    // Every account has Ducklings, so they are not read for the list.
    assert_eq!(calls(&api), ["GET /v1/users", "GET /v1/users"]);
    let tokens = session.try_list(&ListQuery::all(TOKEN)).await;
    assert_eq!(tokens.names(), ["of zoe (zoe), read_write, never expires"]);
}

#[tokio::test]
async fn plan_is_empty_for_the_generated_configuration_of_a_result() {
    let (session, _api) = seeded(json!([{
        "username": "Loader", "is_service_account": true,
        "tokens": [
            { "name": "lasting", "created_ts": "2026-01-01T00:00:00Z", "description": "by hand" },
            { "name": "short", "created_ts": "2026-11-01T00:00:00.6Z", "expire_at": "2027-11-01T00:00:00Z",
              "token_type": "read_scaling" },
            { "name": "[1,2]", "created_ts": "2026-11-01T00:00:00Z", "description": "{ }" },
        ],
        "ducklings": { "read_write": { "instance_size": "mega", "cooldown_seconds": 400 },
                       "read_scaling": { "instance_size": "pulse", "flock_size": 4 } },
    }]))
    .await;
    for type_name in TYPES {
        let found = session.list(&ListQuery::all(type_name).with_resources()).await;
        assert_eq!(found.len(), if type_name == TOKEN { 3 } else { 1 }, "{found:?}");
        for found in found {
            let imported = imported(&session, type_name, &found.identity).await;
            assert_eq!(found.state, imported.state);
            assert_eq!(found.identity, imported.identity);

            let (config, diagnostics) = session.generate(type_name, &found.state).await;
            diagnostics.assert_empty();
            session.assert_plan_is_empty(type_name, &config, &imported).await;
        }
    }
}

#[tokio::test]
async fn tokens_with_invalid_names_are_not_listed() {
    let (session, _api) = seeded(json!([account(
        "svc",
        &[
            "MotherDuck Extension",
            "good",
            " ",
            "MotherDuck Flights",
            "motherduck flights"
        ]
    ),]))
    .await;
    for query in [
        ListQuery::all(TOKEN),
        ListQuery::all(TOKEN).with_resources(),
        ListQuery::all(TOKEN).of_account("SVC"),
    ] {
        let found = session.list(&query).await;
        let names: Vec<&Json> = found.iter().map(|found| &found.identity["username"]).collect();
        assert_eq!(names.len(), 2, "{found:?}");
        assert!(found[0].name.starts_with("good (") && found[1].name.starts_with("motherduck flights ("));
    }
}

#[tokio::test]
async fn account_with_an_invalid_username_is_a_warning() {
    let (session, _api) = seeded(json!([account("old-style", &["nightly"]), account("svc", &[])])).await;
    for query in [
        ListQuery::all(ACCOUNT),
        ListQuery::all(ACCOUNT).with_resources(),
        ListQuery::all(ACCOUNT).limit(1),
    ] {
        let listed = session.try_list(&query).await;
        assert_eq!(listed.names(), ["svc"]);
        listed.diagnostics.assert_warning(
            "",
            &["\"old-style\" is not listed", "letters, digits and underscores"],
        );
    }
    let tokens = session.list(&ListQuery::all(TOKEN)).await;
    assert_eq!(tokens[0].name, "nightly (old-style), read_write, never expires");
    assert_eq!(
        session
            .list(&ListQuery::all(DUCKLINGS).with_resources())
            .await
            .len(),
        2
    );
}

#[tokio::test]
async fn generated_configuration_omits_invalid_values() {
    let (session, _api) = Session::on_script(|request| match request.endpoint().as_str() {
        "GET /v1/users" => Reply::ok(json!({ "users": [listed("half"), listed("whole")] })),
        "GET /v1/users/half/instances" => Reply::ok(json!({
            "read_write": { "instance_size": "tera" },
            "read_scaling": { "instance_size": "mega", "flock_size": 3, "cooldown_seconds": 5 },
        })),
        "GET /v1/users/whole/instances" => Reply::ok(json!({
            "read_write": { "instance_size": "tera" },
            "read_scaling": { "instance_size": "mega", "flock_size": 65 },
        })),
        "GET /v1/users/half/tokens" => Reply::ok(json!({ "tokens": [
            edited(&token("described", "1"), "description", json!("x".repeat(1001))),
            edited(&token("odd", "2"), "token_type", json!("read_only")),
            token("{ \"a\": 1 }", "3"),
        ] })),
        _ => Reply::ok(json!({ "tokens": [] })),
    })
    .await;

    let ducklings = session
        .try_list(&ListQuery::all(DUCKLINGS).with_resources())
        .await;
    assert_eq!(ducklings.names(), ["half", "whole"]);
    ducklings.diagnostics.assert_empty();
    let read_write = json!({ "instance_size": "tera", "cooldown_seconds": null });
    let half = json!({ "instance_size": "mega", "flock_size": 3, "cooldown_seconds": null });
    for (found, read_scaling) in ducklings.found.iter().zip([half, Json::Null]) {
        let (config, diagnostics) = session.generate(DUCKLINGS, &found.state).await;
        diagnostics.assert_empty();
        assert_eq!(config["read_write"], read_write);
        assert_eq!(config["read_scaling"], read_scaling);
        let username = config["username"].as_str().unwrap();
        let stored = session.import(DUCKLINGS, username).await;
        session.assert_plan_is_empty(DUCKLINGS, &config, &stored).await;
    }

    let tokens = session.try_list(&ListQuery::all(TOKEN).with_resources()).await;
    assert_eq!(tokens.names(), ["described (half), read_write, never expires"]);
    tokens
        .diagnostics
        .assert_warning("", &["odd (half)", "`token_type` must be one of"]);
    tokens.diagnostics.assert_warning("", &["jsonencode"]);
    let (config, _) = session.generate(TOKEN, &tokens.found[0].state).await;
    assert_eq!(config["description"], Json::Null);
    let stored = session.import(TOKEN, "half/1").await;
    session.assert_plan_is_empty(TOKEN, &config, &stored).await;
}

#[tokio::test]
async fn pages_after_the_limit_are_not_read() {
    let (session, api) = Session::on_script(|request| match request.path.split("page_token=").nth(1) {
        None => Reply::ok(json!({ "users": [listed("bbb"), listed("aaa")], "next_page_token": "2" })),
        // This server ignores the filters, and it repeats an account that moved while the list was read.
        Some("2") => {
            let person = edited(&listed("ada"), "is_service_account", json!(false));
            let former = edited(&listed("bob"), "is_deprovisioned", json!(true));
            Reply::ok(json!({ "users": [person, former, listed("bbb")], "next_page_token": "3" }))
        }
        Some("3") => Reply::ok(json!({ "users": [listed("abc")], "next_page_token": null })),
        Some(_) => failure(),
    })
    .await;
    for (limit, names, requests) in [
        (0, vec![], 0),
        (1, vec!["aaa"], 1),
        (2, vec!["aaa", "bbb"], 1),
        (3, vec!["aaa", "bbb", "abc"], 3),
        (4, vec!["aaa", "bbb", "abc"], 3),
    ] {
        let before = api.requests().len();
        let listed = session.try_list(&ListQuery::all(ACCOUNT).limit(limit)).await;
        listed.diagnostics.assert_empty();
        assert_eq!(listed.names(), names);
        assert_eq!(api.requests().len() - before, requests, "limit {limit}");
    }
    assert_eq!(
        api.calls()[0],
        "GET /v1/users?limit=1000&is_service_account=true&is_deprovisioned=false"
    );
}

#[tokio::test]
async fn objects_after_the_limit_are_not_read() {
    let names = ["aaa", "bbb", "ccc"];
    let users: Vec<Json> = names.map(|name| account(name, &["one", "two"])).into();
    let (session, api) = seeded(users.into()).await;
    let of = |what: &str| {
        let path = |name: &&str| format!("GET /v1/users/{name}/{what}");
        let users = std::iter::once("GET /v1/users".to_owned());
        users.chain(names[..2].iter().map(path)).collect::<Vec<_>>()
    };
    for (query, found, requests) in [
        (ListQuery::all(TOKEN).limit(3), 3, of("tokens")),
        // Objects that are not requested are not read.
        (ListQuery::all(DUCKLINGS).limit(2), 2, of("")[..1].to_vec()),
        (
            ListQuery::all(DUCKLINGS).with_resources().limit(2),
            2,
            of("instances"),
        ),
    ] {
        api.clear_requests();
        assert_eq!(session.list(&query).await.len(), found);
        let mut sent = calls(&api);
        sent.sort();
        assert_eq!(sent, requests);
    }
}

#[tokio::test]
async fn tokens_and_ducklings_of_a_human_are_listed_by_username() {
    let person =
        json!({ "username": "ada/lovelace", "is_service_account": false, "tokens": [{ "name": "hers" }] });
    let (session, api) = seeded(json!([person])).await;
    assert_eq!(
        session
            .list(&ListQuery::all(TOKEN).of_account("ada/lovelace"))
            .await[0]
            .name,
        "hers (ada/lovelace), read_write, never expires"
    );
    assert_eq!(
        session
            .list(&ListQuery::all(DUCKLINGS).of_account("ada/lovelace"))
            .await[0]
            .identity,
        json!({ "username": "ada/lovelace" })
    );
    assert_eq!(
        calls(&api),
        [
            "GET /v1/users/ada%2Flovelace/tokens",
            "GET /v1/users/ada%2Flovelace/instances"
        ]
    );
}

#[tokio::test]
async fn objects_of_1000_accounts_are_listed_in_order() {
    const ACCOUNTS: usize = 1000;
    let names: Vec<String> = (0..ACCOUNTS).map(|number| format!("svc_{number:03}")).collect();
    let users: Vec<Json> = names.iter().map(|name| account(name, &["nightly"])).collect();
    let (session, api) = seeded(users.into()).await;

    let ducklings = session
        .list(&ListQuery::all(DUCKLINGS).with_resources().limit(ACCOUNTS))
        .await;
    let tokens = session.list(&ListQuery::all(TOKEN).limit(ACCOUNTS)).await;

    assert!(ducklings.iter().map(|found| &found.name).eq(&names));
    assert!(tokens.iter().map(|found| &found.identity["username"]).eq(&names));
    assert_eq!(calls(&api).len(), 2 * (ACCOUNTS + 1));
}

#[tokio::test]
async fn generated_configuration_of_a_null_state_is_null() {
    let session = Session::start().await;
    for type_name in TYPES {
        let (config, diagnostics) = session.generate(type_name, &Json::Null).await;
        diagnostics.assert_empty();
        assert_eq!(config, Json::Null);
    }
}

#[tokio::test]
async fn generated_configuration_has_all_arguments_and_no_secret() {
    let session = Session::start().await;
    let state = json!({
        "username": "svc", "name": "{ \"a\": 1 }", "description": "[ ]", "token_type": "read_scaling", "ttl": 3600,
        "early_rotation_seconds": 60, "keepers": { "month": "1" }, "id": "3fa8", "token": "eyJ.s3cret",
        "expire_at": "2026-01-01T01:00:00Z", "created_ts": "2026-01-01T00:00:00Z", "read_only": true,
        "ready_for_rotation": false,
    });
    let (config, diagnostics) = session.generate(TOKEN, &state).await;
    for name in [
        "id",
        "token",
        "expire_at",
        "created_ts",
        "read_only",
        "ready_for_rotation",
    ] {
        assert_eq!(config[name], Json::Null, "{name}");
    }
    for name in [
        "username",
        "name",
        "token_type",
        "ttl",
        "early_rotation_seconds",
        "keepers",
    ] {
        assert_eq!(config[name], state[name], "{name}");
    }
    // Core writes this text differently, so the attribute is left out or the user is warned.
    assert_eq!(config["description"], Json::Null);
    diagnostics.assert_warning("name", &["jsonencode", "by hand"]);
}
