//! Texts of failures, and settings that cannot be used.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::super::*;
use super::error_of;
use super::proxies::error_through;
use super::raw_server::Reaction;
use crate::api::{BaseUrl, Client, Kind, fake};

#[tokio::test]
async fn transport_failures_have_texts_without_library_words() {
    // A server of plain HTTP instead of TLS: it treats the beginning of TLS as a bad request.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = BaseUrl::parse(&format!("https://{}", listener.local_addr().unwrap())).unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.read_u8().await.unwrap();
        stream
            .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        stream
    });
    let error = error_through(Settings {
        base_url,
        max_retries: 0,
        ..fake::settings()
    })
    .await;
    assert!(error.is_unreachable(), "{error}");
    assert!(
        error
            .to_string()
            .ends_with("in 1 attempt: the server does not use TLS"),
        "{error}"
    );
    drop(server.await.unwrap());

    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n".to_vec();
    for (reaction, expected) in [
        (Reaction::SendAndClose(vec![]), "the server closed the connection"),
        (
            Reaction::SendAndClose(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
            "the response is not HTTP",
        ),
        (
            Reaction::SendAndClose(chunked),
            "the server broke the rules of HTTP",
        ),
    ] {
        let error = error_of(reaction).await;
        assert!(matches!(error.kind(), Kind::Dropped { .. }), "{error}");
        let text = error.to_string();
        assert!(text.ends_with(expected) && !text.contains("SSH"), "{text}");
    }
    let other = BaseUrl::parse("https://api.invalid").unwrap();
    let error = error_through(Settings {
        base_url: other,
        max_retries: 0,
        ..fake::settings()
    })
    .await;
    assert!(
        error
            .to_string()
            .ends_with("the host's name could not be resolved"),
        "{error}"
    );
}

#[tokio::test]
async fn client_new_with_unusable_settings_is_an_error() {
    for (change, expected) in [
        (
            (|settings| settings.token = "tok\nen".into()) as fn(&mut Settings),
            "API token",
        ),
        (|settings| settings.user_agent = "a\nb".to_owned(), "user agent"),
    ] {
        let mut settings = fake::settings();
        change(&mut settings);
        let error = Client::new(settings).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!format!("{error:?}").contains("tok\\nen"));
    }
}
