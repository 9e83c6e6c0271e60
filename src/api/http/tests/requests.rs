//! Requests and responses.

use super::super::*;
use super::raw_server::{RawServer, json, send_text};
use super::{DUCKLINGS, error_of};
use crate::api::{Client, Kind, fake};

#[tokio::test]
async fn requests_have_headers_and_share_a_connection() {
    let server = RawServer::serve([json("200 OK", DUCKLINGS), json("200 OK", r#"{"username":"svc"}"#)]).await;
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
async fn user_agent_may_contain_non_ascii_text() {
    let server = RawServer::serve([json("200 OK", DUCKLINGS)]).await;
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
async fn redirect_is_an_error_and_is_not_followed() {
    let elsewhere = RawServer::serve([json("200 OK", DUCKLINGS)]).await;
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
async fn error_contains_the_date_of_its_response() {
    let not_found = r#"{"code":"NOT_FOUND","message":"User not found"}"#;
    let response = format!(
        "HTTP/1.1 404 Not Found\r\ndate: Fri, 19 Jun 2026 00:00:00 GMT\r\ncontent-length: {}\r\n\r\n{not_found}",
        not_found.len()
    );
    let error = error_of(send_text(&response)).await;
    assert!(error.is_gone());
    assert_eq!(error.date().unwrap().to_string(), "2026-06-19T00:00:00Z");
}
