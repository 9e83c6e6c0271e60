//! Merges the configuration with the prior state.

use super::super::schema::{Attribute, Kind, Nesting};
use super::super::value::{Members, Value};

/// How to plan a computed attribute that is not configured and has no default.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unset {
    /// Keeps the prior value. This pass determines whether anything else changes.
    Kept,
    /// Something else changes: keeps the prior value with `use_state_for_unknown`, and plans an unknown value
    /// otherwise.
    Recomputed,
}

/// Plans every attribute of an object; without `prior`, as a new object.
pub(super) fn members(
    attributes: &[Attribute],
    config: &Members,
    prior: Option<&Members>,
    unset: Unset,
) -> Members {
    let planned = |attribute: &Attribute| {
        let config = config.get(attribute.name).unwrap_or(&Value::Null);
        let prior = prior.map(|prior| prior.get(attribute.name).unwrap_or(&Value::Null));
        (attribute.name, plan_attribute(attribute, config, prior, unset))
    };
    attributes.iter().map(planned).collect()
}

fn plan_attribute(attribute: &Attribute, config: &Value, prior: Option<&Value>, unset: Unset) -> Value {
    if attribute.write_only {
        return Value::Null;
    }
    if config.is_null() {
        return plan_unset(attribute, prior, unset);
    }
    if let (Some(equivalent), Some(prior)) = (attribute.equality, prior)
        && !config.is_unknown()
        && !prior.is_null()
        && equivalent(config, prior)
    {
        return prior.clone();
    }
    match &attribute.kind {
        Kind::Plain(_) => config.clone(),
        Kind::Nested(nesting, attributes) => {
            plan_nested(*nesting, attributes, config, prior.unwrap_or(&Value::Null), unset)
        }
    }
}

fn plan_unset(attribute: &Attribute, prior: Option<&Value>, unset: Unset) -> Value {
    match (&attribute.default, prior) {
        (Some(default), _) => default.clone(),
        (None, _) if !attribute.presence.is_computed() => Value::Null,
        (None, Some(prior)) if unset == Unset::Kept || attribute.use_state_for_unknown => prior.clone(),
        (None, _) => Value::Unknown,
    }
}

/// Plans the objects of a nested attribute, each with its prior object: in a list, the one at the same index.
fn plan_nested(
    nesting: Nesting,
    attributes: &[Attribute],
    config: &Value,
    prior: &Value,
    unset: Unset,
) -> Value {
    let object = |config: &Value, prior: Option<&Value>| match config {
        Value::Object(config) => Value::Object(members(
            attributes,
            config,
            prior.and_then(Value::as_object),
            unset,
        )),
        other => other.clone(),
    };
    match (nesting, config, prior) {
        (Nesting::Single, config, prior) => object(config, Some(prior)),
        (Nesting::List, Value::List(items), prior) => {
            let items = items.iter().enumerate();
            let planned = items.map(|(index, item)| object(item, prior.list_items().get(index)));
            Value::List(planned.collect())
        }
        (_, other, _) => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::super::value::Field;
    use super::super::propose;
    use super::*;

    fn object(entries: &[(&'static str, Value)]) -> Members {
        entries.iter().cloned().collect()
    }

    fn text(value: &str) -> Value {
        Value::string(value)
    }

    /// A name, a mode with a default, an id that is kept, and a revision that every change makes unknown.
    fn attributes() -> Vec<Attribute> {
        vec![
            Attribute::new::<String>("name")
                .required()
                .semantic_equality(|a, b| {
                    a.as_str().map(str::to_lowercase) == b.as_str().map(str::to_lowercase)
                }),
            Attribute::new::<String>("mode").default(text("fast")),
            Attribute::new::<String>("note"),
            Attribute::new::<String>("id").computed().use_state_for_unknown(),
            Attribute::new::<String>("revision").computed(),
        ]
    }

    fn config(name: &str, note: Value) -> Members {
        object(&[
            ("name", text(name)),
            ("mode", Value::Null),
            ("note", note),
            ("id", Value::Null),
            ("revision", Value::Null),
        ])
    }

    fn prior() -> Members {
        object(&[
            ("name", text("duck")),
            ("mode", text("fast")),
            ("note", Value::Null),
            ("id", text("7")),
            ("revision", text("r1")),
        ])
    }

    #[test]
    fn create_plan_has_defaults_and_unknown_computed_values() {
        let planned = propose(&attributes(), &config("duck", Value::Null), None).state;
        let expected = object(&[
            ("name", text("duck")),
            ("mode", text("fast")),
            ("note", Value::Null),
            ("id", Value::Unknown),
            ("revision", Value::Unknown),
        ]);
        assert_eq!(planned, expected);
    }

    #[test]
    fn plan_of_an_equal_or_semantically_equal_value_is_the_prior_state() {
        for name in ["duck", "DUCK"] {
            let planned = propose(&attributes(), &config(name, Value::Null), Some(&prior())).state;
            assert_eq!(planned, prior(), "{name}");
        }
    }

    #[test]
    fn change_makes_computed_values_unknown_without_use_state_for_unknown() {
        let planned = propose(&attributes(), &config("duck", text("new")), Some(&prior())).state;
        assert_eq!(
            (&planned["id"], &planned["revision"]),
            (&text("7"), &Value::Unknown)
        );
    }

    #[test]
    fn removed_attribute_is_planned_as_null_or_default() {
        let mut before = prior();
        before.insert("note", text("old"));
        before.insert("mode", text("slow"));
        let planned = propose(&attributes(), &config("duck", Value::Null), Some(&before)).state;
        assert_eq!(
            (&planned["note"], &planned["mode"]),
            (&Value::Null, &text("fast"))
        );
    }

    fn nested(nesting: Nesting) -> Vec<Attribute> {
        let inner = vec![
            Attribute::new::<String>("size").required(),
            Attribute::new::<String>("mode").default(text("fast")),
            Attribute::new::<String>("id").computed().use_state_for_unknown(),
        ];
        vec![
            Attribute::with_kind("pool", Kind::Nested(nesting, inner))
                .optional_computed()
                .use_state_for_unknown(),
        ]
    }

    fn element(size: &str, mode: Value, id: Value) -> Value {
        Value::Object(object(&[("size", text(size)), ("mode", mode), ("id", id)]))
    }

    fn configured(size: &str) -> Value {
        element(size, Value::Null, Value::Null)
    }

    fn stored(size: &str, id: &str) -> Value {
        element(size, text("fast"), text(id))
    }

    #[test]
    fn changed_nested_object_has_prior_computed_attributes() {
        let new = |size| element(size, text("fast"), Value::Unknown);
        let cases = [
            (
                Nesting::Single,
                configured("m"),
                stored("s", "1"),
                stored("m", "1"),
            ),
            (
                Nesting::List,
                Value::List(vec![configured("m"), configured("l")]),
                Value::List(vec![stored("s", "1")]),
                Value::List(vec![stored("m", "1"), new("l")]),
            ),
        ];
        for (nesting, config, prior, expected) in cases {
            let (config, prior) = (object(&[("pool", config)]), object(&[("pool", prior)]));
            let planned = propose(&nested(nesting), &config, Some(&prior)).state;
            assert_eq!(planned["pool"], expected, "{nesting:?}");
        }
    }

    #[test]
    fn unset_computed_nested_attribute_is_unknown_then_unchanged() {
        let attributes = nested(Nesting::Single);
        let unset = object(&[("pool", Value::Null)]);
        assert_eq!(propose(&attributes, &unset, None).state["pool"], Value::Unknown);
        let prior = object(&[("pool", stored("s", "1"))]);
        assert_eq!(propose(&attributes, &unset, Some(&prior)).state, prior);
    }

    #[test]
    fn added_nested_object_has_unknown_computed_attributes() {
        let config = object(&[("pool", configured("s"))]);
        let prior = object(&[("pool", Value::Null)]);
        let planned = propose(&nested(Nesting::Single), &config, Some(&prior)).state;
        assert_eq!(planned["pool"], element("s", text("fast"), Value::Unknown));
    }

    #[test]
    fn write_only_attribute_is_null_in_plan_and_no_change() {
        let login = vec![
            Attribute::new::<String>("user"),
            Attribute::new::<String>("password_wo").write_only(),
        ];
        let attributes = [
            Attribute::new::<String>("key_wo").required().write_only(),
            Attribute::with_kind("login", Kind::Nested(Nesting::Single, login)),
            Attribute::new::<String>("revision").computed(),
        ];
        let config = |secret: Value| {
            let login = object(&[("user", text("ada")), ("password_wo", secret.clone())]);
            object(&[
                ("key_wo", secret),
                ("login", Value::Object(login)),
                ("revision", Value::Null),
            ])
        };
        let mut prior = config(Value::Null);
        prior.insert("revision", Value::Unknown);
        assert_eq!(propose(&attributes, &config(text("quack")), None).state, prior);
        prior.insert("revision", text("r1"));
        for secret in [text("quack"), text("honk"), Value::Unknown] {
            assert_eq!(propose(&attributes, &config(secret), Some(&prior)).state, prior);
        }
    }

    #[test]
    fn unknown_configuration_is_planned_as_unknown() {
        let attributes = [Attribute::new::<BTreeMap<String, Field<String>>>("tags").optional_computed()];
        let config = object(&[("tags", Value::Unknown)]);
        let prior = object(&[("tags", Value::Map(BTreeMap::new()))]);
        assert_eq!(propose(&attributes, &config, Some(&prior)).state, config);
    }
}
