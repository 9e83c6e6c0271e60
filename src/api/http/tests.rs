//! Tests of the transport over real sockets, against a server that sends raw bytes.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::api::{BaseUrl, Client, Error, Kind, NewToken, Proxy, fake};

mod http2;
mod listening;
use http2::{Frames, Http2};
use listening::{Listening, Reaction, json, send_text};

const DUCKLINGS: &str =
    r#"{"read_write":{"instance_size":"pulse"},"read_scaling":{"instance_size":"pulse","flock_size":2}}"#;

async fn error_of(reaction: Reaction) -> Error {
    Listening::serve([reaction])
        .await
        .client()
        .await
        .ducklings("ada")
        .await
        .unwrap_err()
}

#[tokio::test]
async fn requests_carry_the_right_headers_and_reuse_the_connection() {
    let server = Listening::serve([json("200 OK", DUCKLINGS), json("200 OK", r#"{"username":"svc"}"#)]).await;
    let client = server.client().await;
    client.ducklings("ä/b").await.unwrap();
    client.create_service_account("svc").await.unwrap();

    let requests = server.requests();
    assert!(
        requests[0].starts_with("get /v1/users/%c3%a4%2fb/instances http/1.1\r\n"),
        "{}",
        requests[0]
    );
    for request in &requests {
        assert!(
            request.contains(&format!("\r\nauthorization: bearer {}\r\n", fake::TOKEN)),
            "{request}"
        );
        assert!(request.contains("\r\naccept: application/json\r\n"), "{request}");
        assert!(request.contains("\r\nuser-agent: test/1\r\n"), "{request}");
        assert!(
            request.contains("\r\naccept-encoding: gzip, deflate\r\n") && !request.contains("cookie"),
            "{request}"
        );
    }
    assert!(!requests[0].contains("content-type"), "{}", requests[0]);
    assert!(
        requests[1].contains("\r\ncontent-type: application/json\r\n"),
        "{}",
        requests[1]
    );
    assert!(
        requests[1].ends_with("\r\n\r\n{\"username\":\"svc\"}"),
        "{}",
        requests[1]
    );
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_user_agent_need_not_be_ascii() {
    let server = Listening::serve([json("200 OK", DUCKLINGS)]).await;
    let client = Client::new(Settings {
        user_agent: "équipe".to_owned(),
        ..server.settings()
    });
    client.await.unwrap().ducklings("ada").await.unwrap();
    assert!(
        server.requests()[0].contains("user-agent: équipe"),
        "{:?}",
        server.requests()
    );
}

#[tokio::test]
async fn localhost_and_its_names_stay_on_this_machine() {
    for host in ["localhost", "emulator.localhost"] {
        let server = Listening::serve([json("200 OK", DUCKLINGS)]).await;
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
async fn a_refused_connection_is_unreachable_and_a_post_is_repeated() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let base_url = BaseUrl::parse(&format!("http://{address}")).unwrap();
    let client = Client::new(Settings {
        base_url,
        max_retries: 1,
        ..fake::settings()
    })
    .await
    .unwrap();
    let error = client.create_service_account("svc").await.unwrap_err();
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
async fn a_connection_that_closes_without_a_response_leaves_a_post_unrepeated() {
    let server = Listening::serve([Reaction::SendAndClose(vec![])]).await;
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
}

#[tokio::test]
async fn a_connection_that_closes_without_a_response_does_not_stop_a_get() {
    let server = Listening::serve([Reaction::SendAndClose(vec![]), json("200 OK", DUCKLINGS)]).await;
    let client = Client::new(Settings {
        max_retries: 1,
        ..server.settings()
    })
    .await
    .unwrap();
    client.ducklings("ada").await.unwrap();
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_kept_connection_that_the_server_closed_is_replaced_unnoticed() {
    let goodbye = format!(
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{DUCKLINGS}",
        DUCKLINGS.len()
    );
    let server = Listening::serve([
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
async fn a_body_that_breaks_off_is_dropped_and_a_hanging_one_times_out() {
    let start = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"read".to_vec();
    let error = error_of(Reaction::SendAndClose(start.clone())).await;
    assert!(matches!(error.kind(), Kind::Dropped { .. }), "{error}");

    let server = Listening::serve([Reaction::SendAndHang(start)]).await;
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
async fn a_server_with_another_protocol_is_an_error_that_does_not_quote_it() {
    let error = error_of(Reaction::SendAndClose(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())).await;
    assert!(matches!(error.kind(), Kind::Dropped { .. }), "{error}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Listening::serve([json("200 OK", DUCKLINGS)]).await;
    let redirect = format!(
        "HTTP/1.1 307 x\r\nlocation: http://{}/x?y\r\ncontent-length: 0\r\n\r\n",
        elsewhere.address
    );
    let error = error_of(send_text(&redirect)).await;
    assert!(
        matches!(
            (error.kind(), error.status()),
            (Kind::Redirected { .. }, Some(307))
        ),
        "{error}"
    );
    assert!(
        error
            .to_string()
            .contains(&format!("to http://{};", elsewhere.address)),
        "{error}"
    );
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn oversized_bodies_are_not_read_to_their_end() {
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

#[tokio::test]
async fn dates_and_errors_come_through() {
    let not_found = r#"{"code":"NOT_FOUND","message":"User not found"}"#;
    let response = format!(
        "HTTP/1.1 404 Not Found\r\ndate: Fri, 19 Jun 2026 00:00:00 GMT\r\ncontent-length: {}\r\n\r\n{not_found}",
        not_found.len()
    );
    let error = error_of(send_text(&response)).await;
    assert!(error.is_gone());
    assert_eq!(error.date().unwrap().to_string(), "2026-06-19T00:00:00Z");
}

#[tokio::test]
async fn a_certificate_is_trusted_by_file_only_and_an_untrusted_one_is_not_tried_again() {
    let (server, file) = Listening::serve_tls(&[b"http/1.1"], vec![json("200 OK", DUCKLINGS)]).await;
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

#[tokio::test]
async fn http2_is_offered() {
    let (server, file) = Listening::serve_tls(&[b"h2", b"http/1.1"], vec![]).await;
    let error = Client::new(server.tls_settings(Some(file.path())))
        .await
        .unwrap()
        .ducklings("ada")
        .await
        .unwrap_err();
    assert!(!error.is_gone());
    assert_eq!(server.requests(), ["h2"]);
}

const CREATED: &str = r#"{"username":"svc"}"#;

#[tokio::test]
async fn streams_that_http2_did_not_process_are_sent_again_a_post_too() {
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
async fn a_stream_that_is_refused_to_the_end_changed_nothing() {
    let server = Http2::serve(vec![Frames::Reset(http2::REFUSED_STREAM); 3]).await;
    let client = Client::new(server.settings()).await.unwrap();
    let error = client.create_service_account("svc").await.unwrap_err();
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
async fn streams_that_http2_may_have_processed_are_not_sent_again_with_a_post() {
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
async fn a_refusal_in_the_middle_of_a_response_does_not_undo_the_request() {
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

/// Returns a response whose body is compressed, or has the header of a compressed one.
fn encoded(encoding: &str, body: &[u8]) -> Reaction {
    let mut bytes = format!(
        "HTTP/1.1 200 OK\r\ncontent-encoding: {encoding}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend(body);
    Reaction::Send(bytes)
}

fn compressed<W: std::io::Write>(mut encoder: W, body: &[u8], finish: impl FnOnce(W) -> Vec<u8>) -> Vec<u8> {
    encoder.write_all(body).unwrap();
    finish(encoder)
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    compressed(encoder, body, |encoder| encoder.finish().unwrap())
}

#[tokio::test]
async fn compressed_responses_are_read() {
    let fast = flate2::Compression::fast();
    let zlib = flate2::write::ZlibEncoder::new(Vec::new(), fast);
    let raw = flate2::write::DeflateEncoder::new(Vec::new(), fast);
    let server = Listening::serve([
        encoded("gzip", &gzip(DUCKLINGS.as_bytes())),
        encoded(
            "deflate",
            &compressed(zlib, DUCKLINGS.as_bytes(), |encoder| encoder.finish().unwrap()),
        ),
        encoded(
            "deflate",
            &compressed(raw, DUCKLINGS.as_bytes(), |encoder| encoder.finish().unwrap()),
        ),
    ])
    .await;
    let client = server.client().await;
    for _ in 0..3 {
        client.ducklings("ada").await.unwrap();
    }
}

#[tokio::test]
async fn the_limit_of_size_counts_after_decoding() {
    let error = error_of(encoded("gzip", &gzip(&vec![b' '; SUCCESS_LIMIT + 1]))).await;
    assert!(
        error.to_string().ends_with("its body is larger than 16 MiB"),
        "{error}"
    );
}

#[tokio::test]
async fn an_encoding_that_was_not_offered_is_named() {
    for client_call in [0, 1] {
        let server = Listening::serve([encoded("br", b"\x0b\x00")]).await;
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

#[tokio::test]
async fn failures_are_reported_without_texts_of_libraries() {
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
            .ends_with("in 1 attempt: the server did not speak TLS"),
        "{error}"
    );
    drop(server.await.unwrap());

    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnonsense\r\n".to_vec();
    for (reaction, expected) in [
        (Reaction::SendAndClose(vec![]), "the server closed the connection"),
        (
            Reaction::SendAndClose(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec()),
            "the server did not speak HTTP",
        ),
        (
            Reaction::SendAndClose(chunked),
            "the server broke the rules of HTTP",
        ),
    ] {
        let error = error_of(reaction).await;
        assert!(error.to_string().ends_with(expected), "{error}");
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
async fn settings_that_cannot_be_sent_are_refused_without_showing_them() {
    for (change, expected) in [
        (
            (|settings| settings.token = "tok\nen".into()) as fn(&mut Settings),
            "API token",
        ),
        (|settings| settings.user_agent = "a\nb".to_owned(), "user agent"),
        (
            |settings| settings.ca_certificate_file = Some("/does/not/exist.pem".into()),
            "/does/not/exist.pem",
        ),
    ] {
        let mut settings = fake::settings();
        change(&mut settings);
        let error = Client::new(settings).await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!format!("{error:?}").contains("tok\\nen"));
    }
}

/// For these tests the server is a proxy, whether it refuses tunnels or sends other bytes.
fn proxied(server: &Listening, proxy: &str) -> Settings {
    let proxy = proxy.replace("PORT", &server.address.port().to_string());
    Settings {
        // No name server resolves this host, so only a proxy can reach it.
        base_url: BaseUrl::parse("https://api.invalid").unwrap(),
        proxy: Some(Proxy::parse(&proxy, "HTTPS_PROXY").unwrap()),
        max_retries: 0,
        ..fake::settings()
    }
}

async fn error_through(settings: Settings) -> Error {
    let client = Client::new(settings).await.unwrap();
    client.create_service_account("svc").await.unwrap_err()
}

#[tokio::test]
async fn a_failure_behind_a_proxy_names_the_proxy_without_its_credentials() {
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
        let server = Listening::serve([reaction]).await;
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
async fn a_proxy_that_cannot_be_reached_is_named() {
    let server = Listening::serve([]).await;
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
async fn requests_to_loopback_never_use_a_proxy() {
    let (proxy, server) = (
        Listening::serve([]).await,
        Listening::serve([json("200 OK", DUCKLINGS)]).await,
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
