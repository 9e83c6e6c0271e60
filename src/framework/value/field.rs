//! From untyped values to a resource's typed struct and back.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

use super::super::number::Number;
use super::{Members, Path, Step, Type, Value};

/// An attribute of a typed model: its value, or what stands in for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Field<T> {
    /// Not set.
    #[default]
    Null,
    /// Known only after apply.
    Unknown,
    /// The value.
    Known(T),
}

impl<T> Field<T> {
    /// The value, if there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Field::Known(value) => Some(value),
            Field::Null | Field::Unknown => None,
        }
    }

    /// Whether nothing is set.
    pub fn is_null(&self) -> bool {
        matches!(self, Field::Null)
    }

    /// Whether the value comes only with apply.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Field::Unknown)
    }
}

impl Field<String> {
    /// The text, if known.
    pub fn text(&self) -> Option<&str> {
        self.known().map(String::as_str)
    }
}

impl<T> From<Option<T>> for Field<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Field::Null, Field::Known)
    }
}

/// A value that does not fit the model it is read into: our schema and our model disagree, or a caller
/// sent what the schema does not allow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct ConvertError {
    /// Where the value is.
    pub path: Path,
    /// What was expected of it.
    pub reason: String,
}

/// A type that a known, non-null value can be read as.
pub trait FromValue: Sized {
    /// Reads a known, non-null value; `path` says where it is, for the error.
    fn from_value(value: &Value, path: &Path) -> Result<Self, ConvertError>;
}

/// A type that can be written as a value.
pub trait IntoValue {
    /// The value.
    fn into_value(self) -> Value;
}

/// A Rust type that stands for one of Terraform's.
pub trait ValueType {
    /// Terraform's type.
    fn value_type() -> Type;
}

/// A typed struct that stands for a whole object: a resource's state, plan or configuration.
///
/// Written with [`model!`](crate::framework::model), which makes every field a [`Field`].
pub trait Model: FromValue + IntoValue + Clone + Send + Sync + 'static {}

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

impl<T: ValueType> ValueType for Field<T> {
    fn value_type() -> Type {
        T::value_type()
    }
}

macro_rules! value_types {
    ($($rust:ty => $of:expr),* $(,)?) => { $(
        impl ValueType for $rust {
            fn value_type() -> Type {
                $of
            }
        }
    )* };
}

value_types!(
    String => Type::String,
    SecretString => Type::String,
    bool => Type::Bool,
    i64 => Type::Number,
);

fn expected(what: &str, path: &Path) -> ConvertError {
    ConvertError {
        path: path.clone(),
        reason: format!("{what} is needed here"),
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

impl<T: ValueType> ValueType for BTreeMap<String, T> {
    fn value_type() -> Type {
        Type::map(T::value_type())
    }
}

/// Of a list or a set; written, it is a list.
impl<T: FromValue> FromValue for Vec<T> {
    fn from_value(value: &Value, path: &Path) -> Result<Self, ConvertError> {
        match value {
            Value::List(items) | Value::Set(items) => (0..)
                .zip(items)
                .map(|(index, item)| T::from_value(item, &path.child(Step::Index(index))))
                .collect(),
            _ => Err(expected("a list", path)),
        }
    }
}

impl<T: IntoValue> IntoValue for Vec<T> {
    fn into_value(self) -> Value {
        Value::List(self.into_iter().map(IntoValue::into_value).collect())
    }
}

impl<T: ValueType> ValueType for Vec<T> {
    fn value_type() -> Type {
        Type::list(T::value_type())
    }
}

/// The attribute that a field stands for: Rust spells one of the name `type` as `r#type`.
#[doc(hidden)]
pub fn attribute_name(field: &'static str) -> &'static str {
    field.strip_prefix("r#").unwrap_or(field)
}

/// Reads one attribute of an object; an attribute that is not there reads as null.
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

/// The members of a known object, or the error that one is needed.
#[doc(hidden)]
pub fn object_members<'a>(value: &'a Value, path: &Path) -> Result<&'a Members, ConvertError> {
    value.as_object().ok_or_else(|| expected("an object", path))
}

/// Declares a [`Model`]: a struct whose fields are the attributes of an object, each a [`Field`].
///
/// ```
/// use motherduck_provider::framework::{Field, model};
///
/// model! {
///     /// What is stored of a duck.
///     #[derive(Debug)]
///     pub struct Duck {
///         /// Its name.
///         pub name: String,
///         /// Its age in years.
///         pub age: i64,
///     }
/// }
///
/// let duck = Duck { name: Field::Known("Ada".into()), age: Field::Unknown };
/// assert_eq!(duck.name.text(), Some("Ada"));
/// ```
#[macro_export]
macro_rules! model {
    (
        $(#[$meta:meta])*
        $visibility:vis struct $model:ident {
            $( $(#[$field_meta:meta])* $field_visibility:vis $field:ident : $type:ty ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Default)]
        $visibility struct $model {
            $( $(#[$field_meta])* $field_visibility $field: $crate::framework::Field<$type>, )*
        }

        impl $crate::framework::FromValue for $model {
            fn from_value(
                value: &$crate::framework::Value,
                path: &$crate::framework::Path,
            ) -> Result<Self, $crate::framework::ConvertError> {
                #[allow(unused_variables, reason = "there may be no attributes")]
                let members = $crate::framework::object_members(value, path)?;
                Ok($model {
                    $( $field: $crate::framework::read_attribute(
                        members,
                        $crate::framework::attribute_name(stringify!($field)),
                        path,
                    )?, )*
                })
            }
        }

        impl $crate::framework::IntoValue for $model {
            fn into_value(self) -> $crate::framework::Value {
                $crate::framework::Value::Object($crate::framework::Members::from_iter::<[(&'static str, $crate::framework::Value); _]>([
                    $( (
                        $crate::framework::attribute_name(stringify!($field)),
                        $crate::framework::IntoValue::into_value(self.$field),
                    ), )*
                ]))
            }
        }

        impl $crate::framework::ValueType for $model {
            fn value_type() -> $crate::framework::Type {
                $crate::framework::Type::object::<&'static str>([
                    $( (
                        $crate::framework::attribute_name(stringify!($field)),
                        <$type as $crate::framework::ValueType>::value_type(),
                    ), )*
                ])
            }
        }

        impl $crate::framework::Model for $model {}
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::model! {
        struct Inner {
            size: String,
        }
    }

    crate::model! {
        struct Outer {
            inner: Inner,
            count: i64,
            secret: SecretString,
            keepers: BTreeMap<String, Field<String>>,
        }
    }

    fn object(members: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
        Value::Object(members.into_iter().collect())
    }

    #[test]
    fn a_model_keeps_null_unknown_and_known_apart() {
        let keepers = Value::Map(BTreeMap::from([
            ("a".to_owned(), Value::Null),
            ("b".to_owned(), Value::Unknown),
            ("c".to_owned(), Value::string("x")),
        ]));
        let value = object([
            ("inner", object([("size", Value::Unknown)])),
            ("count", Value::Number(Number::from(7))),
            ("secret", Value::Null),
            ("keepers", keepers),
        ]);
        let model = Outer::from_value(&value, &Path::root()).unwrap();
        assert!(model.inner.known().unwrap().size.is_unknown());
        assert_eq!(model.count, Field::Known(7));
        assert_eq!(model.into_value(), value);
    }

    #[test]
    fn a_mismatch_is_reported_with_its_path() {
        let value = object([("inner", object([("size", Value::Bool(true))]))]);
        let error = Outer::from_value(&value, &Path::root()).err().unwrap();
        assert_eq!(error.to_string(), "inner.size: a string is needed here");
    }

    crate::model! {
        struct Typed {
            r#type: String,
        }
    }

    #[test]
    fn a_field_may_be_named_by_a_word_of_rust() {
        let value = object([("type", Value::string("read_write"))]);
        let model = Typed::from_value(&value, &Path::root()).unwrap();
        assert_eq!(model.r#type.text(), Some("read_write"));
        assert_eq!(model.into_value(), value);
        assert_eq!(Typed::value_type(), Type::object([("type", Type::String)]));
    }

    #[test]
    fn an_attribute_that_is_not_there_reads_as_null() {
        let model = Outer::from_value(&object([]), &Path::root()).unwrap();
        assert!(model.inner.is_null() && model.count.is_null());
    }
}
