//! Equality of values, and an order for sorting.

use std::cmp::Ordering;

use super::Value;

impl PartialEq for Value {
    /// Compares as Terraform does: sets without order, numbers by value.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Value::Null, Value::Null) | (Value::Unknown, Value::Unknown) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Number(a), Value::Number(b)) => a == b,
            (Value::String(a), Value::String(b)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            (Value::Set(a), Value::Set(b)) => a.len() == b.len() && sorted(a) == sorted(b),
            (Value::Map(a), Value::Map(b)) => a == b,
            (Value::Object(a), Value::Object(b)) => a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl PartialOrd for Value {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Value {
    /// An arbitrary order for sorting. It treats exactly the equal values as equal.
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
            (Value::Number(a), Value::Number(b)) => a.cmp(b),
            (Value::String(a), Value::String(b)) => a.cmp(b),
            (Value::List(a), Value::List(b)) => a.cmp(b),
            (Value::Set(a), Value::Set(b)) => sorted(a).cmp(&sorted(b)),
            (Value::Map(a), Value::Map(b)) => a.cmp(b),
            (Value::Object(a), Value::Object(b)) => a.cmp(b),
            _ => kind(self).cmp(&kind(other)),
        }
    }
}

/// Returns the position of a value's kind in the order.
fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Unknown => 1,
        Value::Bool(_) => 2,
        Value::Number(_) => 3,
        Value::String(_) => 4,
        Value::List(_) => 5,
        Value::Set(_) => 6,
        Value::Map(_) => 7,
        Value::Object(_) => 8,
    }
}

fn sorted(items: &[Value]) -> Vec<&Value> {
    let mut items: Vec<&Value> = items.iter().collect();
    items.sort_unstable();
    items
}

/// Removes repeated elements of a set. Elements that are not wholly known may become different values, so
/// they are kept.
pub(super) fn without_repeats(items: Vec<Value>) -> Vec<Value> {
    let mut known: Vec<usize> = (0..items.len()).filter(|i| items[*i].is_wholly_known()).collect();
    // The sort is stable, so the first of several equal elements is kept.
    known.sort_by(|a, b| items[*a].cmp(&items[*b]));
    let mut repeated = vec![false; items.len()];
    for pair in known.windows(2) {
        if let [first, second] = *pair {
            repeated[second] = items[first] == items[second];
        }
    }
    let kept = items.into_iter().zip(repeated).filter(|(_, repeated)| !repeated);
    kept.map(|(item, _)| item).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn set(items: &[&str]) -> Value {
        Value::Set(items.iter().map(|item| Value::string(*item)).collect())
    }

    #[test]
    fn set_equality_ignores_order() {
        assert_eq!(set(&["a", "b", "a"]), set(&["a", "a", "b"]));
        assert_ne!(set(&["a", "b", "a"]), set(&["a", "b", "b"]));
        assert_ne!(set(&["a"]), set(&["a", "b"]));
        // This applies at every depth.
        let around = |inner: Value| Value::Set(vec![Value::List(vec![inner]), Value::Null]);
        assert_eq!(around(set(&["a", "b"])), around(set(&["b", "a"])));
    }

    #[test]
    fn ordering_is_total_and_consistent_with_equality() {
        let map = |name: &str, value: Value| Value::Map(BTreeMap::from([(name.to_owned(), value)]));
        let object = |name: &'static str, value: Value| Value::Object([(name, value)].into());
        let values = [
            Value::Null,
            Value::Unknown,
            Value::Bool(false),
            Value::Bool(true),
            Value::Number(1.into()),
            Value::Number("1.0".parse().unwrap()),
            Value::Number((-1).into()),
            Value::string(""),
            Value::string("a"),
            Value::List(vec![]),
            Value::List(vec![Value::string("a"), Value::string("b")]),
            Value::List(vec![Value::string("b"), Value::string("a")]),
            set(&["a", "b"]),
            set(&["b", "a"]),
            set(&["a"]),
            set(&["a", "a"]),
            map("a", Value::Null),
            object("a", Value::Null),
            object("a", set(&["x", "y"])),
            object("a", set(&["y", "x"])),
        ];
        for a in &values {
            for b in &values {
                assert_eq!(a == b, a.cmp(b).is_eq(), "{a:?} {b:?}");
                assert_eq!(a.cmp(b), b.cmp(a).reverse(), "{a:?} {b:?}");
                for c in &values {
                    if a <= b && b <= c {
                        assert!(a <= c, "{a:?} {b:?} {c:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn without_repeats_merges_equal_known_elements() {
        let partly = || Value::List(vec![Value::Unknown]);
        let items = vec![
            Value::string("b"),
            Value::Unknown,
            Value::string("a"),
            partly(),
            Value::string("b"),
            Value::Unknown,
            partly(),
            Value::string("a"),
        ];
        let expected = [
            Value::string("b"),
            Value::Unknown,
            Value::string("a"),
            partly(),
            Value::Unknown,
            partly(),
        ];
        assert_eq!(without_repeats(items), expected);
    }
}
