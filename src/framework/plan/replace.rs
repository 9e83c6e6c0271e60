//! Finds the changes that require a replacement.

use super::super::schema::{Attribute, Kind, Nesting};
use super::super::value::{Members, Path, Step, Value};

/// Returns the paths of all attributes that require a replacement and whose planned value differs from the
/// prior one. An unknown value counts as different.
pub(super) fn paths(attributes: &[Attribute], planned: &Members, prior: &Members) -> Vec<Path> {
    let mut found = Vec::new();
    for attribute in attributes {
        let planned = planned.get(attribute.name).unwrap_or(&Value::Null);
        let prior = prior.get(attribute.name).unwrap_or(&Value::Null);
        collect(
            attribute,
            planned,
            prior,
            &Path::attribute(attribute.name),
            &mut found,
        );
    }
    found
}

fn collect(attribute: &Attribute, planned: &Value, prior: &Value, at: &Path, found: &mut Vec<Path>) {
    if planned == prior {
        return;
    }
    if attribute.requires_replace {
        found.push(at.clone());
        return;
    }
    let Kind::Nested(nesting, attributes) = &attribute.kind else {
        return;
    };
    match nesting {
        Nesting::Single => collect_members(attributes, planned, prior, at, found),
        Nesting::List => {
            for index in 0..planned.list_items().len().max(prior.list_items().len()) {
                let step = Step::Index(i64::try_from(index).unwrap_or(i64::MAX));
                let (planned, prior) = (item(planned, index), item(prior, index));
                collect_members(attributes, planned, prior, &at.child(step), found);
            }
        }
    }
}

fn collect_members(
    attributes: &[Attribute],
    planned: &Value,
    prior: &Value,
    at: &Path,
    found: &mut Vec<Path>,
) {
    for attribute in attributes {
        let (planned, prior) = (member(planned, attribute.name), member(prior, attribute.name));
        collect(attribute, planned, prior, &at.then(attribute.name), found);
    }
}

/// Returns a member of an object: unknown for an unknown object, null for a null one.
fn member<'a>(value: &'a Value, name: &str) -> &'a Value {
    match value {
        Value::Object(members) => members.get(name).unwrap_or(&Value::Null),
        Value::Unknown => value,
        _ => &Value::Null,
    }
}

fn item(value: &Value, index: usize) -> &Value {
    match value {
        Value::Unknown => value,
        other => other.list_items().get(index).unwrap_or(&Value::Null),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Attribute {
        Attribute::new::<String>("key").required().requires_replace()
    }

    fn object(key: &str) -> Value {
        Value::Object(Members::from([("key", Value::string(key))]))
    }

    fn replaced_paths(nesting: Nesting, planned: Value, prior: Value) -> Vec<String> {
        let attribute = Attribute::with_kind("pool", Kind::Nested(nesting, vec![key()]));
        let members = |value| Members::from([("pool", value)]);
        paths(&[attribute], &members(planned), &members(prior))
            .iter()
            .map(Path::to_string)
            .collect()
    }

    #[test]
    fn changed_null_or_unknown_value_requires_replace() {
        let members = |value| Members::from([("key", value)]);
        let prior = members(Value::string("a"));
        assert!(paths(&[key()], &prior, &prior).is_empty());
        for changed in [Value::string("b"), Value::Unknown, Value::Null] {
            assert_eq!(
                paths(&[key()], &members(changed), &prior),
                [Path::attribute("key")]
            );
        }
    }

    #[test]
    fn nested_attribute_requires_replace_at_its_path() {
        assert_eq!(
            replaced_paths(Nesting::Single, object("b"), object("a")),
            ["pool.key"]
        );
        assert_eq!(
            replaced_paths(Nesting::Single, Value::Null, object("a")),
            ["pool.key"]
        );
        assert_eq!(
            replaced_paths(Nesting::Single, Value::Unknown, object("a")),
            ["pool.key"]
        );

        let list = |items: &[&str]| Value::List(items.iter().map(|key| object(key)).collect());
        assert_eq!(
            replaced_paths(Nesting::List, list(&["a", "c", "d"]), list(&["a", "b"])),
            ["pool[1].key", "pool[2].key"]
        );
    }
}
