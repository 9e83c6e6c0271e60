//! Converts untyped values to a resource's struct and back.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

use super::super::number::Number;
use super::{Members, Path, Step, Value};

/// An attribute of a model: null, unknown or a known value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Field<T> {
    /// The attribute is null.
    #[default]
    Null,
    /// The value is known only after apply.
    Unknown,
    /// The known value.
    Known(T),
}

impl<T> Field<T> {
    /// Returns the value, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Field::Known(value) => Some(value),
            Field::Null | Field::Unknown => None,
        }
    }

    /// Whether the attribute is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Field::Null)
    }

    /// Whether the value is known only after apply.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Field::Unknown)
    }
}

impl Field<String> {
    /// Returns the text, if it is known.
    pub fn text(&self) -> Option<&str> {
        self.known().map(String::as_str)
    }
}

impl<T> From<Option<T>> for Field<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Field::Null, Field::Known)
    }
}

/// The elements of a set, in any order.
#[derive(Debug, Clone, Default)]
pub struct Set<T>(pub Vec<T>);

/// A value that does not match its model, because schema and model differ, or because a caller sent a value
/// that the schema does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct ConvertError {
    /// The path of the value.
    pub path: Path,
    /// What was expected.
    pub reason: String,
}

/// A type to which a known, non-null value can be converted.
pub trait FromValue: Sized {
    /// Converts a known, non-null value. `path` is the path of the value, for the error.
    fn from_value(value: &Value, path: &Path) -> Result<Self, ConvertError>;
}

/// A type that can be converted to a value.
pub trait IntoValue {
    /// Converts it to a value.
    fn into_value(self) -> Value;
}

/// A type that can be converted from and to values: every `model!`, and [`Value`] itself.
pub trait Codec: FromValue + IntoValue + Clone + Send + Sync + 'static {}

impl<T: FromValue + IntoValue + Clone + Send + Sync + 'static> Codec for T {}

impl FromValue for Value {
    fn from_value(value: &Value, _path: &Path) -> Result<Self, ConvertError> {
        Ok(value.clone())
    }
}

impl IntoValue for Value {
    fn into_value(self) -> Value {
        self
    }
}

impl<T: FromValue> FromValue for Field<T> {
    fn from_value(value: &Value, path: &Path) -> Result<Self, ConvertError> {
        match value {
            Value::Null => Ok(Field::Null),
            Value::Unknown => Ok(Field::Unknown),
            known => T::from_value(known, path).map(Field::Known),
        }
    }
}

impl<T: IntoValue> IntoValue for Field<T> {
    fn into_value(self) -> Value {
        match self {
            Field::Null => Value::Null,
            Field::Unknown => Value::Unknown,
            Field::Known(value) => value.into_value(),
        }
    }
}

fn expected(what: &str, path: &Path) -> ConvertError {
    ConvertError {
        path: path.clone(),
        reason: format!("expected {what}"),
    }
}

impl FromValue for String {
    fn from_value(value: &Value, path: &Path) -> Result<Self, ConvertError> {
        value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| expected("a string", path))
    }
}

impl IntoValue for String {
    fn into_value(self) -> Value {
        Value::String(self)
    }
}

impl FromValue for SecretString {
    fn from_value(value: &Value, path: &Path) -> Result<Self, ConvertError> {
        String::from_value(value, path).map(SecretString::from)
    }
}

impl IntoValue for SecretString {
    fn into_value(self) -> Value {
        Value::String(self.expose_secret().to_owned())
    }
}

impl FromValue for bool {
    fn from_value(value: &Value, path: &Path) -> Result<Self, ConvertError> {
        match value {
            Value::Bool(value) => Ok(*value),
            _ => Err(expected("a bool", path)),
        }
    }
}

impl IntoValue for bool {
    fn into_value(self) -> Value {
        Value::Bool(self)
    }
}

impl FromValue for i64 {
    fn from_value(value: &Value, path: &Path) -> Result<Self, ConvertError> {
        match value {
            Value::Number(number) => number.to_i64(),
            _ => None,
        }
        .ok_or_else(|| expected("a whole number", path))
    }
}

impl IntoValue for i64 {
    fn into_value(self) -> Value {
        Value::Number(Number::from(self))
    }
}

impl<T: FromValue> FromValue for BTreeMap<String, T> {
    fn from_value(value: &Value, path: &Path) -> Result<Self, ConvertError> {
        match value {
            Value::Map(members) => members
                .iter()
                .map(|(key, value)| {
                    Ok((
                        key.clone(),
                        T::from_value(value, &path.child(Step::Key(key.clone())))?,
                    ))
                })
                .collect(),
            _ => Err(expected("a map", path)),
        }
    }
}

impl<T: IntoValue> IntoValue for BTreeMap<String, T> {
    fn into_value(self) -> Value {
        Value::Map(
            self.into_iter()
                .map(|(key, value)| (key, value.into_value()))
                .collect(),
        )
    }
}

impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: &Value, path: &Path) -> Result<Self, ConvertError> {
        match value {
            Value::List(items) => elements(items, path),
            _ => Err(expected("a list", path)),
        }
    }
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value(self) -> Value {
        Value::List(self.into_iter().map(IntoValue::into_value).collect())
    }
}

impl<T: FromValue> FromValue for Set<T> {
    fn from_value(value: &Value, path: &Path) -> Result<Self, ConvertError> {
        match value {
            Value::Set(items) => elements(items, path).map(Set),
            _ => Err(expected("a set", path)),
        }
    }
}

impl<T: IntoValue> IntoValue for Set<T> {
    fn into_value(self) -> Value {
        Value::Set(self.0.into_iter().map(IntoValue::into_value).collect())
    }
}

fn elements<T: FromValue>(items: &[Value], path: &Path) -> Result<Vec<T>, ConvertError> {
    (0..)
        .zip(items)
        .map(|(index, item)| T::from_value(item, &path.child(Step::Index(index))))
        .collect()
}

/// Converts one attribute of an object. A missing attribute is null.
#[doc(hidden)]
pub fn read_attribute<T: FromValue>(
    members: &Members,
    name: &str,
    path: &Path,
) -> Result<Field<T>, ConvertError> {
    let Some(value) = members.get(name) else {
        return Ok(Field::Null);
    };
    // Only an error needs the path of the attribute.
    Field::from_value(value, path).or_else(|_| Field::from_value(value, &path.then(name)))
}

/// Returns the members of a known object, or an error for another value.
#[doc(hidden)]
pub fn object_members<'a>(value: &'a Value, path: &Path) -> Result<&'a Members, ConvertError> {
    value.as_object().ok_or_else(|| expected("an object", path))
}
