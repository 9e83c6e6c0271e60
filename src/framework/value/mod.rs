//! Terraform's values: known, null or unknown, with exact numbers, and the types they belong to.
//!
//! Pure data: nothing in here knows a protocol message, a network or a clock.

mod codec;
mod debug;
mod field;
pub mod json;
mod members;
pub mod msgpack;
mod order;
mod path;
#[cfg(test)]
mod properties;
mod type_json;
mod types;

pub use codec::CodecError;
pub use field::{Codec, ConvertError, Field, FromValue, IntoValue, Set, object_members, read_attribute};
pub use members::{Members, Name};
pub use path::{Path, Step};
pub use types::Type;

use std::collections::BTreeMap;

use super::number::Number;

/// A value of any Terraform type.
///
/// Which type a value has is not written in it, as on the wire: a null string and a null number look the
/// same. The schema's [`Type`] decides wherever that matters.
///
/// Its `Debug` shows the kinds of values and the names of attributes, and no content, which may be secret.
#[derive(Clone)]
pub enum Value {
    /// Absent.
    Null,
    /// Not known before apply. What core already knows about such a value, its refinements, is not read.
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
    /// Attributes of a type each, by name.
    Object(Members),
}

impl Value {
    /// A known string.
    pub fn string(text: impl Into<String>) -> Self {
        Value::String(text.into())
    }

    /// Whether the value is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether the value itself is unknown; a known object may still hold unknown attributes.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown)
    }

    /// Whether nothing in the value is unknown, at any depth.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Value::Unknown => false,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
            Value::List(items) | Value::Set(items) => items.iter().all(Value::is_wholly_known),
            Value::Map(members) => members.values().all(Value::is_wholly_known),
            Value::Object(members) => members.values().all(Value::is_wholly_known),
        }
    }

    /// The attributes of a known object.
    pub fn as_object(&self) -> Option<&Members> {
        match self {
            Value::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The text of a known string.
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
    fn one_unknown_deep_inside_makes_the_whole_value_not_wholly_known() {
        let inner = Value::Object(Members::from([("size", Value::Unknown)]));
        let outer = Value::List(vec![Value::Null, inner]);
        assert!(!outer.is_unknown());
        assert!(!outer.is_wholly_known());
    }
}
