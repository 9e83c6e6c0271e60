//! Memory of the provider while it reads large responses.

use serde_json::{Value as Json, json};

use crate::data_sources::USERS;
use crate::host::{Canned, Reply, Session};

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

/// Returns the peak memory of a process, in MiB.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process exists");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kib.and_then(|kib| kib.parse::<u64>().ok()).expect("a number") / 1024
}

#[tokio::test]
async fn data_source_of_4_mib_takes_less_than_38_mib_of_memory() {
    let body = json!({ "users": (0..COUNT).map(user).collect::<Vec<_>>() });
    let size = body.to_string().len() >> 20;
    assert!((3..5).contains(&size), "{size} MiB");
    let api = Canned::start(move |_| Reply::Json(200, body.clone())).await;
    let session = Session::on(api.url()).await;
    let before = peak(session.process().pid());

    let found = session.look_up(USERS, &json!({})).await.unwrap();

    let users = found["users"].as_array().unwrap();
    assert_eq!(users.len(), COUNT);
    assert_eq!(users[COUNT - 1]["username"], "service_account_015999");
    let taken = peak(session.process().pid()) - before;
    // The limit leaves room for the response, the value of the data source and its two encodings, but not for
    // a second copy of the value.
    assert!(taken < 38, "{taken} MiB above {before} MiB");
}
