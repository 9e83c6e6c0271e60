//! Connections: refused, closed, of another protocol.

use tokio::net::TcpListener;

use super::super::*;
use super::DUCKLINGS;
use super::proxies::error_through;
use super::raw_server::{RawServer, Reaction, json};
use crate::api::{BaseUrl, Client, Kind, NewToken, fake};

#[tokio::test]
async fn localhost_names_connect_to_loopback() {
    for host in ["localhost", "emulator.localhost"] {
        let server = RawServer::serve([json("200 OK", DUCKLINGS)]).await;
        let mut settings = server.settings();
        settings.base_url =
            BaseUrl::parse(&format!("http://{host}:{}/prefix/", server.address.port())).unwrap();
        Client::new(settings)
            .await
            .unwrap()
            .ducklings("ada")
            .await
            .unwrap();
        assert!(server.requests()[0].starts_with("get /prefix/v1/users/ada/instances "));
    }
}

#[tokio::test]
async fn refused_connection_is_unreachable_and_repeats_a_post() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let base_url = BaseUrl::parse(&format!("http://{address}")).unwrap();
    let error = error_through(Settings {
        base_url,
        max_retries: 1,
        ..fake::settings()
    })
    .await;
    assert!(error.is_unreachable() && !error.outcome_unknown(), "{error}");
    assert_eq!(error.attempts(), 2);
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("no connection to {address} could be made for POST ")),
        "{text}"
    );
    assert!(
        text.contains("in 2 attempts: ") && text.to_lowercase().contains("refused"),
        "{text}"
    );
}

#[tokio::test]
async fn connection_closed_without_a_response_repeats_a_get_but_not_a_post() {
    let closed = Reaction::SendAndClose(vec![]);
    let server = RawServer::serve([closed.clone(), closed, json("200 OK", DUCKLINGS)]).await;
    let client = Client::new(Settings {
        max_retries: 3,
        ..server.settings()
    })
    .await
    .unwrap();
    let error = client
        .create_token("ada", &NewToken::default())
        .await
        .unwrap_err();
    assert!(matches!(error.kind(), Kind::Dropped { .. }), "{error}");
    assert!(error.outcome_unknown());
    assert_eq!(server.requests().len(), 1);
    client.ducklings("ada").await.unwrap();
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn idle_connection_closed_by_the_server_is_replaced() {
    let goodbye = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{DUCKLINGS}",
        DUCKLINGS.len()
    );
    let server = RawServer::serve([
        Reaction::SendAndClose(goodbye.into_bytes()),
        json("200 OK", r#"{"username":"svc"}"#),
    ])
    .await;
    let client = server.client().await;
    client.ducklings("ada").await.unwrap();
    client.create_service_account("svc").await.unwrap();
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn certificate_is_trusted_only_with_its_ca_file() {
    let (server, file) = RawServer::serve_tls(&[b"http/1.1"], vec![json("200 OK", DUCKLINGS)]).await;
    let error = Client::new(Settings {
        max_retries: 3,
        ..server.tls_settings(None)
    })
    .await
    .unwrap()
    .ducklings("ada")
    .await
    .unwrap_err();
    assert!(
        matches!((error.kind(), error.attempts()), (Kind::Untrusted { .. }, 1)),
        "{error}"
    );
    assert!(error.is_unreachable());
    assert!(
        error.to_string().contains(&format!(
            "the TLS certificate of localhost:{} is not trusted",
            server.address.port()
        )),
        "{error}"
    );
    assert_eq!(server.connections(), 1);

    Client::new(server.tls_settings(Some(file.path())))
        .await
        .unwrap()
        .ducklings("ada")
        .await
        .unwrap();
    assert_eq!(server.requests().len(), 1);
}
