//! Checks every request before it is sent: it may only change objects of this run.

use percent_encoding::percent_decode_str;
use reqwest::Method;
use serde_json::Value;

use crate::ledger::Ledger;

/// Whether a request changes nothing, or only accounts of this run.
pub(crate) fn is_harmless(method: &Method, path: &str, body: Option<&Value>, ledger: &Ledger) -> bool {
    if method == Method::GET {
        return true;
    }
    let path = path.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match segments[..] {
        ["v1", "users"] => {
            // Without a username the request creates nothing.
            let name = body.and_then(|body| body["username"].as_str());
            name.is_none_or(|name| ledger.is_generated(name))
        }
        ["v1", "users", owner, ..] => {
            let owner = percent_decode_str(owner).decode_utf8_lossy();
            ledger.is_generated(&owner)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn is_harmless_allows_writes_only_to_accounts_of_the_run() {
        let ledger = Ledger::default();
        let own = ledger.generate_name("");
        let unicode = ledger.generate_name("é");
        let encoded = percent_encoding::utf8_percent_encode(&unicode, percent_encoding::NON_ALPHANUMERIC);
        let other = "tfprobe_of_another_run";
        let create = |name: Value| json!({ "username": name });
        for (method, path, body, expected) in [
            (Method::GET, "/v1/users/grace/tokens".to_owned(), None, true),
            (Method::POST, "/v1/users".into(), Some(create(json!(own))), true),
            (
                Method::POST,
                "/v1/users".into(),
                Some(create(json!(own.to_uppercase()))),
                true,
            ),
            (Method::POST, "/v1/users".into(), Some(create(json!(7))), true),
            (Method::POST, "/v1/users".into(), Some(json!({})), true),
            (
                Method::POST,
                "/v1/users".into(),
                Some(create(json!("grace"))),
                false,
            ),
            (
                Method::POST,
                "/v1/users?x=1".into(),
                Some(create(json!(other))),
                false,
            ),
            (Method::DELETE, format!("/v1/users/{own}"), None, true),
            (
                Method::DELETE,
                format!("/v1/users/{encoded}/tokens/x"),
                None,
                true,
            ),
            (Method::DELETE, format!("/v1/users/{other}"), None, false),
            (Method::DELETE, "/v1/users/grace/tokens/x".into(), None, false),
            (
                Method::PUT,
                format!("/v1/users/grace%2F..%2F{own}/instances"),
                None,
                false,
            ),
            (Method::PUT, "/v1/users//instances".into(), None, false),
            (Method::POST, "/v1/dives/x/embed-session".into(), None, false),
            (Method::PATCH, format!("/v1/{own}"), None, false),
        ] {
            assert_eq!(
                is_harmless(&method, &path, body.as_ref(), &ledger),
                expected,
                "{method} {path} {body:?}"
            );
        }
    }
}
