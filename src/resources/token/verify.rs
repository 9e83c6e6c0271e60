//! Whether a token just made is the one that was asked for.

use super::State;
use super::lifetime::{TOLERANCE, length};
use crate::api;

/// What is wrong with a new token, if anything is: its type or its end. The API drops what it does not know
/// without a word, so what was asked for is held against what came.
pub(super) fn mismatch(asked: &State, made: &api::Token) -> Option<String> {
    if let Some(asked) = asked.token_type.text()
        && asked != made.token_type
    {
        return Some(format!(
            "A token of type {asked} was asked for, and one of type {} was made.",
            made.token_type
        ));
    }
    match (asked.ttl.known(), &made.expire_at) {
        (None, None) => None,
        (None, Some(end)) => Some(format!(
            "A token that never expires was asked for, and this one expires at {end}."
        )),
        (Some(ttl), None) => Some(format!(
            "A life of {ttl} seconds was asked for, and this token never expires."
        )),
        (Some(ttl), Some(end)) => match length(made) {
            Some(length) if (length - ttl).abs() <= TOLERANCE => None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::Field;

    fn wrong(ttl: Option<i64>, expire_at: Option<&str>, token_type: &str) -> bool {
        let asked = State {
            ttl: ttl.into(),
            token_type: Field::Known("read_write".into()),
            ..State::default()
        };
        let made = api::Token {
            id: "1".into(),
            name: None,
            description: None,
            expire_at: expire_at.map(str::to_owned),
            created_ts: "2026-01-01T00:00:00Z".into(),
            read_only: false,
            token_type: token_type.into(),
        };
        mismatch(&asked, &made).is_some()
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
}
