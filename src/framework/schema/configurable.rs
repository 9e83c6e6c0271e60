//! The part of an object's state that a configuration can contain.

use super::super::value::{Members, Value};
use super::attribute::{Attribute, Presence};
use super::validate::breaks_a_rule;
use super::walk::walk;

/// Sets to null, at every depth, attributes that a configuration cannot set, and those that no state
/// contains. The result describes everything else about the object, defaults included.
///
/// If an attribute keeps its value when it is not configured, its value is also removed if a validator
/// refuses it, because objects can be created by other means, or if the writer of the configuration cannot
/// write it exactly.
pub(in crate::framework) fn keep_configurable(
    attributes: &[Attribute],
    members: &mut Members,
    is_rewritten: &impl Fn(&Value) -> bool,
) {
    walk(attributes, members, &|attribute, value| {
        let stays_when_unset = attribute.presence == Presence::OptionalComputed
            && attribute.default.is_none()
            && !attribute.always_generated;
        if attribute.presence == Presence::Computed
            || attribute.write_only
            || stays_when_unset && (breaks_a_rule(attribute, value) || is_rewritten(value))
        {
            *value = Value::Null;
        }
    });
}

/// Returns the attributes of a configuration that core would write with another value, at any depth.
pub(in crate::framework) fn rewritten(attributes: &[Attribute], members: &Members) -> Vec<&'static str> {
    let mut faithful = members.clone();
    walk(attributes, &mut faithful, &|_, value| {
        if is_rewritten(value) {
            *value = Value::Null;
        }
    });
    let names = attributes.iter().map(|attribute| attribute.name);
    names
        .filter(|name| members.get(name).is_some_and(|value| *value != faithful[*name]))
        .collect()
}

/// Whether core writes a text differently. It converts text that looks like a JSON array or object to a call
/// of `jsonencode`, which has its own format: no blanks, sorted names, some characters escaped. Only text
/// that certainly has that format is accepted.
pub(in crate::framework) fn is_rewritten(value: &Value) -> bool {
    let Some(text) = value
        .as_str()
        .filter(|text| text.trim_start().starts_with(['{', '[']))
    else {
        return false;
    };
    let Ok(json) = serde_json::from_str::<serde_json::Value>(text.trim()) else {
        return false;
    };
    let respelled = json.to_string();
    let escaped = ['\\', '<', '>', '&', '\u{2028}', '\u{2029}', '\u{7f}'];
    text.contains(escaped) || respelled != text || !has_plain_numbers(&json)
}

fn has_plain_numbers(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::Number(number) => number
            .as_i64()
            .is_some_and(|n| n.to_string() == number.to_string()),
        serde_json::Value::Array(items) => items.iter().all(has_plain_numbers),
        serde_json::Value::Object(members) => members.values().all(has_plain_numbers),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, Nesting, Validator};
    use super::*;

    fn object(members: &[(&str, &str)]) -> Value {
        let members = members
            .iter()
            .map(|(name, text)| ((*name).to_owned(), Value::string(*text)));
        Value::Object(members.collect())
    }

    #[test]
    fn keep_configurable_removes_computed_and_write_only() {
        let attributes = [
            Attribute::new::<String>("name").required(),
            Attribute::new::<String>("size").optional_computed(),
            Attribute::new::<String>("id").computed(),
            Attribute::new::<String>("key_wo").write_only(),
            Attribute::with_kind(
                "pools",
                Kind::Nested(
                    Nesting::List,
                    vec![
                        Attribute::new::<String>("flock"),
                        Attribute::new::<String>("status").computed(),
                    ],
                ),
            ),
        ];
        let mut members = Members::from([
            ("name", Value::string("a")),
            ("size", Value::string("giga")),
            ("id", Value::string("7")),
            ("key_wo", Value::string("quack")),
            (
                "pools",
                Value::List(vec![object(&[("flock", "4"), ("status", "active")])]),
            ),
        ]);

        keep_configurable(&attributes, &mut members, &is_rewritten);

        assert_eq!(members["name"], Value::string("a"));
        assert_eq!(members["size"], Value::string("giga"));
        for gone in ["id", "key_wo"] {
            assert_eq!(members[gone], Value::Null, "{gone}");
        }
        let pool = Value::Object(Members::from([
            ("flock", Value::string("4")),
            ("status", Value::Null),
        ]));
        assert_eq!(members["pools"], Value::List(vec![pool]));
    }

    #[test]
    fn keep_configurable_removes_invalid_values_of_computed_attributes() {
        let size = || Attribute::new::<String>("size").validator(Validator::one_of(&["small", "big"]));
        let pool = |attribute| Attribute::with_kind("pool", Kind::Nested(Nesting::Single, vec![attribute]));
        let left = |attribute: Attribute, value: Value| {
            let mut members = Members::from([(attribute.name, value)]);
            keep_configurable(std::slice::from_ref(&attribute), &mut members, &is_rewritten);
            members.remove(attribute.name).unwrap()
        };
        let (good, odd) = (|| Value::string("big"), || Value::string("huge"));
        let inside = |value: Value| Value::Object([("size", value)].into());

        assert_eq!(left(size().optional_computed(), good()), good());
        assert_eq!(left(size().optional_computed(), odd()), Value::Null);
        // Without these values the configuration would request something else.
        assert_eq!(left(size().required(), odd()), odd());
        assert_eq!(left(size(), odd()), odd());
        assert_eq!(left(size().default(good()), odd()), odd());
        // The smallest part that can be removed.
        let whole = pool(size().required()).optional_computed();
        assert_eq!(left(whole, inside(odd())), Value::Null);
        let part = pool(size().optional_computed()).optional_computed();
        assert_eq!(left(part, inside(odd())), inside(Value::Null));
    }

    #[test]
    fn is_rewritten_for_json_that_differs_from_jsonencode() {
        for same in [
            "{}",
            "[]",
            r#"["a",1,-2,null,true]"#,
            r#"{"a":{"b":"größe"},"c":[]}"#,
            // Text that is not a JSON array or object.
            "{ if }",
            "${name}",
            "[x]",
            "\"a\"",
            "1.0",
            " a ",
            "",
        ] {
            assert!(!is_rewritten(&Value::string(same)), "{same}");
        }
        for other in [
            "[ ]",
            " []",
            "[]\n",
            r#"{"b":1,"a":2}"#,
            r#"{"a":1,"a":2}"#,
            "[1.0]",
            "[1e2]",
            "[-0]",
            r#"["<"]"#,
            r#"["\u0061"]"#,
            r#"["\/"]"#,
        ] {
            assert!(is_rewritten(&Value::string(other)), "{other}");
        }
        assert!(!is_rewritten(&Value::Null));

        let members = Members::from([
            ("name", Value::string("[1, 2]")),
            ("note", Value::string("[1, 2]")),
        ]);
        let attributes = [
            Attribute::new::<String>("name").required(),
            Attribute::new::<String>("note").optional_computed(),
        ];
        let mut kept = members.clone();
        keep_configurable(&attributes, &mut kept, &is_rewritten);
        assert_eq!((&kept["name"], &kept["note"]), (&members["name"], &Value::Null));
        assert_eq!(rewritten(&attributes, &kept), ["name"]);
    }

    #[test]
    fn rewritten_returns_the_outermost_attribute() {
        let attributes = [
            Attribute::with_kind(
                "pools",
                Kind::Nested(Nesting::List, vec![Attribute::new::<String>("note").required()]),
            ),
            Attribute::with_kind(
                "pool",
                Kind::Nested(Nesting::Single, vec![Attribute::new::<String>("note").required()]),
            ),
        ];
        let members = Members::from([
            (
                "pools",
                Value::List(vec![object(&[("note", "")]), object(&[("note", "[1, 2]")])]),
            ),
            ("pool", object(&[("note", "[1,2]")])),
        ]);
        assert_eq!(rewritten(&attributes, &members), ["pools"]);
    }
}
