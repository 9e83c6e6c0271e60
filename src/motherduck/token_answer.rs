//! What the API answers about a token, held against what was asked for. It drops what it does not know without
//! a word, so an answer is not taken on trust.

use jiff::Timestamp;

use crate::api::{NewToken, Token};
use crate::framework::{Diagnostic, Path};

/// How far, in seconds, the two times that the API reports may lie from the life that was asked for.
pub(crate) const TOLERANCE: i64 = 5;

/// The whole seconds between a token's two times; none for one that never expires or whose times cannot be
/// read.
pub(crate) fn length(token: &Token) -> Option<i64> {
    let end: Timestamp = token.expire_at.as_deref()?.parse().ok()?;
    let start: Timestamp = token.created_ts.parse().ok()?;
    let length = end.duration_since(start);
    let half_up =
        i64::from(length.subsec_nanos() >= 500_000_000) - i64::from(length.subsec_nanos() <= -500_000_000);
    Some(length.as_secs() + half_up)
}

/// What is wrong with a new token, if anything is: its type or its end.
pub(crate) fn mismatch(asked: &NewToken, made: &Token) -> Option<String> {
    if let Some(asked) = &asked.token_type
        && *asked != made.token_type
    {
        return Some(format!(
            "A token of type {asked} was asked for, and one of type {} was made.",
            made.token_type
        ));
    }
    match (asked.ttl, &made.expire_at) {
        (None, None) => None,
        (None, Some(end)) => Some(format!(
            "A token that never expires was asked for, and this one expires at {end}."
        )),
        (Some(ttl), None) => Some(format!(
            "A life of {ttl} seconds was asked for, and this token never expires."
        )),
        (Some(ttl), Some(end)) => match length(made) {
            Some(length) if length.abs_diff(ttl.cast_signed()) <= TOLERANCE.unsigned_abs() => None,
            Some(length) => Some(format!(
                "A life of {ttl} seconds was asked for, and this token lives for {length}."
            )),
            None => Some(format!(
                "A life of {ttl} seconds was asked for, and that cannot be checked: the token was made at \
                 {:?} and ends at {end:?}.",
                made.created_ts
            )),
        },
    }
}

/// The description, if there is one: a blank one cannot be configured and says nothing.
pub(crate) fn description(token: &Token) -> Option<&str> {
    token
        .description
        .as_deref()
        .filter(|text| !text.trim().is_empty())
}

/// The warning that the API did not store the description it was sent; `kept` says what that means here.
pub(crate) fn other_description(sent: Option<&str>, made: &Token, kept: &str) -> Option<Diagnostic> {
    let reported = description(made);
    let (summary, story) = match (sent, reported) {
        (None, _) => return None,
        (Some(sent), Some(reported)) if sent == reported => return None,
        (Some(_), None) => (
            "The token's description was not stored",
            "The API made the token without the description it was sent: this region may not know \
             descriptions yet.",
        ),
        (Some(_), Some(_)) => (
            "The token's description was stored differently",
            "The API made the token with another description than it was sent.",
        ),
    };
    Some(Diagnostic::warning(summary, format!("{story} {kept}")).at(Path::attribute("description")))
}

/// The API promises no order. One instant has several spellings, so the times are compared as such; one that
/// cannot be read comes last, by its text.
pub(crate) fn oldest_first(tokens: &mut [Token]) {
    tokens.sort_by_cached_key(|token| {
        let created = token.created_ts.parse::<Timestamp>();
        (created.map_err(|_| token.created_ts.clone()), token.id.clone())
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(expire_at: Option<&str>, token_type: &str, description: Option<&str>) -> Token {
        Token {
            id: "1".into(),
            name: None,
            description: description.map(str::to_owned),
            expire_at: expire_at.map(str::to_owned),
            created_ts: "2026-01-01T00:00:00Z".into(),
            read_only: false,
            token_type: token_type.into(),
        }
    }

    fn wrong(ttl: Option<u64>, expire_at: Option<&str>, token_type: &str) -> bool {
        let asked = NewToken {
            ttl,
            token_type: Some("read_write".into()),
            ..NewToken::default()
        };
        mismatch(&asked, &made(expire_at, token_type, None)).is_some()
    }

    #[test]
    fn another_type_or_another_end_is_not_what_was_asked_for() {
        let hour = Some("2026-01-01T01:00:00Z");
        assert!(!wrong(None, None, "read_write"));
        assert!(!wrong(Some(3600), hour, "read_write"));
        assert!(!wrong(Some(3605), hour, "read_write"));
        assert!(wrong(Some(3606), hour, "read_write"));
        assert!(wrong(Some(3600), None, "read_write"));
        assert!(wrong(None, hour, "read_write"));
        assert!(wrong(None, None, "read_scaling"));
        assert!(wrong(Some(3600), Some("tomorrow"), "read_write"));
    }

    #[test]
    fn a_description_that_is_not_the_one_sent_is_told() {
        let warns = |sent, reported| {
            other_description(sent, &made(None, "read_write", reported), "Kept.")
                .map(|warning| warning.summary)
        };
        assert_eq!(warns(Some("a"), Some("a")), None);
        assert_eq!(warns(None, Some("a")), None);
        assert!(warns(Some("a"), None).is_some_and(|summary| summary.ends_with("not stored")));
        assert!(warns(Some("a"), Some(" ")).is_some_and(|summary| summary.ends_with("not stored")));
        assert!(warns(Some("a"), Some("b")).is_some_and(|summary| summary.ends_with("differently")));
    }

    #[test]
    fn tokens_are_in_the_order_of_their_making_however_their_times_are_spelled() {
        let token = |id: &str, created_ts: &str| Token {
            id: id.into(),
            name: None,
            description: None,
            expire_at: None,
            created_ts: created_ts.into(),
            read_only: false,
            token_type: "read_write".into(),
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
