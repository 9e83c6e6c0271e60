//! Converts untyped values to a resource's struct and back.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

use super::super::number::Number;
use super::{Members, Value, ValueError};

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

/// A type to which a known, non-null value can be converted.
pub trait FromValue: Sized {
    /// Converts a known, non-null value. The error names the part of it that does not have the type.
    fn from_value(value: &Value) -> Result<Self, ValueError>;
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
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        Ok(value.clone())
    }
}

impl IntoValue for Value {
    fn into_value(self) -> Value {
        self
    }
}

impl<T: FromValue> FromValue for Field<T> {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Null => Ok(Field::Null),
            Value::Unknown => Ok(Field::Unknown),
            known => T::from_value(known).map(Field::Known),
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

impl FromValue for String {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        value
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| ValueError::expected("a string"))
    }
}

impl IntoValue for String {
    fn into_value(self) -> Value {
        Value::String(self)
    }
}

impl FromValue for SecretString {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        String::from_value(value).map(SecretString::from)
    }
}

impl IntoValue for SecretString {
    fn into_value(self) -> Value {
        Value::String(self.expose_secret().to_owned())
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Bool(value) => Ok(*value),
            _ => Err(ValueError::expected("a bool")),
        }
    }
}

impl IntoValue for bool {
    fn into_value(self) -> Value {
        Value::Bool(self)
    }
}

impl FromValue for i64 {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Number(number) => number.to_i64(),
            _ => None,
        }
        .ok_or_else(|| ValueError::expected("a whole number"))
    }
}

impl IntoValue for i64 {
    fn into_value(self) -> Value {
        Value::Number(Number::from(self))
    }
}

impl<T: FromValue> FromValue for BTreeMap<String, T> {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Map(members) => members
                .iter()
                .map(|(key, value)| {
                    let value = T::from_value(value).map_err(|error| error.in_key(key))?;
                    Ok((key.clone(), value))
                })
                .collect(),
            _ => Err(ValueError::expected("a map")),
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
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::List(items) => elements(items),
            _ => Err(ValueError::expected("a list")),
        }
    }
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value(self) -> Value {
        Value::List(self.into_iter().map(IntoValue::into_value).collect())
    }
}

impl<T: FromValue> FromValue for Set<T> {
    fn from_value(value: &Value) -> Result<Self, ValueError> {
        match value {
            Value::Set(items) => elements(items).map(Set),
            _ => Err(ValueError::expected("a set")),
        }
    }
}

impl<T: IntoValue> IntoValue for Set<T> {
    fn into_value(self) -> Value {
        Value::Set(self.0.into_iter().map(IntoValue::into_value).collect())
    }
}

fn elements<T: FromValue>(items: &[Value]) -> Result<Vec<T>, ValueError> {
    let items = items.iter().enumerate();
    items
        .map(|(index, item)| T::from_value(item).map_err(|error| error.in_element(index)))
        .collect()
}

/// Converts one attribute of an object. A missing attribute is null.
#[doc(hidden)]
pub fn read_attribute<T: FromValue>(members: &Members, name: &str) -> Result<Field<T>, ValueError> {
    let value = members.get(name).unwrap_or(&Value::Null);
    Field::from_value(value).map_err(|error| error.in_attribute(name))
}

/// Returns the members of a known object, or an error for another value.
#[doc(hidden)]
pub fn object_members(value: &Value) -> Result<&Members, ValueError> {
    value.as_object().ok_or_else(|| ValueError::expected("an object"))
}
