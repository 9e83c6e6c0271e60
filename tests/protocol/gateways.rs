//! Gateways and proxies between the provider and the API: gateways that compress bodies, refuse streams, or
//! respond themselves.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use motherduck_contract::CheckedEmulator;
use motherduck_emulator::Emulator;
use serde_json::{Value as Json, json};

use crate::host::{ACCOUNT, Gateway, Reply, ScriptedApi, Session, StoredObject, TOKEN, tokens, with_loader};

fn config() -> Json {
    json!({ "username": "loader", "name": "nightly" })
}

fn posts(api: &CheckedEmulator) -> usize {
    api.requests()
        .iter()
        .filter(|request| request.method == "POST")
        .count()
}

#[tokio::test]
async fn create_is_retried_after_an_http2_refused_stream() {
    let api = with_loader(Emulator::builder()).await;
    let gateway = Gateway::refusing(api.url(), 2).await;
    let session = Session::start().await;
    let settings = json!({ "max_retries": 2, "ca_certificate_file": gateway.certificate().to_str() });
    session.configure_with(gateway.url(), &settings).await;
    session.create(TOKEN, &config()).await;
    assert_eq!((tokens(&api).len(), posts(&api)), (1, 1));
}

#[tokio::test]
async fn gzip_responses_are_decoded() {
    let gzip = |body: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(body).unwrap();
        encoder.finish().unwrap()
    };
    let api = with_loader(Emulator::builder()).await;
    let gateway = Gateway::encoding(api.url(), "gzip", gzip).await;
    let session = Session::on(gateway.url()).await;
    let stored = session.create(TOKEN, &config()).await;
    assert_eq!(tokens(&api).len(), 1);
    session.destroy(TOKEN, &stored).await.assert_empty();
    assert_eq!(tokens(&api).len(), 0);
    // Error bodies are decoded too: the provider reads the code `NOT_FOUND` from this one.
    let missing = session.try_import(ACCOUNT, "nobody_here").await.unwrap_err();
    missing.assert_error("", &["nobody_here", "404 NOT_FOUND"]);
}

#[tokio::test]
async fn unauthorized_error_names_the_source_of_the_admin_token() {
    let (session, api) =
        Session::on_script(|_| Reply::error(401, "UNAUTHORIZED", "Invalid Credentials")).await;
    let diagnostics = session
        .try_read(ACCOUNT, &StoredObject::account("loader"))
        .await
        .unwrap_err();
    diagnostics.assert_error("", &["The token came from the attribute `admin_token`."]);

    // The payload is {"exp":1,"tokenType":"read_scaling"}.
    let token = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjEsInRva2VuVHlwZSI6InJlYWRfc2NhbGluZyJ9.c2lnbmF0dXJl";
    let session = Session::start_with(&[("MOTHERDUCK_TOKEN", token)]).await;
    session
        .configure(&json!({ "api_base_url": api.url(), "max_retries": 0 }))
        .await
        .assert_empty();
    let diagnostics = session
        .try_read(ACCOUNT, &StoredObject::account("loader"))
        .await
        .unwrap_err();
    diagnostics.assert_error(
        "",
        &[
            "The token came from the environment variable MOTHERDUCK_TOKEN.",
            "read scaling token",
            "It expired at 1970-01-01T00:00:01Z.",
        ],
    );
    diagnostics.assert_omits("eyJ");
}

#[tokio::test]
async fn request_timeout_is_an_error_with_its_attribute() {
    let abandoned = std::sync::Arc::new(tokio::sync::Notify::new());
    let on_end = std::sync::Arc::clone(&abandoned);
    let api = ScriptedApi::start(move |_| Reply::NoResponse(std::sync::Arc::clone(&on_end))).await;
    let session = Session::with(api.url(), "request_timeout_seconds", json!(1)).await;
    let diagnostics = session
        .try_read(ACCOUNT, &StoredObject::account("loader"))
        .await
        .unwrap_err();
    diagnostics.assert_error("", &["within 1 second", "`request_timeout_seconds`"]);
    abandoned.notified().await;
}

#[tokio::test]
async fn failed_or_unsupported_proxy_is_an_error_with_its_variable() {
    // This server is no proxy: it responds with 404 to the CONNECT request.
    let proxy = ScriptedApi::start(|_| Reply::Other(404, "text/plain", "no")).await;
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
        session.configure_for("https://api.invalid").await;
        let diagnostics = session
            .try_read(ACCOUNT, &StoredObject::account("loader"))
            .await
            .unwrap_err();
        diagnostics.assert_error("", words);
        diagnostics.assert_omits("hunter2");
    }
}
