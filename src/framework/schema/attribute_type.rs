//! Derives the types of attributes from the Rust types of a model's fields.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::super::value::{Field, Set, Type};
use super::attribute::{Attribute, Kind, Nesting};

/// A Rust type of a model's field.
pub trait AttributeType {
    /// Returns the type of the attribute. That of a model is nested, with the attributes of the model.
    fn kind() -> Kind;
}

impl Attribute {
    /// Creates an attribute with this Rust type. It is optional by default.
    pub fn new<T: AttributeType>(name: &'static str) -> Self {
        Attribute::with_kind(name, T::kind())
    }
}

macro_rules! plain {
    ($($rust:ty => $of:expr),* $(,)?) => { $(
        impl AttributeType for $rust {
            fn kind() -> Kind {
                Kind::Plain($of)
            }
        }
    )* };
}

plain!(
    String => Type::String,
    SecretString => Type::String,
    bool => Type::Bool,
    i64 => Type::Number,
);

impl<T: AttributeType> AttributeType for BTreeMap<String, Field<T>> {
    fn kind() -> Kind {
        Kind::Plain(Type::map(T::kind().value_type()))
    }
}

impl<T: AttributeType> AttributeType for Set<Field<T>> {
    fn kind() -> Kind {
        Kind::Plain(Type::set(T::kind().value_type()))
    }
}

impl<T: AttributeType> AttributeType for Vec<Field<T>> {
    fn kind() -> Kind {
        match T::kind() {
            Kind::Nested(Nesting::Single, attributes) => Kind::Nested(Nesting::List, attributes),
            element => Kind::Plain(Type::list(element.value_type())),
        }
    }
}
