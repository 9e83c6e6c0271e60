//! Validation rules for access tokens.

use crate::framework::{Diagnostic, Diagnostics, Field, Path, Validator};

/// The API's minimum `ttl`, in seconds.
pub(crate) const TTL_MIN: i64 = 300;
/// The API's maximum `ttl`, in seconds: a year.
pub(crate) const TTL_MAX: i64 = 31_536_000;

/// Names of MotherDuck's own tokens. They are compared exactly, as the service does.
const RESERVED_NAMES: [&str; 2] = ["MotherDuck Extension", "MotherDuck Flights"];

/// Returns the validator for a token's name.
pub(crate) fn name() -> Validator {
    Validator::text(check_name)
}

/// Whether a token may have this name. The error is the rest of the sentence "`name` …".
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let length = name.chars().count();
    if !(1..=255).contains(&length) {
        return Err(format!("must have 1 to 255 characters, not {length}"));
    }
    if name.trim().is_empty() {
        return Err("must not be blank".into());
    }
    if name.trim() != name {
        return Err("must not begin or end with a blank".into());
    }
    if RESERVED_NAMES.contains(&name) {
        return Err(format!(
            "must not be {name:?}, which MotherDuck reserves for its own tokens"
        ));
    }
    Ok(())
}

/// Returns the validator for the prefix of a token's name. The time and the digits after it take 19 more
/// characters.
pub(crate) fn name_prefix() -> Validator {
    Validator::text(|prefix| {
        let length = prefix.chars().count();
        if !(1..=236).contains(&length) {
            return Err(format!("must have 1 to 236 characters, not {length}"));
        }
        if prefix.trim_start() != prefix {
            return Err("must not begin with a blank".into());
        }
        Ok(())
    })
}

/// Checks that a name and a prefix exclude each other. Values may be unknown.
pub(crate) fn check_name_or_prefix(name: &Field<String>, prefix: &Field<String>) -> Diagnostics {
    if name.known().is_none() || prefix.known().is_none() {
        return Diagnostics::new();
    }
    Diagnostic::error(
        "`name` and `name_prefix` cannot be set together",
        "The name of the token is either `name` or generated from `name_prefix`. Remove one of the two.",
    )
    .at(Path::attribute("name_prefix"))
    .into()
}

/// Returns the validator for a token's description, whose length the API counts in UTF-16 code units.
pub(crate) fn description() -> Validator {
    Validator::text(|description| {
        let length = description.encode_utf16().count();
        if description.trim().is_empty() {
            return Err("must not be blank; leave it out for none".into());
        }
        if length > 1000 {
            return Err(format!("must have at most 1000 UTF-16 units, not {length}"));
        }
        Ok(())
    })
}

/// Returns the validator for a token's type.
pub(crate) fn token_type() -> Validator {
    Validator::one_of(&["read_write", "read_scaling"])
}

/// Returns the validator for `ttl`.
pub(crate) fn ttl() -> Validator {
    Validator::seconds(TTL_MIN, TTL_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::{Attribute, Members, Value, validate};

    fn accepts(rule: &Validator, text: &str) -> bool {
        let attribute = Attribute::new::<String>("text").validator(rule.clone());
        validate(&[attribute], &Members::from([("text", Value::string(text))])).is_empty()
    }

    #[track_caller]
    fn assert_accepts(rule: &Validator, good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(accepts(rule, text), "{text:?}");
        }
        for text in bad {
            assert!(!accepts(rule, text), "{text:?}");
        }
    }

    #[test]
    fn name_has_1_to_255_characters_no_outer_blanks_and_is_not_reserved() {
        assert_accepts(
            &name(),
            &["n", &"n".repeat(255), &"ü".repeat(255), "motherduck extension"],
            &[
                "",
                &"n".repeat(256),
                " \t",
                " nightly",
                "nightly ",
                "MotherDuck Extension",
                "MotherDuck Extension ",
                "MotherDuck Flights",
            ],
        );
    }

    #[test]
    fn name_prefix_has_1_to_236_characters_and_no_leading_blank() {
        assert_accepts(
            &name_prefix(),
            &["e", "etl ", &"n".repeat(236)],
            &["", &"n".repeat(237), " etl", " "],
        );
    }

    #[test]
    fn description_has_at_most_1000_utf16_units_and_is_not_blank() {
        // An emoji is one character and two UTF-16 units.
        assert_accepts(
            &description(),
            &["d", &"d".repeat(1000), &"🦆".repeat(500)],
            &["", "  ", &"d".repeat(1001), &format!("{}d", "🦆".repeat(500))],
        );
    }

    #[test]
    fn token_type_is_one_of_two_texts() {
        assert_accepts(
            &token_type(),
            &["read_write", "read_scaling"],
            &["", "admin", "READ_WRITE"],
        );
    }
}
