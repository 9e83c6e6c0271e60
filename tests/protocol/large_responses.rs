//! Memory of the provider while it reads large responses.

use serde_json::{Value as Json, json};

use crate::data_sources::USERS;
use crate::host::{ACCOUNT, Reply, ScriptedApi, Session, StoredObject, TOKEN, smallest_ducklings};

/// A quarter of the tokens that fit into the largest accepted body.
const COUNT: usize = 16_000;

fn user(number: usize) -> Json {
    json!({
        "id": format!("7c9e6679-7425-40de-944b-{number:012}"),
        "username": format!("service_account_{number:06}"),
        "email": format!("service_account_{number:06}@accounts.example.com"),
        "first_name": null,
        "last_name": null,
        "is_service_account": true,
        "is_deprovisioned": false,
        "roles": ["explorer"],
    })
}

/// Returns the peak memory of the provider, in MiB.
fn peak_memory(session: &Session) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", session.process().pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.parse::<u64>().ok()).expect("a number") / 1024
}

#[tokio::test]
async fn data_source_of_4_mib_takes_less_than_38_mib_of_memory() {
    let body = json!({ "users": (0..COUNT).map(user).collect::<Vec<_>>() });
    let size = body.to_string().len() >> 20;
    assert!((3..5).contains(&size), "{size} MiB");
    let (session, _api) = Session::on_script(move |_| Reply::ok(body.clone())).await;
    let before = peak_memory(&session);

    let found = session.try_read_data_source(USERS, &json!({})).await.unwrap();

    let users = found["users"].as_array().unwrap();
    assert_eq!(users.len(), COUNT);
    assert_eq!(users[COUNT - 1]["username"], "service_account_015999");
    let taken = peak_memory(&session) - before;
    // The limit leaves room for the response, the value of the data source and its two encodings, but not for
    // a second copy of the value.
    assert!(taken < 38, "{taken} MiB above {before} MiB");
}

#[tokio::test]
async fn response_of_14_mib_takes_less_than_100_mib_of_memory() {
    const SIZE: usize = 14 << 20;
    let account = StoredObject::account("loader");
    let fill = |size: usize, element: &str| vec![element; size / (element.len() + 1)].join(",");
    let user = |id: usize| {
        json!({
            "id": id.to_string(), "username": format!("service_account_of_customer_{id}"), "email": null,
            "first_name": null, "last_name": null, "is_service_account": true, "is_deprovisioned": false, "roles": [],
        })
        .to_string()
    };
    let users: Vec<String> = (0..SIZE / user(100_000).len()).map(user).collect();
    let many_roles = format!(
        r#"{{"users":[{{"id":"1","username":"a","is_service_account":true,"is_deprovisioned":false,"roles":[{}]}}]}}"#,
        fill(SIZE, "\"\"")
    );
    for (what, status, body) in [
        ("a listing", 200, format!(r#"{{"users":[{}]}}"#, users.join(","))),
        ("many roles", 200, many_roles),
        ("numbers", 200, format!("[{}]", fill(SIZE, "0"))),
        (
            "nested lists",
            200,
            format!(r#"{{"read_write":1,"x":[{}]}}"#, fill(SIZE, "[[],{}]")),
        ),
        // Error bodies have a lower limit.
        (
            "issues",
            400,
            format!(
                r#"{{"message":"m","issues":[{}]}}"#,
                fill(1 << 19, r#"{"message":""}"#)
            ),
        ),
    ] {
        let body: &'static str = body.leak();
        let api = ScriptedApi::start(move |request| match request.path.as_str() {
            "/v1/users/warm_up/tokens" => Reply::ok(json!({ "tokens": [] })),
            "/v1/users/service_account_of_customer_7/instances" => Reply::ok(smallest_ducklings()),
            _ => Reply::Other(status, "application/json", body),
        })
        .await;
        let session = Session::start_with(&[("TF_LOG_PROVIDER_MOTHERDUCK", "TRACE")]).await;
        session.configure_for(api.url()).await;
        session
            .try_read_data_source("motherduck_tokens", &json!({ "username": "warm_up" }))
            .await
            .unwrap();
        let before = peak_memory(&session);
        // An import searches the listing for one account.
        let imported = session.try_import(ACCOUNT, "service_account_of_customer_7").await;
        if what == "a listing" {
            imported.unwrap();
        } else {
            session.data_source_error("motherduck_users", &json!({})).await;
            session.try_read(ACCOUNT, &account).await.ok();
            let plan = session
                .plan(TOKEN, &json!({ "username": "loader", "name": "nightly" }), None)
                .await;
            session.try_apply(&plan).await.unwrap_err();
        }
        let grown = peak_memory(&session) - before;
        println!("{what}: a body of {} MiB takes {grown} MiB", body.len() >> 20);
        assert!(grown < 100, "{what}: {grown} MiB");
    }
}
