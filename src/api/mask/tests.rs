//! Texts that are masked, and texts that stay readable.

use super::*;

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
const LONG: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCD";

fn masker(secrets: &[&str]) -> Masker {
    secrets.iter().fold(Masker::default(), |masker, secret| {
        masker.with_secret(&(*secret).into())
    })
}

fn mask(text: &str) -> String {
    Masker::default().mask(text)
}

#[test]
fn mask_replaces_each_occurrence_and_spelling_of_known_secrets() {
    let special = r#"a"b/c"#;
    for (secrets, text, expected) in [
        (
            &["s3cret", "other"][..],
            "s3cret and s3crets3cret, other",
            "*** and ******, ***",
        ),
        (&["s3cret"], "nothing here", "nothing here"),
        (&[special], r#"{"echo":"a\"b/c"}"#, r#"{"echo":"***"}"#),
        (&[special], "?t=a%22b%2Fc", "?t=***"),
        (&[special], "in base64 YSJiL2M=", "in base64 ***M="),
        // A secret that is part of another one.
        (&["abc", "abcdef"], "abcdef abc", "*** ***"),
        (&[""], "text", "text"),
    ] {
        assert_eq!(masker(secrets).mask(text), expected, "{text}");
    }
}

#[test]
fn sanitize_masks_secrets_with_control_characters_or_truncated() {
    let masker = masker(&["s3cret"]);
    assert_eq!(masker.sanitize("x s3\0cret"), "x ***");
    let long = format!("{}s3cret", "x ".repeat(text::TEXT_LIMIT / 2 - 3));
    assert!(!masker.sanitize(&long).contains("s3"));
}

#[test]
fn mask_replaces_unknown_secrets_by_their_shape() {
    for (text, expected) in [
        (format!("bad {JWT}."), "bad ***."),
        (format!("[{JWT}]"), "[***]"),
        ("eyJ.a.b".to_owned(), "***"),
        (format!("prefix_{JWT} end"), "prefix_*** end"),
        (format!("first {JWT}, then {JWT}"), "first ***, then ***"),
        // A part of a secret in a text that was cut.
        (JWT[..20].to_owned(), "***"),
        (LONG.to_owned(), "***"),
        (format!("<b>{LONG}</b>"), "<b>***</b>"),
        (format!("/x/{}/y", "0123456789abcdef".repeat(4)), "/x/***/y"),
        (format!("{LONG}=="), "***=="),
    ] {
        assert_eq!(mask(&text), expected, "{text}");
    }
}

#[test]
fn mask_leaves_words_ids_and_allowed_names() {
    for text in [
        "User 3fa85f64-5717-4562-b3fc-2c963f66afa6 not found",
        &LONG[1..],
        "GET /v1/users/analytics_service_account/tokens/3fa85f64-5717-4562-b3fc-2c963f66afa6",
        "the keyJar.config.value and apiKeyJson.load.all",
        "users.createServiceAccount: minimum role org_admin is required",
        "Invalid MotherDuck token: it has expired",
        "Bearer token is missing",
        "the token=",
        "größer als ein Schlüssel 🦆",
    ] {
        assert_eq!(mask(text), text);
    }
    let name = format!("rotation-{LONG}");
    let masker = Masker::default().with_public_texts([name.clone(), format!("/v1/users/{name}")]);
    let text = format!("{name} exists at /v1/users/{name}, not {LONG}x");
    assert_eq!(masker.mask(&text), text.replace(&format!("{LONG}x"), "***"));
    let secret = masker.with_secret(&name.as_str().into());
    assert_eq!(
        secret.mask(&name),
        "***",
        "a secret is masked, whatever the request contains"
    );
}

#[test]
fn mask_replaces_values_of_secret_member_names() {
    for (text, expected) in [
        (r#"{"token":"abc","id":"7"}"#, r#"{"token":"***","id":"7"}"#),
        (
            r#"{"access_token" : "a\"bc","id":"7"}"#,
            r#"{"access_token" : "***","id":"7"}"#,
        ),
        (r#"{"token":"cut off"#, r#"{"token":"***"#),
        (
            r#"{"body":"{\"session\":\"abc\",\"id\":\"7\"}"}"#,
            r#"{"body":"{\"session\":\"***\",\"id\":\"7\"}"}"#,
        ),
        ("{'password': 'abc'}", "{'password': '***'}"),
        (
            r#"{"token_type":"read_write","tokens":["a"]}"#,
            r#"{"token_type":"read_write","tokens":["a"]}"#,
        ),
        (
            "md:db?motherduck_token=abc&saas_mode=true",
            "md:db?motherduck_token=***&saas_mode=true",
        ),
        (
            "Authorization: Bearer abcdefgh12345678, sent",
            "Authorization: Bearer ***, sent",
        ),
    ] {
        assert_eq!(mask(text), expected, "{text}");
    }
}

#[test]
fn loggable_body_masks_json_by_member_name_and_shape() {
    for (body, expected) in [
        (
            r#"{"token":"eyJ1","id":"1","tokens":[{"id":"2","Token":{"a":1}}],"x":{"session":"s"},"n":4.0}"#,
            r#"{"token":"***","id":"1","tokens":[{"id":"2","Token":"***"}],"x":{"session":"***"},"n":4.0}"#,
        ),
        (
            r#"{"apiKey":"a","client_secret":["b"],"Authorization":"c","refresh_token":null,"token_type":"x"}"#,
            r#"{"apiKey":"***","client_secret":"***","Authorization":"***","refresh_token":null,"token_type":"x"}"#,
        ),
        (r#"{"message":"bad s3cret"}"#, r#"{"message":"bad ***"}"#),
    ] {
        let shown: Value = serde_json::from_str(&masker(&["s3cret"]).loggable_body(body.as_bytes())).unwrap();
        assert_eq!(shown, serde_json::from_str::<Value>(expected).unwrap(), "{body}");
    }
    let unknown = format!(r#"{{"new":"{JWT}","deep":[{{"x":"{LONG}"}}]}}"#);
    assert_eq!(
        Masker::default().loggable_body(unknown.as_bytes()),
        r#"{"deep":[{"x":"***"}],"new":"***"}"#
    );
    assert_eq!(
        Masker::default().loggable_body(br#"{"token":"eyJ1"#),
        "(14 bytes, not JSON)"
    );
}

#[test]
fn loggable_body_above_the_limit_is_logged_by_size() {
    let body = format!("[{}0]", "0,".repeat(LOGGED_LIMIT));
    assert_eq!(
        Masker::default().loggable_body(body.as_bytes()),
        format!("({} bytes, too many for the log)", body.len())
    );
}

#[test]
fn masker_debug_omits_secrets() {
    assert!(!format!("{:?}", masker(&["s3cret"])).contains("s3cret"));
}
