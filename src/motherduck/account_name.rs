//! Usernames: their rules, and when two are equal.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;

pub(crate) use crate::api::folded_username as folded;
use crate::framework::{Attribute, Diagnostic, Field, Validator, Value};

/// Whether two usernames belong to the same account: MotherDuck ignores letter case.
pub(crate) fn same(a: &str, b: &str) -> bool {
    a == b || folded(a) == folded(b)
}

/// Returns a text in the form in which Terraform stores it, NFC.
pub(crate) fn composed(text: &str) -> Cow<'_, str> {
    ComposingNormalizerBorrowed::new_nfc().normalize(text)
}

fn same_values(a: &Value, b: &Value) -> bool {
    matches!((a.as_str(), b.as_str()), (Some(a), Some(b)) if same(a, b))
}

/// Adds the rules of the `username` of every resource: it is required and a part of the identity, and a change
/// requires a replacement, except in letter case.
pub(crate) fn resource_rules(username: Attribute) -> Attribute {
    username
        .required()
        .requires_replace()
        .semantic_equality(same_values)
        .identity("Name of the user or service account.")
}

/// Returns the validator for the username of an account to create. Letters of any script are valid, as in the
/// service's own check.
pub(crate) fn creatable() -> Validator {
    Validator::text(|name| {
        let length = name.chars().count();
        if !(3..=255).contains(&length) {
            return Err(format!("must have 3 to 255 characters, not {length}"));
        }
        if !name.starts_with(char::is_alphabetic) {
            return Err(format!("must start with a letter, and {name:?} does not"));
        }
        match name.chars().find(|c| !c.is_alphanumeric() && *c != '_') {
            Some(odd) => Err(format!(
                "must contain only letters, digits and underscores, and {name:?} contains {odd:?}"
            )),
            None => Ok(()),
        }
    })
}

/// Returns the validator for the username of an existing account. Human members may have characters that a
/// service account may not, for instance a dot.
pub(crate) fn existing() -> Validator {
    Validator::text(check_existing)
}

fn check_existing(name: &str) -> Result<(), String> {
    let length = name.chars().count();
    if !(1..=255).contains(&length) {
        return Err(format!("must have 1 to 255 characters, not {length}"));
    }
    if name.trim().is_empty() {
        return Err("must not be blank".into());
    }
    if matches!(name, "." | "..") {
        return Err(format!(
            "must not be {name:?}, which cannot be a part of a URL path"
        ));
    }
    if name.chars().any(char::is_control) {
        return Err("must not contain control characters".into());
    }
    Ok(())
}

/// Returns the username in an import id.
pub(crate) fn from_import_id(id: String, example: &str) -> Result<String, Diagnostic> {
    let broken = if id.chars().any(char::is_whitespace) {
        Some("contains a blank".to_owned())
    } else if id.contains('/') {
        Some("contains a slash".to_owned())
    } else {
        check_existing(&id).err()
    };
    match broken {
        None => Ok(id),
        Some(broken) => Err(invalid_import_id(&id, "`username`", example, &broken)),
    }
}

/// Returns the username in the identity of an import.
pub(crate) fn from_identity(username: &Field<String>) -> Result<&str, Diagnostic> {
    let username = username.text().unwrap_or_default();
    check_existing(username)
        .map_err(|broken| Diagnostic::error("Invalid identity to import", format!("`username` {broken}.")))?;
    Ok(username)
}

/// Returns the error about an invalid import id.
pub(crate) fn invalid_import_id(id: &str, shape: &str, example: &str, broken: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Invalid import id {id:?}"),
        format!("The id to import has the form {shape}, for instance `{example}`. The given id {broken}."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::{Members, validate};

    fn accepts(rule: Validator, name: &str) -> bool {
        let config = Members::from([("username", Value::string(name.to_owned()))]);
        let username = Attribute::new::<String>("username").validator(rule);
        validate(&[username], &config).is_empty()
    }

    #[test]
    fn creatable_accepts_letters_digits_and_underscores() {
        for good in ["abc", "A_1", "größe_7", &"a".repeat(255)] {
            assert!(accepts(creatable(), good), "{good}");
        }
        for bad in [
            "",
            "ab",
            &"a".repeat(256),
            "my-account",
            "1abc",
            "_abc",
            "a b",
            "a.b",
            "abc\n",
        ] {
            assert!(!accepts(creatable(), bad), "{bad:?}");
        }
    }

    #[test]
    fn existing_accepts_any_name_that_fits_a_url() {
        for good in ["a", "ada.lovelace", "ada@example.com", "a/b", &"ü".repeat(255)] {
            assert!(accepts(existing(), good), "{good}");
        }
        for bad in ["", " ", ".", "..", "a\nb", &"a".repeat(256)] {
            assert!(!accepts(existing(), bad), "{bad:?}");
        }
    }

    #[test]
    fn same_ignores_case_and_normal_form() {
        assert!(same("Größe", "GRÖSSE".replace("SS", "ß").as_str()));
        assert!(same("gro\u{308}ße", "GRÖßE"));
        assert!(!same("abc", "abd"));
    }
}
