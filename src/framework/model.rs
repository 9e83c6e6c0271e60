//! Models: the attributes of a block, declared once.

use super::schema::{Attribute, AttributeType, Schema};
use super::value::Codec;

/// The Rust struct of a whole object: a resource's state, plan or configuration.
///
/// It is declared with [`model!`](crate::model!), which makes every field a
/// [`Field`](super::Field).
pub trait Model: Codec + AttributeType {
    /// Returns the schema of a block with these attributes.
    fn schema() -> Schema;

    /// Returns the attributes of the schema.
    fn attributes() -> Vec<Attribute> {
        Self::schema().attributes
    }
}

/// Returns the name of a field's attribute. In Rust a field named `type` is written as `r#type`.
#[doc(hidden)]
pub fn attribute_name(field: &'static str) -> &'static str {
    field.strip_prefix("r#").unwrap_or(field)
}

/// Declares a [`Model`]: a struct whose fields are the attributes of an object. It defines the struct, the
/// schema, and the conversion from and to values.
///
/// - Each field becomes a [`Field`](crate::framework::Field). Its Rust type is the type of the attribute;
///   another model is a nested attribute, and a `Vec` of them a list of nested attributes
///   ([`AttributeType`]).
/// - Doc comments are the descriptions in the documentation of the provider: that of the struct for the
///   block, that of a field for the attribute. Lines are joined, and a blank line begins a paragraph.
/// - Each item in `#[attribute(…)]` calls the method of [`Attribute`] with this name. An attribute without
///   items is optional.
/// - `#[schema(version = 1)]` is the version of the schema; the default is 0.
///
/// ```
/// use motherduck_provider::framework::{Field, Model, Validator, model};
///
/// model! {
///     /// A duck of the pond.
///     #[derive(Debug)]
///     #[schema(version = 1)]
///     pub struct Duck {
///         /// Name of the duck.
///         #[attribute(required, requires_replace)]
///         pub name: String,
///         /// Age in years.
///         #[attribute(default(1), validator(Validator::whole_number(0, 40)))]
///         pub age: i64,
///     }
/// }
///
/// let duck = Duck { name: Field::Known("Ada".into()), age: Field::Unknown };
/// assert_eq!(duck.name.text(), Some("Ada"));
/// assert_eq!((Duck::schema().version, Duck::attributes().len()), (1, 2));
/// ```
#[macro_export]
macro_rules! model {
    (
        $(#[doc = $doc:literal])*
        $(#[derive($($derive:ident),*)])?
        $(#[schema(version = $version:literal)])?
        $visibility:vis struct $model:ident {
            $(
                $(#[doc = $field_doc:literal])*
                $(#[attribute($($rule:ident $(($($argument:expr),*))?),* $(,)?)])?
                $field_visibility:vis $field:ident : $type:ty
            ),* $(,)?
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Default $($(, $derive)*)?)]
        $visibility struct $model {
            $( $(#[doc = $field_doc])* $field_visibility $field: $crate::framework::Field<$type>, )*
        }

        impl $crate::framework::Model for $model {
            fn schema() -> $crate::framework::Schema {
                $crate::framework::Schema {
                    // 0 without `#[schema(version = …)]`.
                    version: 0 $(+ $version)?,
                    description: concat!($($doc, "\n"),*),
                    attributes: vec![$(
                        $crate::framework::Attribute::new::<$type>($crate::framework::attribute_name(stringify!($field)))
                            .description(concat!($($field_doc, "\n"),*))
                            $($(.$rule($($($argument),*)?))*)?
                    ),*],
                }
            }
        }

        impl $crate::framework::AttributeType for $model {
            fn kind() -> $crate::framework::Kind {
                $crate::framework::Kind::Nested(
                    $crate::framework::Nesting::Single,
                    <$model as $crate::framework::Model>::attributes(),
                )
            }
        }

        impl $crate::framework::FromValue for $model {
            fn from_value(value: &$crate::framework::Value) -> Result<Self, $crate::framework::ValueError> {
                #[allow(unused_variables, reason = "there may be no attributes")]
                let members = $crate::framework::object_members(value)?;
                Ok($model {
                    $( $field: $crate::framework::read_attribute(
                        members,
                        $crate::framework::attribute_name(stringify!($field)),
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
    };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use secrecy::SecretString;

    use super::super::number::Number;
    use super::super::schema::{Kind, Nesting, Presence, Validator};
    use super::super::value::{Field, FromValue, IntoValue, Set, Type, Value};
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
    fn model_round_trips_null_unknown_and_known() {
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
        let model = Outer::from_value(&value).unwrap();
        assert!(model.inner.known().unwrap().size.is_unknown());
        assert_eq!(model.count, Field::Known(7));
        assert_eq!(model.into_value(), value);
    }

    #[test]
    fn from_value_error_contains_the_path() {
        let value = object([("inner", object([("size", Value::Bool(true))]))]);
        let error = Outer::from_value(&value).err().unwrap();
        assert_eq!(error.to_string(), "inner.size: expected a string");
    }

    crate::model! {
        /// A pond, which is
        /// a small lake.
        ///
        /// Its ducks are a list.
        #[schema(version = 2)]
        struct Pond {
            /// The kind
            /// of water.
            #[attribute(required, validator(Validator::one_of(&["salt", "sweet"])))]
            r#type: String,
            #[attribute(default(7))]
            depth: i64,
            ducks: Vec<Field<Inner>>,
            islands: Set<Field<String>>,
            owner: Inner,
        }
    }

    #[test]
    fn schema_has_doc_comments_and_fields_in_order() {
        let schema = Pond::schema();
        assert_eq!(schema.version, 2);
        assert_eq!(
            schema.description.trim(),
            "A pond, which is\n a small lake.\n\n Its ducks are a list."
        );
        let inner = Type::object([("size", Type::String)]);
        let attributes: Vec<_> = schema
            .attributes
            .iter()
            .map(|a| (a.name, a.value_type()))
            .collect();
        assert_eq!(
            attributes,
            [
                ("type", Type::String),
                ("depth", Type::Number),
                ("ducks", Type::list(inner.clone())),
                ("islands", Type::set(Type::String)),
                ("owner", inner),
            ]
        );
        assert!(matches!(
            schema.attributes[2].kind,
            Kind::Nested(Nesting::List, _)
        ));
        assert!(matches!(
            schema.attributes[4].kind,
            Kind::Nested(Nesting::Single, _)
        ));
    }

    #[test]
    fn attribute_items_set_presence_validators_and_default() {
        let [kind, depth, ..] = &Pond::attributes()[..] else {
            panic!("attributes")
        };
        assert_eq!((kind.presence, kind.validators.len()), (Presence::Required, 1));
        assert_eq!(depth.default, Some(Value::Number(Number::from(7))));
        assert_eq!(Pond::attributes()[2].presence, Presence::Optional);
    }

    #[test]
    fn raw_identifier_is_an_attribute_name() {
        let value = object([("type", Value::string("salt")), ("islands", Value::Set(vec![]))]);
        let model = Pond::from_value(&value).unwrap();
        assert_eq!(model.r#type.text(), Some("salt"));
        let Value::Object(members) = model.into_value() else {
            panic!("an object")
        };
        assert_eq!(members["type"], Value::string("salt"));
        assert_eq!(members["islands"], Value::Set(vec![]));
    }

    #[test]
    fn missing_attribute_is_null() {
        let model = Outer::from_value(&object([])).unwrap();
        assert!(model.inner.is_null() && model.count.is_null());
    }
}
