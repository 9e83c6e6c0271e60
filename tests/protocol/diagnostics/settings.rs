//! Provider configurations that prevent API calls.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use serde_json::{Value as Json, json};

use super::fixtures::{stored, with};
use super::pages::Pages;
use crate::host::{ACCOUNT, Session};
use crate::support::plugin_client::PluginProcess;

pub(super) async fn settings(pages: &mut Pages) {
    pages.chapter("Invalid provider configurations");
    let read = async |pages: &mut Pages, case: &str, environment: &[(&str, &str)], config: Json| {
        let session = Session::start_with(environment).await;
        session.configure(&config).await.assert_empty();
        let diagnostics = session.try_read(ACCOUNT, &stored(ACCOUNT)).await.unwrap_err();
        pages.add(case, diagnostics);
    };
    let token = json!({ "admin_token": "token" });
    read(
        pages,
        "a token in the environment",
        &[("MOTHERDUCK_TOKEN", "a\nb")],
        json!({}),
    )
    .await;
    let address = [("MOTHERDUCK_API_BASE_URL", "api.example.com")];
    read(pages, "an address in the environment", &address, token.clone()).await;
    let proxy = [("HTTPS_PROXY", "http://[")];
    read(pages, "a proxy in the environment", &proxy, token.clone()).await;
    let unreadable = OsStr::from_bytes(b"https://\xff");
    let launch = PluginProcess::launch().env("MOTHERDUCK_API_BASE_URL", unreadable);
    let session = Session::of(launch.start().await).await;
    session.configure(&token).await.assert_empty();
    let diagnostics = session.try_read(ACCOUNT, &stored(ACCOUNT)).await.unwrap_err();
    pages.add("a variable that is not UTF-8", diagnostics);
    let file = with(&token, "ca_certificate_file", json!("/does/not/exist.pem"));
    read(pages, "a certificate file", &[], file).await;
}
