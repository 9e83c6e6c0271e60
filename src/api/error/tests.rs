//! The predicates and texts of each kind of failure.

use serde_json::json;

use super::*;
use crate::api::fake::{FakeResponse, Script, TOKEN, status};
use crate::api::{BaseUrl, NewToken};

/// Returns the error of a GET with this response.
async fn get(response: FakeResponse) -> Error {
    let client = Script::new()
        .respond(response)
        .client_with(|settings| settings.max_retries = 0);
    client.ducklings("ada").await.unwrap_err()
}

fn problem(code: &str, message: &str) -> serde_json::Value {
    json!({ "code": code, "message": message })
}

#[tokio::test(start_paused = true)]
async fn is_gone_requires_404_and_code_not_found() {
    assert!(
        get(status(404).json(&problem("NOT_FOUND", "User not found")))
            .await
            .is_gone()
    );
    for response in [
        status(404).text("Not Found"),
        status(404),
        status(404).text("NOT_FOUND"),
        status(404).text("\"NOT_FOUND\""),
        status(404).json(&json!({ "message": "NOT_FOUND" })),
        status(404).json(&json!({ "data": { "code": "NOT_FOUND" }, "message": "x" })),
        status(404).json(&problem("not_found", "x")),
        status(404).json(&problem("UNROUTED", "x")),
        status(404).text("<html><title>NOT_FOUND</title></html>"),
        status(404)
            .json(&problem("NOT_FOUND", "x"))
            .cut_short()
            .text("{\"code\":\"NOT_FOUND\""),
    ] {
        let error = get(response).await;
        assert!(!error.is_gone() && error.is_unrouted(), "{error}");
    }
    for code in [400, 401, 403, 410, 500] {
        let error = get(status(code).json(&problem("NOT_FOUND", "x"))).await;
        assert!(!error.is_gone() && !error.is_unrouted(), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn predicates_depend_on_the_status() {
    for (code, conflict, unauthorized, forbidden) in [
        (400, true, false, false),
        (401, false, true, false),
        (403, false, false, true),
        (404, false, false, false),
        (409, true, false, false),
        (422, false, false, false),
    ] {
        let error = get(status(code)).await;
        assert!(matches!(error.kind(), Kind::Status { .. }), "{error}");
        assert_eq!(error.status(), Some(code));
        assert_eq!(
            (error.is_conflict(), error.is_unauthorized(), error.is_forbidden()),
            (conflict, unauthorized, forbidden),
            "{code}"
        );
        assert!(!error.is_unreachable() && !error.is_interrupted() && !error.outcome_unknown());
    }
}

#[tokio::test(start_paused = true)]
async fn error_has_request_code_message_issues_and_date() {
    let response = status(400).header("date", "Fri, 19 Jun 2026 00:00:01 GMT").json(&json!({
        "code": "BAD_REQUEST", "message": "m",
        "issues": [{ "code": "too_big", "message": "Too big", "path": ["config", "read_scaling", "flock_size"] }],
    }));
    let client = Script::new()
        .respond(response)
        .client_with(|settings| settings.base_url = BaseUrl::parse("https://gateway.example/duck/").unwrap());
    let error = client.ducklings("a/b").await.unwrap_err();
    assert_eq!(
        (error.method(), error.path()),
        ("GET", "/v1/users/a%2Fb/instances")
    );
    assert_eq!(
        error.url(),
        "https://gateway.example/duck/v1/users/a%2Fb/instances"
    );
    assert_eq!(
        (error.attempts(), error.code(), error.message()),
        (1, Some("BAD_REQUEST"), Some("m"))
    );
    assert_eq!(error.issues()[0].path, ["config", "read_scaling", "flock_size"]);
    assert_eq!(error.date().unwrap().to_string(), "2026-06-19T00:00:01Z");
}

#[tokio::test(start_paused = true)]
async fn display_contains_status_code_message_and_issues() {
    let prefix = "GET /v1/users/ada/instances returned status";
    for (response, expected) in [
        (
            status(401).json(&problem("UNAUTHORIZED", "Invalid Credentials")),
            "401 UNAUTHORIZED: Invalid Credentials",
        ),
        (
            status(403).json(&json!({ "code": "FORBIDDEN", "message": "Unauthorized",
                "issues": [{ "message": "minimum role org_admin is required" }] })),
            "403 FORBIDDEN: Unauthorized; minimum role org_admin is required",
        ),
        (
            status(400).json(&json!({ "code": "BAD_REQUEST", "message": "Required",
                "issues": [{ "message": "Required", "path": ["config", "read_scaling"] }] })),
            "400 BAD_REQUEST: Required (at config.read_scaling)",
        ),
        (
            status(400).json(&json!({ "message": "Bad",
                "issues": [{ "message": "Too big", "path": ["ttl"] }, { "message": "Bad" },
                           { "message": "Odd", "path": ["list", 2] }] })),
            "400: Bad; ttl: Too big; list.2: Odd",
        ),
        (
            status(400).json(&json!({ "code": "X", "issues": [{ "message": "Too big", "path": ["ttl"] }] })),
            "400 X: ttl: Too big",
        ),
        (
            status(502).text("<html>upstream unavailable</html>"),
            "502: an HTML page of 33 bytes",
        ),
        (status(503), "503"),
        (status(400).json(&json!({ "message": "", "code": "X" })), "400 X"),
    ] {
        assert_eq!(get(response).await.to_string(), format!("{prefix} {expected}"));
    }
}

#[tokio::test(start_paused = true)]
async fn display_contains_the_number_of_attempts() {
    let script = Script::of(vec![status(503).text("busy"); 5]);
    let error = script.client().ducklings("ada").await.unwrap_err();
    assert_eq!(error.attempts(), 5);
    assert_eq!(
        error.to_string(),
        "GET /v1/users/ada/instances returned status 503 (5 attempts): busy"
    );
}

#[tokio::test(start_paused = true)]
async fn display_of_unreachable_contains_address_and_attempts() {
    let refused = || SendError::Unreachable(Cause::new("the connection was refused"));
    let script = (0..5).fold(Script::new(), |script, _| script.fail(refused));
    let error = script.client().create_service_account("svc").await.unwrap_err();
    assert!(error.is_unreachable() && !error.outcome_unknown());
    assert_eq!(
        error.to_string(),
        "no connection to api.motherduck.com:443 could be made for POST https://api.motherduck.com/v1/users \
         in 5 attempts: the connection was refused"
    );
    assert_eq!(error.status(), None);
}

#[tokio::test(start_paused = true)]
async fn display_of_failures_without_a_response() {
    let url = "https://api.motherduck.com/v1/users/ada/instances";
    for (failure, is_kind, expected) in [
        (
            (|| SendError::Untrusted(Cause::new("UnknownIssuer"))) as fn() -> SendError,
            (|kind| matches!(kind, Kind::Untrusted { .. })) as fn(&Kind) -> bool,
            format!(
                "the TLS certificate of api.motherduck.com:443 is not trusted, so GET {url} was not sent: UnknownIssuer"
            ),
        ),
        (
            || SendError::Dropped(Cause::new("reset by\npeer")),
            |kind| matches!(kind, Kind::Dropped { .. }),
            format!(
                "the connection to api.motherduck.com:443 broke before the response to GET {url} was complete (1 attempt): reset by peer"
            ),
        ),
        (
            || SendError::TimedOut(Duration::from_millis(1500)),
            |kind| matches!(kind, Kind::TimedOut { .. }),
            format!("GET {url} had no response within 1.5 seconds (1 attempt)"),
        ),
    ] {
        let client = Script::new()
            .fail(failure)
            .client_with(|settings| settings.max_retries = 0);
        let error = client.ducklings("ada").await.unwrap_err();
        assert_eq!((is_kind(error.kind()), error.to_string()), (true, expected));
        assert_eq!(error.is_unreachable(), error.is_untrusted());
    }
}

#[tokio::test(start_paused = true)]
async fn display_of_a_redirect_contains_only_its_host() {
    for (location, expected) in [
        (
            "https://other.example:8443/login?token=abc",
            "to https://other.example:8443;",
        ),
        ("//other.example/x", "to https://other.example;"),
        ("/login", "to https://api.motherduck.com;"),
        ("https://", "without a usable location;"),
    ] {
        let error = get(status(302).header("location", location).text("<html>")).await;
        assert!(matches!(error.kind(), Kind::Redirected { .. }), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!error.to_string().contains("abc"));
    }
    assert!(
        get(status(304))
            .await
            .to_string()
            .contains("without a usable location")
    );
}

#[tokio::test(start_paused = true)]
async fn display_of_a_malformed_success_omits_the_body() {
    for (response, expected) in [
        (
            status(200).json(&json!({ "read_write": "hello, expected a map" })),
            "its body is not what the API documents: `read_write` is not an object",
        ),
        (status(200).text("hello"), "its body is not JSON"),
        (status(200).capped(), "its body is larger than 16 MiB"),
    ] {
        let error = get(response).await;
        assert!(matches!(error.kind(), Kind::Malformed { .. }), "{error}");
        assert!(
            error.to_string().contains(expected) && !error.to_string().contains("hello"),
            "{error}"
        );
        assert!(!error.outcome_unknown());
    }
}

#[tokio::test(start_paused = true)]
async fn display_and_debug_mask_the_admin_token() {
    let echo = format!("bad header Bearer {TOKEN}");
    for response in [
        status(401).text(&echo),
        status(401).json(&problem(TOKEN, &echo)),
        status(400).json(&json!({ "error": TOKEN })),
        status(400).json(&json!({
            "message": echo, "issues": [{ "code": TOKEN, "message": echo, "path": [TOKEN] }],
        })),
        status(500).text(&format!("<html><title>{echo}</title></html>")),
        status(302).header("location", &format!("https://{TOKEN}.example/{TOKEN}")),
    ] {
        let error = get(response).await;
        let shown = format!("{error} {error:?} {error:#?}");
        assert!(!shown.contains(TOKEN), "{shown}");
        assert!(shown.contains("***"), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn outcome_unknown_depends_on_all_attempts() {
    let dropped = || SendError::Dropped(Cause::new("reset"));
    let timed_out = || SendError::TimedOut(Duration::from_secs(1));
    let unreachable = || SendError::Unreachable(Cause::new("refused"));
    let gone = || status(404).json(&problem("NOT_FOUND", "x"));
    // A POST, which is repeated only if it was not processed.
    for (script, unknown) in [
        (Script::new().fail(dropped), true),
        (Script::new().fail(timed_out), true),
        (Script::new().respond(status(500)), true),
        (Script::new().respond(status(503)), true),
        (Script::new().respond(status(200).text("?")), true),
        (Script::new().respond(status(200).capped()), true),
        (Script::new().respond(status(302)), false),
        (Script::new().respond(status(400)), false),
        (Script::new().respond(status(400).cut_short()), false),
        (Script::new().respond(gone()), false),
        (Script::new().respond(status(429)).respond(status(429)), false),
        (Script::new().fail(unreachable).fail(unreachable), false),
        (Script::new().fail(unreachable).fail(dropped), true),
        (Script::new().respond(status(429)).fail(timed_out), true),
    ] {
        let client = script.client_with(|settings| settings.max_retries = 1);
        let error = client
            .create_token("ada", &NewToken::default())
            .await
            .unwrap_err();
        assert_eq!(error.outcome_unknown(), unknown, "{:?} {error}", script.sent());
    }
    // A DELETE, which is repeated. What one attempt may have done stays unknown, however the last one ends.
    for (script, unknown) in [
        (Script::new().fail(dropped).fail(unreachable), true),
        (Script::new().fail(unreachable).fail(dropped), true),
        (Script::new().fail(unreachable).fail(unreachable), false),
        (Script::new().respond(status(503)).respond(status(429)), true),
        (Script::new().respond(status(503)).respond(status(401)), true),
        (Script::new().fail(dropped).respond(status(302)), true),
    ] {
        let client = script.client_with(|settings| settings.max_retries = 1);
        let error = client.delete_user("ada").await.unwrap_err();
        assert_eq!(error.outcome_unknown(), unknown, "{:?} {error}", script.sent());
    }
}
