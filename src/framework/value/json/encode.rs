//! Converts values to JSON, for tests.

use super::super::Value;

/// Returns the JSON of a value.
///
/// # Panics
///
/// If a part of the value has no JSON form: an unknown value, or an infinity.
pub fn to_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Unknown => panic!("an unknown value has no JSON form"),
        Value::Bool(value) => (*value).into(),
        // The parser keeps all digits.
        Value::Number(number) => serde_json::from_str(&number.to_string()).expect("a finite number"),
        Value::String(text) => text.as_str().into(),
        Value::List(items) | Value::Set(items) => items.iter().map(to_json).collect(),
        Value::Map(members) => members
            .iter()
            .map(|(key, member)| (key.clone(), to_json(member)))
            .collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.to_string(), to_json(member)))
            .collect(),
    }
}
