//! The types of Terraform's values.

use std::collections::BTreeMap;

use serde_json::json;

use super::Name;

/// The type of an attribute. Types that no attribute has are omitted: `dynamic` and tuples.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// `bool`
    Bool,
    /// `number`
    Number,
    /// `string`
    String,
    /// `list(T)`
    List(Box<Type>),
    /// `set(T)`
    Set(Box<Type>),
    /// `map(T)`
    Map(Box<Type>),
    /// `object({ name = T, … })`
    Object(BTreeMap<Name, Type>),
}

impl Type {
    /// Returns `list(element)`.
    pub fn list(element: Type) -> Self {
        Type::List(Box::new(element))
    }

    /// Returns `set(element)`.
    pub fn set(element: Type) -> Self {
        Type::Set(Box::new(element))
    }

    /// Returns `map(element)`.
    pub fn map(element: Type) -> Self {
        Type::Map(Box::new(element))
    }

    /// Returns an object type with these attributes.
    pub fn object<N: Into<Name>>(attributes: impl IntoIterator<Item = (N, Type)>) -> Self {
        let attributes = attributes.into_iter().map(|(name, ty)| (name.into(), ty));
        Type::of_attributes(attributes.collect())
    }

    /// Sorts attributes. The function is not generic, because the code of a sort is large and is needed once.
    fn of_attributes(attributes: Vec<(Name, Type)>) -> Self {
        Type::Object(attributes.into_iter().collect())
    }

    /// Returns the name of the type in errors.
    pub(super) fn noun(&self) -> &'static str {
        match self {
            Type::Bool => "a bool",
            Type::Number => "a number",
            Type::String => "a string",
            Type::List(_) => "a list",
            Type::Set(_) => "a set",
            Type::Map(_) => "a map",
            Type::Object(_) => "an object",
        }
    }

    /// Returns the type as compact JSON, with the same text for equal types: `"string"`, `["list","string"]`.
    pub fn to_json(&self) -> String {
        self.to_json_tree().to_string()
    }

    fn to_json_tree(&self) -> serde_json::Value {
        match self {
            Type::Bool => json!("bool"),
            Type::Number => json!("number"),
            Type::String => json!("string"),
            Type::List(element) => json!(["list", element.to_json_tree()]),
            Type::Set(element) => json!(["set", element.to_json_tree()]),
            Type::Map(element) => json!(["map", element.to_json_tree()]),
            Type::Object(attributes) => {
                let attributes: BTreeMap<_, _> = attributes
                    .iter()
                    .map(|(name, ty)| (name, ty.to_json_tree()))
                    .collect();
                json!(["object", attributes])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_json_has_the_format_of_schemas() {
        for (ty, json) in [
            (Type::Bool, r#""bool""#),
            (Type::Number, r#""number""#),
            (Type::String, r#""string""#),
            (Type::list(Type::String), r#"["list","string"]"#),
            (Type::set(Type::map(Type::Bool)), r#"["set",["map","bool"]]"#),
            (Type::Object(BTreeMap::new()), r#"["object",{}]"#),
            (
                Type::object([("b", Type::Bool), ("a", Type::list(Type::Number))]),
                r#"["object",{"a":["list","number"],"b":"bool"}]"#,
            ),
        ] {
            assert_eq!(ty.to_json(), json);
        }
    }
}
