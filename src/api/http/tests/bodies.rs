//! Bodies: cut off, too large, compressed.

use std::io::Write as _;

use super::super::*;
use super::raw_server::{RawServer, Reaction};
use super::{DUCKLINGS, error_of};
use crate::api::{Client, Kind, NewToken};

#[tokio::test]
async fn incomplete_body_is_dropped_or_timed_out() {
    let start = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"read".to_vec();
    let error = error_of(Reaction::SendAndClose(start.clone())).await;
    assert!(matches!(error.kind(), Kind::Dropped { .. }), "{error}");

    let server = RawServer::serve([Reaction::SendAndHang(start)]).await;
    let timeout = Duration::from_millis(200);
    let client = Client::new(Settings {
        request_timeout: timeout,
        ..server.settings()
    })
    .await
    .unwrap();
    let error = client.ducklings("ada").await.unwrap_err();
    assert!(matches!(error.kind(), Kind::TimedOut { .. }), "{error}");
    assert!(error.to_string().contains("within 0.2 seconds"), "{error}");
}

#[tokio::test]
async fn oversized_body_is_read_up_to_the_limit() {
    // The body is endless, because its end is never sent.
    let endless = |status: &str, size: usize| {
        let mut bytes =
            format!("HTTP/1.1 {status}\r\ntransfer-encoding: chunked\r\n\r\n{size:x}\r\n").into_bytes();
        bytes.extend(b"x ".iter().cycle().take(size));
        Reaction::SendAndHang(bytes)
    };
    let error = error_of(endless("200 OK", SUCCESS_LIMIT + 1)).await;
    assert!(matches!(error.kind(), Kind::Malformed { .. }), "{error}");
    assert!(error.to_string().contains("larger than 16 MiB"), "{error}");
    let error = error_of(endless("400 Bad Request", ERROR_LIMIT + 1)).await;
    assert!(
        matches!((error.kind(), error.status()), (Kind::Status { .. }, Some(400))),
        "{error}"
    );
    assert!(error.message().unwrap().starts_with("x x") && error.to_string().len() < 2300);
}

/// Returns a response whose body is compressed, or has the header of a compressed one.
fn encoded_response(encoding: &str, body: &[u8]) -> Reaction {
    let mut bytes = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend(body);
    Reaction::Send(bytes)
}

#[tokio::test]
async fn gzip_response_is_decoded() {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(DUCKLINGS.as_bytes()).unwrap();
    let server = RawServer::serve([encoded_response("gzip", &encoder.finish().unwrap())]).await;
    server.client().await.ducklings("ada").await.unwrap();
}

#[tokio::test]
async fn unsupported_content_encoding_is_malformed() {
    for client_call in [0, 1] {
        let server = RawServer::serve([encoded_response("br", b"\x0b\x00")]).await;
        let client = server.client().await;
        let error = match client_call {
            0 => client
                .create_token("ada", &NewToken::default())
                .await
                .unwrap_err(),
            _ => client.delete_user("ada").await.unwrap_err(),
        };
        assert!(matches!(error.kind(), Kind::Malformed { .. }), "{error}");
        assert!(error.outcome_unknown());
        assert!(
            error
                .to_string()
                .ends_with("its body has the content encoding \"br\", which the provider cannot decode"),
            "{error}"
        );
    }
}
