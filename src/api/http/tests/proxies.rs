//! Requests through a proxy.

use super::super::*;
use super::DUCKLINGS;
use super::raw_server::{RawServer, Reaction, json, send_text};
use crate::api::{BaseUrl, Client, Error, Proxy, fake};

/// For these tests the server is a proxy, whether it refuses tunnels or sends other bytes.
fn proxied(server: &RawServer, proxy: &str) -> Settings {
    let proxy = proxy.replace("PORT", &server.address.port().to_string());
    Settings {
        // No name server resolves this host, so only a proxy can reach it.
        base_url: BaseUrl::parse("https://api.invalid").unwrap(),
        proxy: Some(Proxy::parse(&proxy, "HTTPS_PROXY").unwrap()),
        max_retries: 0,
        ..fake::settings()
    }
}

pub(super) async fn error_through(settings: Settings) -> Error {
    let client = Client::new(settings).await.unwrap();
    client.create_service_account("svc").await.unwrap_err()
}

#[tokio::test]
async fn proxy_failure_names_the_proxy_without_credentials() {
    for (reaction, expected) in [
        (
            send_text("HTTP/1.1 407 x\r\ncontent-length: 0\r\n\r\n"),
            "the proxy asks for a user name and password (status 407)",
        ),
        (
            send_text("HTTP/1.1 403 x\r\ncontent-length: 0\r\n\r\n"),
            "the proxy refused to open a connection to the API",
        ),
        (Reaction::SendAndClose(vec![]), "the proxy closed the connection"),
    ] {
        let server = RawServer::serve([reaction]).await;
        let error = error_through(proxied(&server, "http://us%40er:hunter2@127.0.0.1:PORT")).await;
        assert!(error.is_unreachable() && !error.outcome_unknown(), "{error}");
        let port = server.address.port();
        let expected = format!("{expected}, through the proxy http://127.0.0.1:{port} (HTTPS_PROXY)");
        assert!(error.to_string().ends_with(&expected), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        let request = &server.requests()[0];
        assert!(
            request.starts_with("connect api.invalid:443 http/1.1\r\n"),
            "{request}"
        );
        // "us@er:hunter2" in base64, in lower case as the whole request.
        assert!(
            request.contains("proxy-authorization: basic dxnazxi6ahvudgvymg=="),
            "{request}"
        );
    }
}

#[tokio::test]
async fn unreachable_proxy_is_named() {
    let server = RawServer::serve([]).await;
    let settings = proxied(&server, "127.0.0.1:PORT");
    drop(server);
    let error = error_through(settings).await;
    let text = error.to_string();
    assert!(
        text.contains("the connection was refused, through the proxy http://127.0.0.1:"),
        "{text}"
    );
}

#[tokio::test]
async fn requests_to_loopback_bypass_the_proxy() {
    let (proxy, server) = (
        RawServer::serve([]).await,
        RawServer::serve([json("200 OK", DUCKLINGS)]).await,
    );
    let settings = Settings {
        proxy: proxied(&proxy, "http://127.0.0.1:PORT").proxy,
        ..server.settings()
    };
    let client = Client::new(settings).await.unwrap();
    client.ducklings("ada").await.unwrap();
    assert_eq!(proxy.connections(), 0);
    // The script has ended, so this connection breaks.
    let error = client.ducklings("ada").await.unwrap_err();
    assert!(!error.to_string().contains("proxy"), "{error}");
}
