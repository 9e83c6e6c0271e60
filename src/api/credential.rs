//! Facts about the token of the requests that are not secret.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Facts about the token of a client.
pub(super) struct Credential {
    /// Sentences about its source and type.
    description: String,
    expiry: Option<Timestamp>,
}

impl Credential {
    /// Returns the facts about this token from `source`. The signature of a JWT is not checked, because the
    /// facts are only shown to the user.
    pub(super) fn new(source: &str, token: &str) -> Self {
        let payload = read_payload(token).unwrap_or_default();
        let member = |names: [&str; 2]| names.into_iter().find_map(|name| payload.get(name));
        let kind = member(["tokenType", "token_type"]).and_then(Value::as_str);
        let mut description = format!("The token came from {source}.");
        if kind.is_some_and(|kind| kind.to_lowercase().contains("scaling")) {
            description += " It is a read scaling token, and the API takes read/write tokens only.";
        } else if member(["readOnly", "read_only"]).and_then(Value::as_bool) == Some(true) {
            description += " It is a read-only token, and the API takes read/write tokens only.";
        }
        Credential {
            description,
            expiry: payload.get("exp").and_then(Value::as_f64).and_then(timestamp),
        }
    }

    /// Returns sentences about the token for the error of a response that refuses it.
    pub(super) fn describe(&self, now: Timestamp) -> String {
        let description = &self.description;
        match self.expiry {
            Some(end) if end <= now => format!("{description} It expired at {end}."),
            Some(end) => format!("{description} It expires at {end}."),
            None => description.clone(),
        }
    }
}

fn timestamp(seconds: f64) -> Option<Timestamp> {
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the conversion saturates, and fractions do not matter"
    )]
    Timestamp::from_second(seconds as i64).ok()
}

/// Decodes the second of the three parts of a JWT.
fn read_payload(token: &str) -> Option<Map<String, Value>> {
    let mut parts = token.split('.');
    let (Some(_), Some(payload), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    let json = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(payload: &str) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!(
            "{}.{}.{}",
            part(r#"{"alg":"HS256"}"#),
            part(payload),
            part("signature")
        )
    }

    fn describe(token: &str) -> String {
        let now = "2026-06-19T00:00:00Z".parse().unwrap();
        Credential::new("the attribute `admin_token`", token).describe(now)
    }

    #[test]
    fn describe_reports_type_and_expiry_of_a_jwt() {
        let source = "The token came from the attribute `admin_token`.";
        for (payload, expected) in [
            ("{}", ""),
            (r#"{"exp":1781827200}"#, " It expired at 2026-06-19T00:00:00Z."),
            (
                r#"{"exp":1781827201.5,"tokenType":"read_write","readOnly":false}"#,
                " It expires at 2026-06-19T00:00:01Z.",
            ),
            (
                r#"{"tokenType":"read_scaling","readOnly":true}"#,
                " It is a read scaling token, and the API takes read/write tokens only.",
            ),
            (
                r#"{"token_type":"READ_SCALING","exp":1}"#,
                " It is a read scaling token, and the API takes read/write tokens only. It expired at 1970-01-01T00:00:01Z.",
            ),
            (
                r#"{"read_only":true}"#,
                " It is a read-only token, and the API takes read/write tokens only.",
            ),
            (r#"{"exp":1e300}"#, ""),
        ] {
            assert_eq!(
                describe(&jwt(payload)),
                format!("{source}{expected}"),
                "{payload}"
            );
        }
    }

    #[test]
    fn describe_of_another_token_reports_only_its_source() {
        for token in [
            "secret",
            "a.b",
            "eyJ.!!.x",
            "a.b.c.d",
            &jwt("[1]"),
            &jwt(r#"{"exp":"soon"}"#),
        ] {
            assert_eq!(
                describe(token),
                "The token came from the attribute `admin_token`.",
                "{token}"
            );
        }
    }
}
