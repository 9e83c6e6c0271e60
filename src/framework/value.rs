//! Terraform's values: known, null or unknown, with exact numbers, and their types.
//!
//! They are plain data, independent of protocol messages, network and clock.

mod debug;
mod error;
mod field;
pub mod json;
mod members;
pub mod msgpack;
mod order;
mod path;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod test_values;
mod types;

pub use error::ValueError;
pub use field::{Codec, Field, FromValue, IntoValue, Set, object_members, read_attribute};
pub use members::{Members, Name};
pub use path::{Path, Step};
pub use types::Type;

use std::collections::BTreeMap;

use super::number::Number;

/// A value of any Terraform type.
///
/// As in msgpack, the value does not contain its type: a null string and a null number are equal. The
/// schema's [`Type`] decides wherever that matters.
///
/// `Debug` prints the kinds of values and the names of attributes, and no content, which may be secret.
#[derive(Clone)]
pub enum Value {
    /// The value is null.
    Null,
    /// The value is not known before apply. Core's refinements of such a value are ignored.
    Unknown,
    /// A bool.
    Bool(bool),
    /// A number of any size and precision.
    Number(Number),
    /// A string.
    String(String),
    /// Elements of one type, in order.
    List(Vec<Value>),
    /// Elements of one type, without order.
    Set(Vec<Value>),
    /// Elements of one type, by key.
    Map(BTreeMap<String, Value>),
    /// Attributes by name, each with its own type.
    Object(Members),
}

impl Value {
    /// Creates a known string.
    pub fn string(text: impl Into<String>) -> Self {
        Value::String(text.into())
    }

    /// Whether the value is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether the value itself is unknown; a known object may contain unknown attributes.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown)
    }

    /// Whether no part of the value is unknown, at any depth.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Value::Unknown => false,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
            Value::List(items) | Value::Set(items) => items.iter().all(Value::is_wholly_known),
            Value::Map(members) => members.values().all(Value::is_wholly_known),
            Value::Object(members) => members.values().all(Value::is_wholly_known),
        }
    }

    /// Returns the attributes of a known object.
    pub fn as_object(&self) -> Option<&Members> {
        match self {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// Returns the elements of a known list; none for another value.
    pub fn list_items(&self) -> &[Value] {
        match self {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// Returns the text of a known string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_wholly_known_is_false_for_a_nested_unknown() {
        let inner = Value::Object(Members::from([("size", Value::Unknown)]));
        let outer = Value::List(vec![Value::Null, inner]);
        assert!(!outer.is_unknown());
        assert!(!outer.is_wholly_known());
    }
}
