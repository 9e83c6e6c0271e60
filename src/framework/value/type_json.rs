//! Types in JSON, the format of schemas.

use std::collections::BTreeMap;

use serde_json::json;
use serde_json::value::RawValue;

use super::json::Node;
use super::{CodecError, Type};

/// The maximum nesting of a type. It limits the stack that foreign bytes can make the decoder use, because
/// values nest as deep as their types.
const MAX_DEPTH: usize = 64;

impl Type {
    /// Returns the type as compact JSON, with the same text for equal types: `"string"`, `["list","string"]`.
    pub fn to_json(&self) -> String {
        self.to_json_tree().to_string()
    }

    pub(super) fn to_json_tree(&self) -> serde_json::Value {
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
                    .map(|(name, ty)| (name.as_str(), ty.to_json_tree()))
                    .collect();
                json!(["object", attributes])
            }
        }
    }

    /// Parses a type's JSON. An object's list of optional attributes is accepted and ignored: it matters for
    /// conversions, which core has done before a provider receives the values.
    ///
    /// # Errors
    ///
    /// If the text is not JSON, not a type, or a type that is nested more than 64 levels deep.
    pub fn parse(json: &[u8]) -> Result<Self, CodecError> {
        read(Node::parse(json)?, 0)
    }
}

fn read(node: Node<'_>, depth: usize) -> Result<Type, CodecError> {
    if depth > MAX_DEPTH {
        return Err(CodecError::new(format!(
            "nested more than {MAX_DEPTH} levels deep"
        )));
    }
    match node {
        Node::String(name) => match name.as_str() {
            "bool" => Ok(Type::Bool),
            "number" => Ok(Type::Number),
            "string" => Ok(Type::String),
            _ => Err(not_a_type()),
        },
        Node::Array(parts) => {
            let (kind, arguments) = parts.split_first().ok_or_else(not_a_type)?;
            let Node::String(kind) = Node::open(kind)? else {
                return Err(not_a_type());
            };
            constructed(&kind, arguments, depth + 1)
        }
        _ => Err(not_a_type()),
    }
}

fn constructed(kind: &str, arguments: &[&RawValue], depth: usize) -> Result<Type, CodecError> {
    let part = |raw| Node::open(raw).and_then(|node| read(node, depth));
    match (kind, arguments) {
        ("list", [element]) => part(element).map(Type::list),
        ("set", [element]) => part(element).map(Type::set),
        ("map", [element]) => part(element).map(Type::map),
        ("object", [attributes, optional @ ..]) if optional.len() <= 1 => {
            let Node::Object(attributes) = Node::open(attributes)? else {
                return Err(not_a_type());
            };
            if let [optional] = optional {
                check_optional(optional, &attributes)?;
            }
            attributes
                .into_iter()
                .map(|(name, ty)| Ok((name.into(), part(ty)?)))
                .collect::<Result<_, _>>()
                .map(Type::Object)
        }
        _ => Err(not_a_type()),
    }
}

/// Checks that the optional attributes are a list of names of attributes.
fn check_optional(optional: &RawValue, attributes: &BTreeMap<String, &RawValue>) -> Result<(), CodecError> {
    let names: Vec<String> = serde_json::from_str(optional.get()).map_err(|_| not_a_type())?;
    if names.iter().all(|name| attributes.contains_key(name)) {
        Ok(())
    } else {
        Err(not_a_type())
    }
}

fn not_a_type() -> CodecError {
    CodecError::new("not the JSON form of a type")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Type, CodecError> {
        Type::parse(json.as_bytes())
    }

    #[test]
    fn each_type_round_trips() {
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
            assert_eq!(parse(json), Ok(ty));
        }
    }

    #[test]
    fn parse_accepts_white_space_and_optional_attributes() {
        let object = Type::object([("a", Type::Bool), ("b", Type::String)]);
        assert_eq!(
            parse(" [ \"object\" , { \"b\" : \"string\" , \"a\" : \"bool\" } , [ \"a\" ] ] "),
            Ok(object)
        );
    }

    #[test]
    fn parse_of_other_json_is_an_error() {
        for json in [
            "null",
            "true",
            "1",
            "{}",
            "[]",
            r#""int""#,
            r#"["list"]"#,
            r#"["list","string","string"]"#,
            r#"["list",["string"]]"#,
            r#""dynamic""#,
            r#"["tuple",["string"]]"#,
            r#"["object",[]]"#,
            r#"["object",{"a":1}]"#,
            r#"["object",{"a":"bool"},["b"]]"#,
            r#"["object",{},{}]"#,
            r#"["object",{},[],[]]"#,
            r#"["string"]"#,
            r#"[["list"],"string"]"#,
        ] {
            assert_eq!(parse(json), Err(not_a_type()), "{json}");
        }
        for json in [
            "",
            "string",
            r#""string" "#.repeat(2).as_str(),
            r#"["list","string""#,
        ] {
            assert!(parse(json).is_err(), "{json}");
        }
    }
}
