//! Decodes JSON to values.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::super::error::parse_number;
use super::super::order::without_repeats;
use super::super::{Name, Type, Value, ValueError};
use super::Node;

/// How to treat a member of an object that the object's type lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownMembers {
    /// It is an error, as in core.
    Refuse,
    /// It is ignored, at any depth, because another version of the provider may have written the state.
    Ignore,
}

/// Decodes a value of the type `ty`.
///
/// A missing attribute is null. As in core, strings are accepted for bools and numbers, and bools and numbers
/// for strings.
pub fn decode(bytes: &[u8], ty: &Type, unknown_members: UnknownMembers) -> Result<Value, ValueError> {
    let decoder = Decoder { unknown_members };
    decoder.value(Node::parse(bytes)?, ty)
}

#[derive(Clone, Copy)]
struct Decoder {
    unknown_members: UnknownMembers,
}

impl Decoder {
    fn part(self, raw: &RawValue, ty: &Type) -> Result<Value, ValueError> {
        self.value(Node::open(raw)?, ty)
    }

    fn value(self, node: Node<'_>, ty: &Type) -> Result<Value, ValueError> {
        match (ty, node) {
            (_, Node::Null) => Ok(Value::Null),
            (Type::Bool, node) => bool(&node).map(Value::Bool),
            (Type::Number, Node::Number(text)) => parse_number(text).map(Value::Number),
            (Type::Number, Node::String(text)) => parse_number(&text).map(Value::Number),
            (Type::String, Node::String(text)) => Ok(Value::String(text)),
            (Type::String, Node::Number(text)) => Ok(Value::String(parse_number(text)?.to_string())),
            (Type::String, Node::Bool(value)) => Ok(Value::String(value.to_string())),
            (Type::List(element), Node::Array(items)) => items
                .into_iter()
                .enumerate()
                .map(|(index, item)| self.part(item, element).map_err(|error| error.in_element(index)))
                .collect::<Result<_, _>>()
                .map(Value::List),
            (Type::Set(element), Node::Array(items)) => self.set(&items, element),
            (Type::Map(element), Node::Object(members)) => members
                .into_iter()
                .map(|(key, member)| match self.part(member, element) {
                    Ok(member) => Ok((key, member)),
                    Err(error) => Err(error.in_key(&key)),
                })
                .collect::<Result<_, _>>()
                .map(Value::Map),
            (Type::Object(attributes), Node::Object(members)) => self.object(&members, attributes),
            _ => Err(ValueError::expected(ty.noun())),
        }
    }

    fn set(self, items: &[&RawValue], element: &Type) -> Result<Value, ValueError> {
        let mut set = Vec::new();
        for item in items {
            let item = self.part(item, element).map_err(ValueError::in_set)?;
            set.push(item);
        }
        Ok(Value::Set(without_repeats(set)))
    }

    fn object(
        self,
        members: &BTreeMap<String, &RawValue>,
        attributes: &BTreeMap<Name, Type>,
    ) -> Result<Value, ValueError> {
        if self.unknown_members == UnknownMembers::Refuse
            && let Some(unknown) = members
                .keys()
                .find(|name| !attributes.contains_key(name.as_str()))
        {
            return Err(ValueError::unsupported_attribute(unknown));
        }
        attributes
            .iter()
            .map(|(name, ty)| {
                let value = members
                    .get(&**name)
                    .map_or(Ok(Value::Null), |member| self.part(member, ty))
                    .map_err(|error| error.in_attribute(name))?;
                Ok((name.clone(), value))
            })
            .collect::<Result<_, _>>()
            .map(Value::Object)
    }
}

fn bool(node: &Node<'_>) -> Result<bool, ValueError> {
    match node {
        Node::Bool(value) => Some(*value),
        Node::String(text) => text.parse().ok(),
        _ => None,
    }
    .ok_or_else(|| ValueError::expected("a bool"))
}
