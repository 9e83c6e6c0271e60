//! The server before an endpoint is selected: routes, the guard, TLS, latency, and starting and stopping the
//! server.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::{ADMIN_USERNAME, DEFAULT_ADMIN_TOKEN, Emulator, StartError};
use reqwest::{Client, Method, Version};
use serde_json::json;

use crate::support::{Api, JsonResponse, assert_unrouted, client_of};

#[tokio::test]
async fn unrouted_request_returns_plain_text_404() {
    let mut api = Api::with_account("svc").await;
    for bearer in [DEFAULT_ADMIN_TOKEN, "not-a-token"] {
        api.act_as(bearer);
        for (method, path) in [
            (Method::GET, "/"),
            (Method::GET, "/v1"),
            (Method::GET, "/v2/users"),
            (Method::GET, "/v1/users/svc"),
            (Method::PATCH, "/v1/users/svc"),
            (Method::PUT, "/v1/users"),
            (Method::OPTIONS, "/v1/users"),
            (Method::DELETE, "/v1/users/svc/instances"),
            (Method::POST, "/v1/users/svc/instances"),
            (
                Method::GET,
                "/v1/users/svc/tokens/3fa85f64-5717-4562-b3fc-2c963f66afa6",
            ),
            (Method::GET, "/v1/users/svc/tokens/"),
            (Method::POST, "/v1/active_accounts"),
            (Method::GET, "/_emulator/secrets"),
            (Method::POST, "/_emulator/seed"),
        ] {
            let response = api.request(method, path).send().await.unwrap();
            assert!(response.headers().get("allow").is_none(), "{path}");
            assert_unrouted(response).await;
        }
    }
}

#[test]
fn undecodable_path_returns_400() {
    let emulator = CheckedEmulator::start_blocking(Emulator::builder()).unwrap();
    for bad in ["%", "%z1", "a%2", "%ff", "a%C3%28"] {
        for (method, path) in [
            (Method::GET, format!("/v1/users/{bad}/instances")),
            (Method::PUT, format!("/v1/users/{bad}/instances")),
            (Method::GET, format!("/v1/users/{bad}/tokens")),
            (Method::POST, format!("/v1/users/{bad}/tokens")),
            (Method::DELETE, format!("/v1/users/{ADMIN_USERNAME}/tokens/{bad}")),
            (Method::DELETE, format!("/v1/users/{bad}")),
            (Method::POST, format!("/v1/dives/{bad}/embed-session")),
        ] {
            // An HTTP client would normalize such a path before sending it.
            let response = send_raw(&emulator, &method, &path);
            assert!(
                response.starts_with("HTTP/1.1 400"),
                "{method} {path}: {response}"
            );
            assert!(
                response.contains(r#""code":"BAD_REQUEST""#),
                "{method} {path}: {response}"
            );
        }
    }
    let unrouted = send_raw(&emulator, &Method::GET, "/v1/%");
    assert!(unrouted.starts_with("HTTP/1.1 404"), "{unrouted}");
}

/// Sends a request of the admin with exactly this path, and returns the response.
fn send_raw(emulator: &Emulator, method: &Method, path: &str) -> String {
    let mut stream = TcpStream::connect(emulator.address()).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         authorization: Bearer {DEFAULT_ADMIN_TOKEN}\r\n\r\n"
    )
    .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response
}

#[tokio::test]
async fn specs_are_served_without_a_token() {
    let api = Api::start().await;
    let response = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = response.get(format!("{}/docs/specs", api.emulator.url()));
    let specs = JsonResponse::read(response.send().await.unwrap()).await.ok();
    assert_eq!(specs["openapi"], "3.0.3");
    let specs_path = &specs["paths"]["/docs/specs"]["get"];
    assert_eq!(specs_path["operationId"], "docs-specs");
    assert!(specs["paths"]["/v1/users"]["post"].is_object());
}

#[tokio::test]
async fn foreign_host_or_origin_returns_403() {
    let api = Api::start().await;
    for path in ["/v1/users", "/_emulator/state", "/nowhere"] {
        for (header, value) in [
            ("host", "example.com"),
            ("host", "127.0.0.1.example.com"),
            ("origin", "https://example.com"),
            ("origin", "null"),
        ] {
            let response = api
                .request(Method::GET, path)
                .header(header, value)
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), 403, "{path} {header}: {value}");
            assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
            assert!(response.text().await.unwrap().starts_with("Forbidden: "));
        }
    }
    let port = api.emulator.address().port();
    for (header, value) in [
        ("host", format!("localhost:{port}")),
        ("host", "[::1]".to_owned()),
        ("host", "127.9.9.9:1".to_owned()),
        ("origin", api.emulator.url()),
    ] {
        let response = api
            .request(Method::GET, "/v1/users")
            .header(header, &value)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{header}: {value}");
    }
}

#[tokio::test]
async fn control_request_of_another_local_origin_returns_403() {
    let api = Api::start().await;
    let port = api.emulator.address().port();
    for origin in [
        "http://localhost:3000".to_owned(),
        // Another host name of the same server is another origin.
        format!("http://localhost:{port}"),
        format!("https://127.0.0.1:{port}"),
    ] {
        for (method, path) in [
            (Method::POST, "/_emulator/clock"),
            (Method::PUT, "/_emulator/seed"),
            (Method::PUT, "/_emulator/faults"),
            (Method::DELETE, "/_emulator/requests"),
            (Method::GET, "/_emulator/state"),
        ] {
            // A page can send these without a preflight request.
            let request = api.request(method, path).header("content-type", "text/plain");
            let request = request
                .header("origin", &origin)
                .body(r#"{"advance_seconds":60}"#);
            assert_eq!(
                request.send().await.unwrap().status(),
                403,
                "{path} from {origin}"
            );
        }
    }
    assert_eq!(api.emulator.state()["clock"]["offset_seconds"], 0);
}

#[tokio::test]
async fn head_request_to_the_api_returns_404() {
    let api = Api::start().await;
    for path in ["/v1/users", "/v1/active_accounts", "/v1/nowhere"] {
        let response = api.request(Method::HEAD, path).send().await.unwrap();
        assert_eq!(response.status(), 404, "{path}");
        assert_eq!(response.headers()["content-type"], "text/plain; charset=utf-8");
    }
    let page = api.request(Method::HEAD, "/_emulator/").send().await.unwrap();
    assert_eq!(page.status(), 200);
}

/// Returns the first line of the response to raw bytes.
fn status_line(emulator: &Emulator, request: &str) -> String {
    let mut stream = TcpStream::connect(emulator.address()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn incomplete_body_returns_parse_error() {
    let emulator = CheckedEmulator::start_blocking(Emulator::builder()).unwrap();
    let mut stream = TcpStream::connect(emulator.address()).unwrap();
    let request = format!(
        "POST /v1/users HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {DEFAULT_ADMIN_TOKEN}\r\n\
         content-length: 100\r\n\r\n{{\"username\":"
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 400 "), "{response}");
    assert!(response.contains("PARSE_ERROR"), "{response}");
}

#[test]
fn missing_or_foreign_host_in_the_target_returns_403() {
    let emulator = CheckedEmulator::start_blocking(Emulator::builder()).unwrap();
    let without = status_line(&emulator, "GET /_emulator/state HTTP/1.0\r\n\r\n");
    assert_eq!(without, "HTTP/1.0 403 Forbidden");
    let absolute =
        "GET http://example.com/_emulator/state HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    assert_eq!(status_line(&emulator, absolute), "HTTP/1.1 403 Forbidden");
    let two =
        "GET /_emulator/state HTTP/1.1\r\nhost: localhost\r\nhost: example.com\r\nconnection: close\r\n\r\n";
    assert_ne!(status_line(&emulator, two), "HTTP/1.1 200 OK");
    let good = "GET /_emulator/state HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    assert_eq!(status_line(&emulator, good), "HTTP/1.1 200 OK");
}

#[tokio::test]
async fn start_with_invalid_address_or_token_is_an_error() {
    let refused = Emulator::builder()
        .listen("0.0.0.0:0".parse().unwrap())
        .start()
        .await
        .unwrap_err();
    assert!(matches!(refused, StartError::NotLoopback(_)), "{refused}");
    let first = CheckedEmulator::start(Emulator::builder()).await.unwrap();
    let taken = Emulator::builder()
        .listen(first.address())
        .start()
        .await
        .unwrap_err();
    assert!(matches!(taken, StartError::Bind { .. }), "{taken}");
    for token in ["", "two words", "line\nbreak"] {
        let refused = Emulator::builder().admin_token(token).start().await.unwrap_err();
        assert!(matches!(refused, StartError::AdminToken), "{refused}");
    }
}

#[tokio::test]
async fn tls_serves_http1_and_http2_with_a_generated_certificate() {
    let emulator = CheckedEmulator::start(Emulator::builder().tls(true))
        .await
        .unwrap();
    assert!(emulator.url().starts_with("https://127.0.0.1:"));
    let pem = emulator.certificate_authority_pem().unwrap();
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----"));
    let trusting = client_of(&emulator, Version::HTTP_2);
    let port = emulator.address().port();
    for base in [emulator.url(), format!("https://localhost:{port}")] {
        let response = trusting
            .get(format!("{base}/v1/users"))
            .bearer_auth(DEFAULT_ADMIN_TOKEN);
        let response = response.send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.version()),
            (200, Version::HTTP_2)
        );
    }
    let response = client_of(&emulator, Version::HTTP_11)
        .get(format!("{}/_emulator/state", emulator.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (response.status().as_u16(), response.version()),
        (200, Version::HTTP_11)
    );

    let distrusting = Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    assert!(distrusting.get(emulator.url()).send().await.is_err());
}

#[tokio::test]
async fn idle_tls_connection_does_not_block_others() {
    let emulator = CheckedEmulator::start(Emulator::builder().tls(true))
        .await
        .unwrap();
    let _silent = TcpStream::connect(emulator.address()).unwrap();
    let response = client_of(&emulator, Version::HTTP_2)
        .get(format!("{}/_emulator/state", emulator.url()))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
}

#[tokio::test]
async fn latency_delays_the_api_and_logs_a_disconnected_client() {
    let api = Api::with(Emulator::builder().latency(Duration::from_secs(3600))).await;
    let request = api
        .request(Method::POST, "/v1/users")
        .json(&json!({ "username": "svc" }));
    let gave_up = request
        .timeout(Duration::from_millis(50))
        .send()
        .await
        .unwrap_err();
    assert!(gave_up.is_timeout());
    // Control requests are not delayed. The server detects later that the client has disconnected.
    let log = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            let log = api.get("/_emulator/requests").await.ok();
            if log != json!([]) {
                break log;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    assert_eq!(log[0]["path"], "/v1/users");
    assert!(log[0]["status"].is_null());
    assert_eq!(api.emulator.state()["accounts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn stop_closes_the_port() {
    let emulator = CheckedEmulator::start(Emulator::builder()).await.unwrap();
    let (address, url) = (emulator.address(), emulator.url());
    let client = Client::builder().no_proxy().build().unwrap();
    // An idle keep-alive connection does not keep the emulator running.
    assert_eq!(
        client
            .get(format!("{url}/_emulator/state"))
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    emulator.stop().await;
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn drop_stops_the_emulator() {
    let emulator = CheckedEmulator::start_blocking(Emulator::builder()).unwrap();
    let address = emulator.address();
    assert_eq!(emulator.url(), format!("http://{address}"));
    assert!(TcpStream::connect(address).is_ok());
    drop(emulator);
    assert!(TcpStream::connect(address).is_err());
}
