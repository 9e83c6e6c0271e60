//! The lifetime of a token: when it expires, when it is due for rotation, and its `ttl`.

use jiff::{SignedDuration, Timestamp};

use super::State;
use crate::api;
use crate::framework::{Diagnostic, Diagnostics, Field, Path};
use crate::motherduck::token_checks::{TOLERANCE, lifetime_seconds};
use crate::motherduck::token_rules::{TTL_MAX, TTL_MIN};

fn instant(field: &Field<String>) -> Option<Timestamp> {
    field.text().and_then(|text| text.parse().ok())
}

/// Whether the token has expired.
pub(super) fn has_expired(state: &State, now: Timestamp) -> bool {
    instant(&state.expire_at).is_some_and(|end| now >= end)
}

/// Whether a destroy leaves the token valid until it expires. A token that never expires is revoked in any
/// case.
pub(super) fn is_left_to_expire(state: &State) -> bool {
    state.revoke_on_destroy == Field::Known(false) && state.expire_at.known().is_some()
}

/// Whether the token is due for early rotation.
pub(super) fn is_ready(state: &State, now: Timestamp) -> bool {
    let (Some(end), Some(early)) = (instant(&state.expire_at), state.early_rotation_seconds.known()) else {
        return false;
    };
    now >= end
        .saturating_sub(SignedDuration::from_secs(*early))
        .unwrap_or(Timestamp::MIN)
}

/// Returns the reported time in the stored spelling while that is the same instant.
pub(super) fn same_spelling(stored: Field<String>, reported: Option<&str>) -> Field<String> {
    let Some(reported) = reported else {
        return Field::Null;
    };
    match (instant(&stored), reported.parse::<Timestamp>()) {
        (Some(before), Ok(now)) if before == now => stored,
        _ => Field::Known(reported.to_owned()),
    }
}

/// Computes the `ttl` with which a token must have been created. The API does not report it, and `expire_at`
/// minus `created_ts` may differ from it slightly. A lifetime that is no valid `ttl` results in `None`, with
/// a warning.
pub(super) fn rebuild_ttl(token: &api::Token) -> (Option<i64>, Diagnostics) {
    let Some(length) = lifetime_seconds(token) else {
        return (None, unreadable_times(token));
    };
    let nearest = length.clamp(TTL_MIN, TTL_MAX);
    if (length - nearest).abs() <= TOLERANCE {
        return (Some(nearest), Diagnostics::new());
    }
    let warning = Diagnostic::warning(
        "The lifetime of a token cannot be configured as `ttl`",
        format!(
            "Token {} expires {length} seconds after its creation, and `ttl` accepts {TTL_MIN} to {TTL_MAX} \
             seconds. `ttl` is null in the state: leave it out of the configuration too.",
            token.id
        ),
    );
    (None, warning.at(Path::attribute("ttl")).into())
}

/// Returns the warning that the lifetime cannot be computed from the times that the API reports.
fn unreadable_times(token: &api::Token) -> Diagnostics {
    let Some(end) = &token.expire_at else {
        return Diagnostics::new();
    };
    let warning = Diagnostic::warning(
        "The lifetime of a token cannot be computed",
        format!(
            "Token {} has `created_ts` {:?} and `expire_at` {end:?}, which are not both RFC 3339 times. `ttl` is \
             null in the state: leave it out of the configuration too.",
            token.id, token.created_ts
        ),
    );
    warning.at(Path::attribute("ttl")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(created_ts: &str, expire_at: Option<&str>) -> api::Token {
        api::Token {
            expire_at: expire_at.map(str::to_owned),
            created_ts: created_ts.into(),
            ..api::fake::token("1")
        }
    }

    #[test]
    fn rebuild_ttl_rounds_to_seconds_and_limits() {
        let cases = [
            ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z", Some(3600)),
            ("2026-01-01T00:00:00.400Z", "2026-01-01T01:00:00Z", Some(3600)),
            ("2026-01-01T00:00:00.600Z", "2026-01-01T01:00:00Z", Some(3599)),
            ("2026-01-01T00:00:00Z", "2026-01-01T00:04:55Z", Some(300)),
            ("2026-01-01T00:00:00Z", "2026-01-01T00:04:54Z", None),
            ("2026-01-01T00:00:00Z", "2027-01-01T00:00:05Z", Some(TTL_MAX)),
            ("2026-01-01T00:00:00Z", "2027-01-01T00:00:06Z", None),
            ("2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z", None),
        ];
        for (from, to, expected) in cases {
            let (ttl, warnings) = rebuild_ttl(&token(from, Some(to)));
            assert_eq!(ttl, expected, "{from} to {to}");
            assert_eq!(warnings.is_empty(), expected.is_some(), "{from} to {to}");
        }
        assert!(rebuild_ttl(&token("2026-01-01T00:00:00Z", None)).1.is_empty());
    }

    #[test]
    fn is_ready_from_early_rotation_on() {
        let state = State {
            expire_at: Field::Known("2026-01-01T01:00:00Z".into()),
            early_rotation_seconds: Field::Known(600),
            ..State::default()
        };
        assert!(!is_ready(&state, "2026-01-01T00:49:59Z".parse().unwrap()));
        assert!(is_ready(&state, "2026-01-01T00:50:00Z".parse().unwrap()));
        let never = State {
            expire_at: Field::Null,
            ..state
        };
        assert!(!is_ready(&never, Timestamp::MAX));
    }

    #[test]
    fn same_spelling_returns_the_stored_text_of_an_equal_instant() {
        let stored = || Field::Known("2026-01-01T00:00:00Z".to_owned());
        assert_eq!(
            same_spelling(stored(), Some("2026-01-01T01:00:00.000+01:00")),
            stored()
        );
        assert_eq!(
            same_spelling(stored(), Some("2026-01-01T00:00:01Z")).text(),
            Some("2026-01-01T00:00:01Z")
        );
        assert_eq!(same_spelling(stored(), None), Field::Null);
    }
}
