//! Tests with valid and invalid responses of each kind.

use serde_json::json;

use super::*;

fn exchange(method: &str, path: &str, status: u16, body: &Value) -> Exchange {
    Exchange {
        method: method.to_owned(),
        path: path.to_owned(),
        status,
        content_type: Some("application/json".to_owned()),
        body: body.to_string().into_bytes(),
    }
}

fn error_of(exchange: &Exchange) -> String {
    Contract::committed().check(exchange).unwrap_err().to_string()
}

fn token() -> Value {
    json!({
        "id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "name": "n", "description": null,
        "created_ts": "2026-06-19T00:00:00Z", "read_only": false, "token_type": "read_write",
    })
}

/// Returns a listing of one token that `change` has modified.
fn listing(change: impl FnOnce(&mut Value)) -> Exchange {
    let mut token = token();
    change(&mut token);
    exchange("GET", "/v1/users/svc/tokens", 200, &json!({ "tokens": [token] }))
}

#[test]
fn valid_responses_are_accepted() {
    let contract = Contract::committed();
    let not_found = json!({ "message": "User not found", "code": "NOT_FOUND" });
    for good in [
        listing(|_| {}),
        // Clients must accept unknown fields.
        listing(|token| token["future"] = true.into()),
        exchange("DELETE", "/v1/users/svc/tokens/x", 404, &not_found),
        exchange("POST", "/v1/users", 413, &not_found),
        exchange("POST", "/v1/users", 200, &json!({ "username": "svc" })),
    ] {
        assert_eq!(contract.check(&good), Ok(()));
    }
}

#[test]
fn invalid_responses_are_errors_with_the_reason() {
    let cases = [
        (
            exchange("POST", "/v1/users", 201, &json!({ "username": "svc" })),
            "POST /v1/users returned 201: the contract does not list this status",
        ),
        (
            Exchange {
                content_type: Some("text/html; charset=utf-8".to_owned()),
                ..listing(|_| {})
            },
            r#"the contract has no body of type "text/html" for this status"#,
        ),
        (
            Exchange {
                content_type: None,
                ..listing(|_| {})
            },
            r#"no body of type """#,
        ),
        (
            Exchange {
                body: b"{\"tokens\": [".to_vec(),
                ..listing(|_| {})
            },
            "the body is not JSON",
        ),
        (
            exchange("GET", "/v1/users/svc/tokens", 200, &json!({})),
            "required",
        ),
        (
            listing(|token| token["read_only"] = "no".into()),
            r#"at "/tokens/0/read_only""#,
        ),
        (
            listing(|token| token["token_type"] = "both".into()),
            r#"at "/tokens/0/token_type""#,
        ),
        (
            listing(|token| token["created_ts"] = "yesterday".into()),
            r#"format at "/tokens/0/created_ts""#,
        ),
        (
            listing(|token| token["id"] = "7".into()),
            r#"format at "/tokens/0/id""#,
        ),
        (
            exchange("POST", "/v1/users", 400, &json!({ "message": "no code" })),
            "required",
        ),
        (
            exchange("GET", "/v1/users/svc", 200, &json!({})),
            "it is no operation of the contract",
        ),
    ];
    for (wrong, expected) in cases {
        let reported = error_of(&wrong);
        assert!(
            reported.contains(expected),
            "{reported} does not contain {expected}"
        );
    }
}

#[test]
fn null_is_accepted_only_for_nullable_fields() {
    let contract = Contract::committed();
    assert_eq!(
        contract.check(&listing(|token| token["name"] = Value::Null)),
        Ok(())
    );
    assert!(error_of(&listing(|token| token["read_only"] = Value::Null)).contains("type"));
}

#[test]
fn error_omits_the_body() {
    let mut token = token();
    token["token"] = json!(["hush-hush"]);
    let reported = error_of(&exchange("POST", "/v1/users/svc/tokens", 200, &token));
    assert!(reported.contains(r#"at "/token""#), "{reported}");
    assert!(!reported.contains("hush-hush"), "{reported}");
}

#[test]
fn plain_text_404_is_accepted_for_unrouted_requests() {
    let unrouted = Exchange {
        content_type: Some("text/plain; charset=utf-8".to_owned()),
        body: b"Not Found".to_vec(),
        ..exchange("PATCH", "/v1/users/svc", 404, &Value::Null)
    };
    assert_eq!(Contract::committed().check(&unrouted), Ok(()));
    let missing_endpoint = Exchange {
        method: "GET".to_owned(),
        path: "/v1/users".to_owned(),
        ..unrouted
    };
    assert_eq!(Contract::committed().check(&missing_endpoint), Ok(()));
}

#[test]
fn parse_of_an_invalid_document_is_an_error() {
    for (text, complaint) in [
        ("paths: [", "cannot be read"),
        ("openapi: 3.0.3", "it has no operations"),
        (
            "paths: { /v1: { get: { responses: { '200': { $ref: '#/nowhere' } } } } }",
            "leads nowhere",
        ),
        (
            "paths: { /v1: { get: { responses: { default: {} } } } }",
            "numeric",
        ),
    ] {
        let error = Contract::parse(text).unwrap_err().to_string();
        assert!(error.contains(complaint), "{error}");
    }
}
