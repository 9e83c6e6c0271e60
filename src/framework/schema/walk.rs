//! Visits all attributes of an object at every depth.

use super::super::value::{Members, Value};
use super::attribute::{Attribute, Kind};

/// Calls `visit` with each attribute and its value, after its nested attributes. A missing value is null.
pub(super) fn walk(attributes: &[Attribute], members: &mut Members, visit: &impl Fn(&Attribute, &mut Value)) {
    for attribute in attributes {
        let value = members.entry(attribute.name);
        if let Kind::Nested(_, attributes) = &attribute.kind {
            walk_elements(attributes, value, visit);
        }
        visit(attribute, value);
    }
}

fn walk_elements(attributes: &[Attribute], value: &mut Value, visit: &impl Fn(&Attribute, &mut Value)) {
    match value {
        Value::Object(members) => walk(attributes, members, visit),
        Value::List(items) => {
            for item in items {
                walk_elements(attributes, item, visit);
            }
        }
        _ => {}
    }
}
