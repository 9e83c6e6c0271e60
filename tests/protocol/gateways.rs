//! Gateways and proxies between the provider and the API: gateways that compress bodies, refuse streams, or
//! respond themselves.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use motherduck_contract::Watched;
use motherduck_emulator::Emulator;
use serde_json::{Value as Json, json};

use crate::host::{ACCOUNT, Canned, Gateway, Reply, Session, Stored, TOKEN, edited, tokens, with_loader};

fn config() -> Json {
    json!({ "username": "loader", "name": "nightly" })
}

fn posts(api: &Watched) -> usize {
    api.requests()
        .iter()
        .filter(|request| request.method == "POST")
        .count()
}

fn account() -> Stored {
    Stored::unidentified(
        json!({ "id": "loader", "username": "loader", "deletion_protection": true }),
        Vec::new(),
    )
}

#[tokio::test]
async fn create_is_retried_after_an_http2_refused_stream() {
    let api = with_loader(Emulator::builder()).await;
    let gateway = Gateway::refusing(api.url(), 2).await;
    let session = Session::start().await;
    let settings = edited(&Session::settings(gateway.url()), "max_retries", json!(2));
    let settings = edited(
        &settings,
        "ca_certificate_file",
        json!(gateway.certificate().to_str()),
    );
    session.configure(&settings).await.assert_empty();
    session.create(TOKEN, &config()).await;
    assert_eq!((tokens(&api).len(), posts(&api)), (1, 1));
}

#[tokio::test]
async fn compressed_responses_are_decoded() {
    let gzip = |body: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    };
    let zlib = |body: &[u8]| {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    };
    let raw = |body: &[u8]| {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    };
    for (name, encode) in [
        ("gzip", gzip as fn(&[u8]) -> Vec<u8>),
        ("deflate", zlib),
        ("deflate", raw),
    ] {
        let api = with_loader(Emulator::builder()).await;
        let gateway = Gateway::encoding(api.url(), name, encode).await;
        let session = Session::on(gateway.url()).await;
        let stored = session.create(TOKEN, &config()).await;
        assert_eq!(tokens(&api).len(), 1);
        let plan = session.plan_destroy(TOKEN, &stored).await.unwrap();
        session.apply(&plan).await.notes.assert_empty();
        assert_eq!(tokens(&api).len(), 0);
        // Error bodies are decoded too: the provider reads the code `NOT_FOUND` from this one.
        let gone = session.try_import(ACCOUNT, "nobody_here").await.unwrap_err();
        gone.assert_error("", &["nobody_here", "404 NOT_FOUND"]);
    }
}

#[tokio::test]
async fn unsupported_content_encoding_is_an_error() {
    let api = with_loader(Emulator::builder()).await;
    let gateway = Gateway::encoding(api.url(), "zstd", <[u8]>::to_vec).await;
    let session = Session::on(gateway.url()).await;
    let notes = session.try_read(ACCOUNT, &account()).await.unwrap_err();
    notes.assert_error("", &["content encoding \"zstd\"", "cannot decode"]);
}

#[tokio::test]
async fn html_page_as_response_to_delete_is_an_error() {
    let page = "<html><title>Sign in</title>";
    let api = Canned::start(move |_| Reply::Other(200, "text/html", page)).await;
    let session = Session::with(api.url(), "max_retries", json!(1)).await;
    let stored = Stored::unidentified(
        json!({ "id": "loader", "username": "loader", "deletion_protection": false }),
        Vec::new(),
    );
    let plan = session.plan_destroy(ACCOUNT, &stored).await.unwrap();
    let applied = session.change(&plan).await.unwrap_err();
    applied
        .notes
        .assert_error("", &["\"Sign in\"", "sign-in page", "not known whether"]);
    assert!(applied.stored.is_some(), "the account stays in the state");
    let deletions = api
        .calls()
        .iter()
        .filter(|call| call.starts_with("DELETE"))
        .count();
    assert_eq!(deletions, 2);
}

#[tokio::test]
async fn retry_after_above_60_seconds_is_an_error_without_a_retry() {
    let api = Canned::start(|_| Reply::Slow(503, 3600)).await;
    let session = Session::with(api.url(), "max_retries", json!(20)).await;
    let notes = session.try_read(ACCOUNT, &account()).await.unwrap_err();
    notes.assert_error(
        "",
        &[
            "503",
            "wait 3600 seconds",
            "at most 60",
            "Run again after the time",
        ],
    );
    assert_eq!(api.requests().len(), 1);
}

#[tokio::test]
async fn unauthorized_error_names_the_source_of_the_admin_token() {
    let api = Canned::start(|_| {
        Reply::Json(
            401,
            json!({ "code": "UNAUTHORIZED", "message": "Invalid Credentials" }),
        )
    })
    .await;
    let session = Session::on(api.url()).await;
    let notes = session.try_read(ACCOUNT, &account()).await.unwrap_err();
    notes.assert_error("", &["The token came from the attribute `admin_token`."]);

    // The payload is {"exp":1,"tokenType":"read_scaling"}.
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjEsInRva2VuVHlwZSI6InJlYWRfc2NhbGluZyJ9.c2lnbmF0dXJl";
    let session = Session::start_with(&[("MOTHERDUCK_TOKEN", token)]).await;
    session
        .configure(&json!({ "api_base_url": api.url(), "max_retries": 0 }))
        .await
        .assert_empty();
    let notes = session.try_read(ACCOUNT, &account()).await.unwrap_err();
    notes.assert_error(
        "",
        &[
            "The token came from the environment variable MOTHERDUCK_TOKEN.",
            "read scaling token",
            "It expired at 1970-01-01T00:00:01Z.",
        ],
    );
    assert!(!notes.text().contains("eyJ"), "{notes:#?}");
}

#[tokio::test]
async fn request_timeout_is_an_error_with_its_attribute() {
    let abandoned = std::sync::Arc::new(tokio::sync::Notify::new());
    let on_end = std::sync::Arc::clone(&abandoned);
    let api = Canned::start(move |_| Reply::Never(std::sync::Arc::clone(&on_end))).await;
    let session = Session::with(api.url(), "request_timeout_seconds", json!(1)).await;
    let notes = session.try_read(ACCOUNT, &account()).await.unwrap_err();
    notes.assert_error("", &["within 1 second", "`request_timeout_seconds`"]);
    abandoned.notified().await;
}

#[tokio::test]
async fn failed_or_unsupported_proxy_is_an_error_with_its_variable() {
    // This server is no proxy: it responds with 404 to the CONNECT request.
    let proxy = Canned::start(|_| Reply::Other(404, "text/plain", "no")).await;
    let address = proxy.url().replacen("http://", "http://us:hunter2@", 1);
    for (variable, address, words) in [
        (
            "HTTPS_PROXY",
            address.as_str(),
            &[
                "the proxy refused to open a connection",
                proxy.url(),
                "(HTTPS_PROXY)",
            ][..],
        ),
        (
            "https_proxy",
            "socks5://us:hunter2@127.0.0.1:1",
            &["https_proxy", "SOCKS proxies are not supported"],
        ),
    ] {
        let session = Session::start_with(&[(variable, address)]).await;
        // No name server resolves this host.
        session
            .configure(&Session::settings("https://api.invalid"))
            .await
            .assert_empty();
        let notes = session.try_read(ACCOUNT, &account()).await.unwrap_err();
        notes.assert_error("", words);
        assert!(!notes.text().contains("hunter2"), "{notes:#?}");
    }
}

/// Returns the peak memory of the process, in KiB.
#[cfg(target_os = "linux")]
fn peak_kib(session: &Session) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", session.process().pid())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))
        .unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn response_of_14_mib_takes_less_than_100_mib_of_memory() {
    const SIZE: usize = 14 << 20;
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
        let api = Canned::start(move |request| match request.path.as_str() {
            "/v1/users/warm_up/tokens" => Reply::Json(200, json!({ "tokens": [] })),
            "/v1/users/service_account_of_customer_7/instances" => Reply::Json(
                200,
                json!({ "read_write": { "instance_size": "pulse" }, "read_scaling": { "instance_size": "pulse", "flock_size": 0 } }),
            ),
            _ => Reply::Other(status, "application/json", body),
        })
        .await;
        let session = Session::start_with(&[("TF_LOG_PROVIDER_MOTHERDUCK", "TRACE")]).await;
        session
            .configure(&Session::settings(api.url()))
            .await
            .assert_empty();
        session
            .look_up("motherduck_tokens", &json!({ "username": "warm_up" }))
            .await
            .unwrap();
        let before = peak_kib(&session);
        // An import searches the listing for one account.
        let imported = session.try_import(ACCOUNT, "service_account_of_customer_7").await;
        if what == "a listing" {
            imported.unwrap();
        } else {
            session.look_up("motherduck_users", &json!({})).await.unwrap_err();
            session.try_read(ACCOUNT, &account()).await.ok();
            let plan = session.plan(TOKEN, &config(), None).await;
            session.try_apply(&plan).await.unwrap_err();
        }
        let grown = (peak_kib(&session) - before) >> 10;
        println!("{what}: a body of {} MiB takes {grown} MiB", body.len() >> 20);
        assert!(grown < 100, "{what}: {grown} MiB");
    }
}
