//! Values and types for the tests of the codecs.

use super::{Type, Value};

pub(super) fn number(text: &str) -> Value {
    Value::Number(text.parse().unwrap())
}

/// Returns the members of a map or an object.
pub(super) fn members<M: FromIterator<(String, Value)>>(
    members: impl IntoIterator<Item = (&'static str, Value)>,
) -> M {
    members
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

/// Returns an object type with a string `a` and a number `b`.
pub(super) fn pair() -> Type {
    Type::object([("a", Type::String), ("b", Type::Number)])
}
