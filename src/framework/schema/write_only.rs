//! Write-only attributes.

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::value::{Members, Path, Value};
use super::attribute::Attribute;
use super::walk::walk;

/// Sets every write-only attribute to null, at every depth.
pub(in crate::framework) fn nullify_write_only(attributes: &[Attribute], members: &mut Members) {
    walk(attributes, members, &|attribute, value| {
        if attribute.write_only {
            *value = Value::Null;
        }
    });
}

/// Returns an error for each configured attribute that is write-only or contains a write-only one. This is
/// for CLIs that do not support such attributes and would store their values.
pub(in crate::framework) fn write_only_errors(attributes: &[Attribute], config: &Value) -> Diagnostics {
    let mut found = Diagnostics::new();
    let Value::Object(config) = config else {
        return found;
    };
    let mut kept = config.clone();
    nullify_write_only(attributes, &mut kept);
    for name in attributes.iter().map(|attribute| attribute.name) {
        if config.get(name).is_some_and(|value| *value != kept[name]) {
            found.push(
                Diagnostic::error(
                    "Write-only values need a newer CLI",
                    format!(
                        "`{name}` must not be stored, and this CLI would store it. Terraform and OpenTofu \
                         have write-only arguments from 1.11 on. Upgrade the CLI, or remove the line."
                    ),
                )
                .at(Path::attribute(name)),
            );
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, Nesting};
    use super::*;

    fn attributes() -> [Attribute; 4] {
        let login = || {
            vec![
                Attribute::new::<String>("user"),
                Attribute::new::<String>("password_wo").write_only(),
            ]
        };
        [
            Attribute::new::<String>("name").required(),
            Attribute::new::<String>("key_wo").write_only(),
            Attribute::with_kind("logins", Kind::Nested(Nesting::List, login())),
            Attribute::with_kind("login_wo", Kind::Nested(Nesting::Single, login())).write_only(),
        ]
    }

    fn object(entries: &[(&str, Value)]) -> Value {
        Value::Object(members(entries))
    }

    fn members(entries: &[(&str, Value)]) -> Members {
        let entries = entries.iter().cloned();
        entries.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn text() -> Value {
        Value::string("x")
    }

    fn login(password: Value) -> Value {
        object(&[("user", text()), ("password_wo", password)])
    }

    #[test]
    fn nullify_write_only_sets_write_only_attributes_to_null() {
        let mut everything = members(&[
            ("name", text()),
            ("key_wo", text()),
            ("logins", Value::List(vec![login(text()), login(Value::Unknown)])),
            ("login_wo", login(text())),
        ]);
        nullify_write_only(&attributes(), &mut everything);
        let expected = members(&[
            ("name", text()),
            ("key_wo", Value::Null),
            (
                "logins",
                Value::List(vec![login(Value::Null), login(Value::Null)]),
            ),
            ("login_wo", Value::Null),
        ]);
        assert_eq!(everything, expected);
    }

    #[test]
    fn write_only_errors_reports_configured_write_only_values() {
        let refused = |config: &[(&str, Value)]| -> Vec<String> {
            let found = write_only_errors(&attributes(), &object(config));
            assert!(found.iter().all(Diagnostic::is_error));
            found
                .iter()
                .filter_map(|diagnostic| Some(diagnostic.path.as_ref()?.to_string()))
                .collect()
        };
        let logins = |password| Value::List(vec![login(password)]);
        assert_eq!(refused(&[("name", text()), ("key_wo", text())]), ["key_wo"]);
        assert_eq!(refused(&[("key_wo", Value::Unknown)]), ["key_wo"]);
        assert_eq!(refused(&[("logins", logins(text()))]), ["logins"]);
        assert_eq!(refused(&[("login_wo", login(Value::Null))]), ["login_wo"]);
        let none: [&str; 0] = [];
        assert_eq!(
            refused(&[
                ("name", text()),
                ("key_wo", Value::Null),
                ("logins", logins(Value::Null))
            ]),
            none
        );
    }
}
