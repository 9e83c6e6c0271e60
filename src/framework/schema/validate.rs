//! Validates a configuration by the rules of a schema.

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::value::{Members, Path, Step, Value};
use super::attribute::{Attribute, Kind, Presence};

/// Checks every known value of a configuration by the validators of its attribute, at every depth.
///
/// An unknown value breaks no rule, except in a read-only attribute: every value except null is an error
/// there. Core checks types and that required attributes are present; that they are not null is checked here.
pub fn validate(attributes: &[Attribute], config: &Members) -> Diagnostics {
    let mut found = Diagnostics::new();
    validate_members(attributes, config, &Path::root(), &mut found);
    found
}

/// Whether a value breaks a rule of its attribute, at any depth.
pub(super) fn breaks_a_rule(attribute: &Attribute, value: &Value) -> bool {
    let mut found = Diagnostics::new();
    validate_attribute(attribute, value, &Path::root(), &mut found);
    found.has_errors()
}

fn validate_members(attributes: &[Attribute], members: &Members, at: &Path, found: &mut Diagnostics) {
    for attribute in attributes {
        if let Some(value) = members.get(attribute.name) {
            validate_attribute(attribute, value, &at.then(attribute.name), found);
        }
    }
}

fn validate_attribute(attribute: &Attribute, value: &Value, at: &Path, found: &mut Diagnostics) {
    if value.is_null() {
        if attribute.presence == Presence::Required {
            found.push(
                Diagnostic::error(
                    format!("Missing value for {at}"),
                    format!("`{at}` is required and must not be null."),
                )
                .at(at.clone()),
            );
        }
        return;
    }
    if attribute.presence == Presence::Computed {
        found.push(
            Diagnostic::error(
                "Read-only attribute",
                format!("`{at}` is set by the provider alone. Remove it from the configuration."),
            )
            .at(at.clone()),
        );
        return;
    }
    if value.is_unknown() {
        return;
    }
    for validator in &attribute.validators {
        if let Err(broken) = validator.check(value) {
            let error = Diagnostic::error(format!("Invalid value for {at}"), format!("`{at}` {broken}."));
            // With an attribute path the CLI prints the line of the configuration, which may contain a
            // secret.
            let is_secret = attribute.sensitive && !value.as_str().is_some_and(|text| text.trim().is_empty());
            found.push(if is_secret { error } else { error.at(at.clone()) });
        }
    }
    let Kind::Nested(_, attributes) = &attribute.kind else {
        return;
    };
    match value {
        Value::Object(members) => validate_members(attributes, members, at, found),
        Value::List(items) => {
            for (index, item) in (0..).zip(items) {
                if let Value::Object(members) = item {
                    validate_members(attributes, members, &at.child(Step::Index(index)), found);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::number::Number;
    use super::super::{Nesting, Validator};
    use super::*;

    fn flock() -> Attribute {
        Attribute::new::<i64>("flock_size")
            .required()
            .validator(Validator::whole_number(0, 64))
    }

    fn members(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Members {
        entries.into_iter().collect()
    }

    fn messages(found: &Diagnostics) -> Vec<String> {
        found.iter().map(|d| d.detail.clone()).collect()
    }

    #[test]
    fn error_of_a_sensitive_value_has_no_path() {
        let attribute = Attribute::new::<String>("secret")
            .sensitive()
            .validator(Validator::text(|_| Err("must be different".into())));
        for (text, path) in [(" ", Some(Path::attribute("secret"))), ("s3cret", None)] {
            let found = validate(
                std::slice::from_ref(&attribute),
                &members([("secret", Value::string(text))]),
            );
            let error = found.iter().next().unwrap();
            assert_eq!(error.path, path, "{text:?}");
            assert!(error.detail.contains("`secret`"), "{}", error.detail);
        }
    }

    #[test]
    fn validator_error_names_attribute_and_rule() {
        let found = validate(
            &[flock()],
            &members([("flock_size", Value::Number(Number::from(65)))]),
        );
        assert_eq!(
            messages(&found),
            ["`flock_size` must be a whole number from 0 to 64, not 65."]
        );
        assert_eq!(
            found.iter().next().unwrap().path,
            Some(Path::attribute("flock_size"))
        );
    }

    #[test]
    fn seconds_validator_error_names_the_unit() {
        let ttl = Attribute::new::<i64>("ttl").validator(Validator::seconds(300, 600));
        let found = validate(&[ttl], &members([("ttl", Value::Number(Number::from(1)))]));
        assert_eq!(
            messages(&found),
            ["`ttl` must be a whole number from 300 to 600, not 1 (in seconds)."]
        );
    }

    #[test]
    fn null_and_unknown_pass_validators() {
        let optional = || Attribute::new::<i64>("flock_size").validator(Validator::whole_number(0, 64));
        for value in [Value::Null, Value::Unknown, Value::Number(Number::from(64))] {
            assert!(validate(&[optional()], &members([("flock_size", value)])).is_empty());
        }
    }

    #[test]
    fn null_required_attribute_is_an_error_at_every_depth() {
        let pool = || Attribute::with_kind("pool", Kind::Nested(Nesting::Single, vec![flock()]));
        let null = Value::Object(members([("flock_size", Value::Null)]));
        let found = validate(&[pool()], &members([("pool", null)]));
        assert_eq!(
            messages(&found),
            ["`pool.flock_size` is required and must not be null."]
        );
        assert!(validate(&[pool()], &members([("pool", Value::Null)])).is_empty());
        assert!(validate(&[flock()], &members([("flock_size", Value::Unknown)])).is_empty());
    }

    #[test]
    fn configured_computed_attribute_is_an_error_at_every_depth() {
        let id = || {
            let refuse_all = Validator::new(|_| Err("is checked although it is read-only".into()));
            Attribute::new::<String>("id").computed().validator(refuse_all)
        };
        let object = |value: Value| Value::Object(members([("id", value)]));
        for value in [Value::string("7"), Value::string(""), Value::Unknown] {
            let top = validate(&[id()], &members([("id", value.clone())]));
            assert_eq!(
                messages(&top),
                ["`id` is set by the provider alone. Remove it from the configuration."]
            );
            let cases = [
                (Nesting::Single, object(value.clone()), "pool.id"),
                (
                    Nesting::List,
                    Value::List(vec![object(Value::Null), object(value.clone())]),
                    "pool[1].id",
                ),
            ];
            for (nesting, pool, path) in cases {
                let inside = Attribute::with_kind("pool", Kind::Nested(nesting, vec![id()]));
                let found = validate(&[inside], &members([("pool", pool.clone())]));
                let paths: Vec<_> = found
                    .iter()
                    .map(|d| d.path.clone().unwrap().to_string())
                    .collect();
                assert_eq!(paths, [path]);
                // The outer attribute is reported once.
                let around = Attribute::with_kind("pool", Kind::Nested(nesting, vec![id()])).computed();
                let found = validate(&[around], &members([("pool", pool)]));
                assert_eq!(found.iter().count(), 1);
            }
        }
        let null = Attribute::with_kind("pool", Kind::Nested(Nesting::Single, vec![id()]));
        assert!(validate(&[id()], &members([("id", Value::Null)])).is_empty());
        assert!(validate(&[null], &members([("pool", object(Value::Null))])).is_empty());
    }

    #[test]
    fn validators_apply_in_every_nesting() {
        let bad = || Value::Object(members([("flock_size", Value::Number(Number::from(-1)))]));
        let cases = [
            (Nesting::Single, bad(), "pool.flock_size"),
            (
                Nesting::List,
                Value::List(vec![Value::Unknown, bad()]),
                "pool[1].flock_size",
            ),
        ];
        for (nesting, value, path) in cases {
            let pool = Attribute::with_kind("pool", Kind::Nested(nesting, vec![flock()]));
            let found = validate(&[pool], &members([("pool", value)]));
            let paths: Vec<_> = found
                .iter()
                .map(|d| d.path.clone().unwrap().to_string())
                .collect();
            assert_eq!(paths, [path]);
        }
    }
}
