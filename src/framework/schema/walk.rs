//! All attributes of an object, however deep.

use std::collections::BTreeMap;

use super::super::value::Value;
use super::attribute::{Attribute, Kind};

/// Shows each attribute with its value to `visit`, those inside another one before that. A missing one is
/// null.
pub(super) fn walk(
    attributes: &[Attribute],
    members: &mut BTreeMap<String, Value>,
    visit: &impl Fn(&Attribute, &mut Value),
) {
    for attribute in attributes {
        let value = members.entry(attribute.name.to_owned()).or_insert(Value::Null);
        if let Kind::Nested(_, attributes) = &attribute.kind {
            walk_elements(attributes, value, visit);
        }
        visit(attribute, value);
    }
}

fn walk_elements(attributes: &[Attribute], value: &mut Value, visit: &impl Fn(&Attribute, &mut Value)) {
    match value {
        Value::Object(members) => walk(attributes, members, visit),
        Value::List(items) | Value::Set(items) => {
            for item in items {
                walk_elements(attributes, item, visit);
            }
        }
        Value::Map(items) => {
            for item in items.values_mut() {
                walk_elements(attributes, item, visit);
            }
        }
        _ => {}
    }
}
