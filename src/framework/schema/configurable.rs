//! What of an object's state a configuration can say.

use std::collections::BTreeMap;

use super::super::value::Value;
use super::attribute::{Attribute, Kind, Presence};

/// Makes null what a configuration cannot set, or should not any more, at every depth. What is left says
/// everything else about the object, defaults included.
pub(in crate::framework) fn keep_configurable(
    attributes: &[Attribute],
    members: &mut BTreeMap<String, Value>,
) {
    for attribute in attributes {
        let Some(value) = members.get_mut(attribute.name) else {
            continue;
        };
        if attribute.presence == Presence::Computed || attribute.deprecated.is_some() {
            *value = Value::Null;
        } else if let Kind::Nested(_, attributes) = &attribute.kind {
            keep_elements(attributes, value);
        }
    }
}

fn keep_elements(attributes: &[Attribute], value: &mut Value) {
    match value {
        Value::Object(members) => keep_configurable(attributes, members),
        Value::List(items) | Value::Set(items) => {
            for item in items {
                keep_elements(attributes, item);
            }
        }
        Value::Map(items) => {
            for item in items.values_mut() {
                keep_elements(attributes, item);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::Nesting;
    use super::*;

    fn object(members: &[(&str, &str)]) -> Value {
        let members = members
            .iter()
            .map(|(name, text)| ((*name).to_owned(), Value::string(*text)));
        Value::Object(members.collect())
    }

    #[test]
    fn computed_and_deprecated_attributes_go_and_all_others_stay() {
        let attributes = [
            Attribute::string("name").required(),
            Attribute::string("size").optional_computed(),
            Attribute::string("old").deprecated("Use `size`."),
            Attribute::string("id").computed(),
            Attribute::nested(
                "pools",
                Nesting::List,
                vec![Attribute::string("flock"), Attribute::string("status").computed()],
            ),
        ];
        let mut members = BTreeMap::from([
            ("name".to_owned(), Value::string("a")),
            ("size".to_owned(), Value::string("giga")),
            ("old".to_owned(), Value::string("giga")),
            ("id".to_owned(), Value::string("7")),
            (
                "pools".to_owned(),
                Value::List(vec![object(&[("flock", "4"), ("status", "active")])]),
            ),
        ]);

        keep_configurable(&attributes, &mut members);

        assert_eq!(members["name"], Value::string("a"));
        assert_eq!(members["size"], Value::string("giga"));
        assert_eq!((&members["old"], &members["id"]), (&Value::Null, &Value::Null));
        let pool = Value::Object(BTreeMap::from([
            ("flock".to_owned(), Value::string("4")),
            ("status".to_owned(), Value::Null),
        ]));
        assert_eq!(members["pools"], Value::List(vec![pool]));
    }
}
