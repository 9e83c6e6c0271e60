//! Encodes values as JSON.

use std::collections::BTreeMap;

use super::super::{CodecError, Members, Name, Type, Value};
use crate::framework::Number;

/// Encodes a value of the type `ty` as compact JSON with members sorted by name.
///
/// # Errors
///
/// If the value does not have this type, or contains a part that JSON cannot represent: an unknown value, or
/// an infinity.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, CodecError> {
    Ok(tree(value, ty)?.to_string().into_bytes())
}

fn tree(value: &Value, ty: &Type) -> Result<serde_json::Value, CodecError> {
    match (ty, value) {
        (_, Value::Null) => Ok(serde_json::Value::Null),
        (_, Value::Unknown) => Err(CodecError::new("an unknown value has no JSON form")),
        (Type::Bool, Value::Bool(value)) => Ok((*value).into()),
        (Type::Number, Value::Number(value)) => number(value).map(serde_json::Value::Number),
        (Type::String, Value::String(value)) => Ok(value.as_str().into()),
        (Type::List(element), Value::List(items)) => items
            .iter()
            .enumerate()
            .map(|(index, item)| tree(item, element).map_err(|error| error.in_element(index)))
            .collect(),
        (Type::Set(element), Value::Set(items)) => items
            .iter()
            .map(|item| tree(item, element).map_err(CodecError::in_set))
            .collect(),
        (Type::Map(element), Value::Map(members)) => members
            .iter()
            .map(|(key, member)| {
                let member = tree(member, element).map_err(|error| error.in_key(key))?;
                Ok((key.clone(), member))
            })
            .collect(),
        (Type::Object(attributes), Value::Object(members)) => object(members, attributes),
        _ => Err(CodecError::expected(ty)),
    }
}

fn object(members: &Members, attributes: &BTreeMap<Name, Type>) -> Result<serde_json::Value, CodecError> {
    if let Some(extra) = members
        .keys()
        .find(|name| !attributes.contains_key(name.as_str()))
    {
        return Err(CodecError::unsupported_attribute(extra));
    }
    attributes
        .iter()
        .map(|(name, ty)| {
            let member = members
                .get(name)
                .ok_or_else(|| CodecError::missing_attribute(name))?;
            let member = tree(member, ty).map_err(|error| error.in_attribute(name))?;
            Ok((name.to_string(), member))
        })
        .collect()
}

/// Converts a number with all its digits, because JSON numbers are kept as text here.
fn number(number: &Number) -> Result<serde_json::Number, CodecError> {
    number
        .to_string()
        .parse()
        .map_err(|_| CodecError::new("infinity has no JSON form"))
}
