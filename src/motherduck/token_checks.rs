//! Compares the token that the API returns with the request. The API drops fields that it does not know
//! without an error.

use jiff::Timestamp;

use super::account_name::{composed, folded};
use crate::api::{NewToken, Token};
use crate::framework::{Diagnostic, Path};

/// The tolerance, in seconds, between `expire_at` minus `created_ts` and the `ttl` of the request.
pub(crate) const TOLERANCE: i64 = 5;

/// Returns the whole seconds between `created_ts` and `expire_at`; `None` for a token that never expires or
/// whose times cannot be parsed.
pub(crate) fn lifetime_seconds(token: &Token) -> Option<i64> {
    let end: Timestamp = token.expire_at.as_deref()?.parse().ok()?;
    let start: Timestamp = token.created_ts.parse().ok()?;
    let length = end.duration_since(start);
    let half_up =
        i64::from(length.subsec_nanos() >= 500_000_000) - i64::from(length.subsec_nanos() <= -500_000_000);
    Some(length.as_secs() + half_up)
}

/// Describes how a new token differs from the request: its name, type, description or expiry. A missing
/// description is no difference, see [`description_missing`].
pub(crate) fn difference(sent: &NewToken, created: &Token) -> Option<String> {
    if let Some(name) = &created.name
        && !is_same_text(name, &sent.name)
    {
        return Some(format!(
            "The name {:?} was sent, and the created token is named {name:?}.",
            sent.name
        ));
    }
    if let Some(token_type) = &sent.token_type
        && !token_type.eq_ignore_ascii_case(&created.token_type)
    {
        return Some(format!(
            "The type {token_type} was sent, and the created token has the type {}.",
            created.token_type
        ));
    }
    if let (Some(sent), Some(stored)) = (&sent.description, description(created))
        && !is_same_text(sent, stored)
    {
        return Some(format!(
            "The description {sent:?} was sent, and the created token has the description {stored:?}."
        ));
    }
    match (sent.ttl, &created.expire_at) {
        (None, None) => None,
        (None, Some(end)) => Some(format!(
            "No `ttl` was sent, and the created token expires at {end}."
        )),
        (Some(ttl), None) => Some(format!(
            "A `ttl` of {ttl} seconds was sent, and the created token never expires."
        )),
        (Some(ttl), Some(end)) => match lifetime_seconds(created) {
            Some(length) if length.abs_diff(ttl.cast_signed()) <= TOLERANCE.unsigned_abs() => None,
            Some(length) => Some(format!(
                "A `ttl` of {ttl} seconds was sent, and the created token expires {length} seconds after its \
                 creation."
            )),
            None => Some(format!(
                "A `ttl` of {ttl} seconds was sent, and the lifetime of the created token cannot be computed: \
                 `created_ts` is {:?} and `expire_at` is {end:?}.",
                created.created_ts
            )),
        },
    }
}

/// Whether a listed token has a generated name, even if the service has trimmed it or changed its case. No
/// other request has the same name.
pub(crate) fn has_generated_name(token: &Token, generated: &str) -> bool {
    let listed = token.name.as_deref().unwrap_or_default();
    folded(listed.trim()) == folded(generated.trim())
}

/// Whether two texts are equal to Terraform, which compares strings after Unicode normalization (NFC).
pub(crate) fn is_same_text(a: &str, b: &str) -> bool {
    a == b || composed(a) == composed(b)
}

/// Returns the description, if there is one: a blank one cannot be configured and counts as none.
pub(crate) fn description(token: &Token) -> Option<&str> {
    token
        .description
        .as_deref()
        .filter(|text| !text.trim().is_empty())
}

/// Returns the warning that the API did not store the description of the request. `consequence` is its last
/// sentence.
pub(crate) fn description_missing(
    sent: Option<&str>,
    created: &Token,
    consequence: &str,
) -> Option<Diagnostic> {
    if sent.is_none() || description(created).is_some() {
        return None;
    }
    let detail = format!(
        "The API created the token without the description that was sent: this region may not support \
         descriptions yet. {consequence}"
    );
    let warning = Diagnostic::warning("The token's description was not stored", detail);
    Some(warning.at(Path::attribute("description")))
}

/// Sorts tokens by creation. The API documents no order. One instant has several spellings, so instants are
/// compared; a time that cannot be parsed comes last, by its text.
pub(crate) fn oldest_first(tokens: &mut [Token]) {
    tokens.sort_by_cached_key(|token| {
        let created = token.created_ts.parse::<Timestamp>();
        (created.map_err(|_| token.created_ts.clone()), token.id.clone())
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::fake;

    fn token_of(expire_at: Option<&str>, token_type: &str, description: Option<&str>) -> Token {
        Token {
            description: description.map(str::to_owned),
            expire_at: expire_at.map(str::to_owned),
            token_type: token_type.into(),
            ..fake::token("1")
        }
    }

    #[test]
    fn other_type_or_expiry_is_a_difference() {
        let hour = Some("2026-01-01T01:00:00Z");
        for (ttl, expire_at, token_type, words) in [
            (None, None, "read_write", None),
            (Some(3600), hour, "read_write", None),
            (Some(3605), hour, "read_write", None),
            (Some(3606), hour, "read_write", Some("expires 3600 seconds after")),
            (Some(3600), None, "read_write", Some("never expires")),
            (None, hour, "read_write", Some("expires at 2026-01-01T01:00:00Z")),
            (None, None, "read_scaling", Some("has the type read_scaling")),
            (
                Some(3600),
                Some("tomorrow"),
                "read_write",
                Some("cannot be computed"),
            ),
        ] {
            let sent = NewToken {
                ttl,
                token_type: Some("read_write".into()),
                ..NewToken::default()
            };
            let found = difference(&sent, &token_of(expire_at, token_type, None));
            assert_eq!(found.is_some(), words.is_some(), "{found:?}");
            assert!(
                found.iter().all(|text| text.contains(words.unwrap_or_default())),
                "{found:?}"
            );
        }
    }

    #[test]
    fn other_description_is_a_difference_and_a_missing_one_a_warning() {
        let sent = |description: Option<&str>| NewToken {
            name: "loader".into(),
            description: description.map(str::to_owned),
            ..NewToken::default()
        };
        for (requested, stored, warns, differs) in [
            (Some("a"), Some("a"), false, false),
            (None, Some("a"), false, false),
            (Some("a"), None, true, false),
            (Some("a"), Some(" "), true, false),
            (Some("a"), Some("b"), false, true),
            // The same text in two normal forms.
            (Some("caf\u{e9}"), Some("cafe\u{301}"), false, false),
        ] {
            let created = token_of(None, "read_write", stored);
            let warning = description_missing(requested, &created, "The state keeps it.");
            assert_eq!(warning.is_some(), warns, "{requested:?} {stored:?}");
            let found = difference(&sent(requested), &created);
            assert_eq!(found.is_some(), differs, "{requested:?} {stored:?}");
            assert!(
                found
                    .iter()
                    .all(|text| text.contains("has the description \"b\"")),
                "{found:?}"
            );
        }
    }

    #[test]
    fn has_generated_name_ignores_case_and_white_space() {
        for (listed, is_generated) in [
            ("ETL-20261127093000-1f3a", true),
            ("etl-20261127093000-1f3a", true),
            (" ETL-20261127093000-1f3a", true),
            ("ETL-20261127093000-1f3b", false),
            ("", false),
        ] {
            let token = Token {
                name: Some(listed.into()),
                ..fake::token("1")
            };
            assert_eq!(
                has_generated_name(&token, "ETL-20261127093000-1f3a"),
                is_generated,
                "{listed}"
            );
        }
    }

    #[test]
    fn other_name_is_a_difference() {
        for (stored, differs) in [
            (None, false),
            (Some("Loader"), false),
            (Some("loader"), true),
            (Some("Loader "), true),
        ] {
            let created = Token {
                name: stored.map(str::to_owned),
                ..fake::token("1")
            };
            let sent = NewToken {
                name: "Loader".into(),
                ..NewToken::default()
            };
            assert_eq!(difference(&sent, &created).is_some(), differs, "{stored:?}");
        }
    }

    #[test]
    fn oldest_first_sorts_by_instant_regardless_of_format() {
        let token = |id: &str, created_ts: &str| Token {
            created_ts: created_ts.into(),
            ..fake::token(id)
        };
        let mut tokens = [
            token("odd", "yesterday"),
            token("6", "2026-06-19T00:00:01Z"),
            token("5", "2026-06-19T00:00:00.5Z"),
            token("4", "2026-06-19T00:00:00Z"),
            token("3", "2026-06-19T02:00:00+02:00"),
            token("2", "2026-06-19T00:59:59+01:00"),
            token("1", "2025-12-31T23:59:59Z"),
        ];
        oldest_first(&mut tokens);
        let order: Vec<&str> = tokens.iter().map(|token| token.id.as_str()).collect();
        assert_eq!(order, ["1", "2", "3", "4", "5", "6", "odd"]);
    }
}
