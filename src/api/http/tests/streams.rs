//! Streams of HTTP/2: which requests are sent again.

use super::http2::{Frames, Http2};
use super::proxies::error_through;
use super::raw_server::RawServer;
use super::{DUCKLINGS, http2};
use crate::api::{Client, Kind, NewToken};

const CREATED: &str = r#"{"username":"svc"}"#;

#[tokio::test]
async fn http2_is_offered_in_alpn() {
    let (server, file) = RawServer::serve_tls(&[b"h2", b"http/1.1"], vec![]).await;
    let error = error_through(server.tls_settings(Some(file.path()))).await;
    assert!(!error.is_gone());
    assert_eq!(server.requests(), ["h2"]);
}

#[tokio::test]
async fn unprocessed_http2_stream_is_repeated_even_for_a_post() {
    for unprocessed in [
        Frames::Reset(http2::REFUSED_STREAM),
        Frames::GoAwayBefore(http2::NO_ERROR),
        Frames::GoAwayBefore(http2::ENHANCE_YOUR_CALM),
    ] {
        // The first request is processed, so that the second one's stream is above a last id other than zero.
        let server = Http2::serve(vec![
            Frames::Respond(DUCKLINGS),
            unprocessed,
            Frames::Respond(CREATED),
        ])
        .await;
        let client = Client::new(server.settings()).await.unwrap();
        client.ducklings("ada").await.unwrap();
        client.create_service_account("svc").await.unwrap();
        assert_eq!(server.requests(), 3);
    }
}

#[tokio::test]
async fn refused_http2_stream_has_known_outcome_after_all_attempts() {
    let server = Http2::serve(vec![Frames::Reset(http2::REFUSED_STREAM); 3]).await;
    let error = error_through(server.settings()).await;
    assert!(
        matches!((error.kind(), error.attempts()), (Kind::Refused { .. }, 3)),
        "{error}"
    );
    assert!(!error.outcome_unknown());
    assert!(
        error
            .to_string()
            .ends_with("in 3 attempts: the server ended the HTTP/2 stream (REFUSED_STREAM)"),
        "{error}"
    );
}

#[tokio::test]
async fn reset_http2_stream_is_repeated_for_a_get_but_not_a_post() {
    for (broken, expected) in [
        (
            Frames::Reset(http2::INTERNAL_ERROR),
            "the server ended the HTTP/2 stream (INTERNAL_ERROR)",
        ),
        (Frames::GoAwayAfter, "the server closed the connection"),
    ] {
        let server = Http2::serve(vec![broken, broken, Frames::Respond(DUCKLINGS)]).await;
        let client = Client::new(server.settings()).await.unwrap();
        let error = client.create_service_account("svc").await.unwrap_err();
        assert!(
            matches!((error.kind(), error.attempts()), (Kind::Dropped { .. }, 1)),
            "{error}"
        );
        assert!(
            error.outcome_unknown() && error.to_string().ends_with(expected),
            "{error}"
        );
        // A GET changes nothing and is repeated.
        client.ducklings("ada").await.unwrap();
        assert_eq!(server.requests(), 3);
    }
}

#[tokio::test]
async fn refused_stream_after_response_headers_has_unknown_outcome() {
    let server = Http2::serve(vec![Frames::BeginAndReset(http2::REFUSED_STREAM)]).await;
    let client = Client::new(server.settings()).await.unwrap();
    let error = client
        .create_token("ada", &NewToken::default())
        .await
        .unwrap_err();
    assert!(
        matches!((error.kind(), error.attempts()), (Kind::Dropped { .. }, 1)),
        "{error}"
    );
    assert!(error.outcome_unknown());
}
