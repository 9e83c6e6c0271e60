//! Decodes msgpack to values.

use std::collections::BTreeMap;

use super::super::error::parse_number;
use super::super::order::without_repeats;
use super::super::{Members, Name, Type, Value, ValueError};
use super::reader::{Item, Reader};
use crate::framework::Number;

/// Decodes a value of the type `ty`. An object that lacks an attribute or has another one, a string that is not
/// UTF-8 and remaining bytes are errors.
pub fn decode(bytes: &[u8], ty: &Type) -> Result<Value, ValueError> {
    let mut reader = Reader::new(bytes);
    let value = read(&mut reader, ty)?;
    if reader.is_empty() {
        Ok(value)
    } else {
        Err(ValueError::new("there are bytes after the value"))
    }
}

fn read(reader: &mut Reader<'_>, ty: &Type) -> Result<Value, ValueError> {
    match (ty, reader.item()?) {
        (_, Item::Nil) => Ok(Value::Null),
        (_, Item::Ext) => Ok(Value::Unknown),
        (Type::Bool, Item::Bool(value)) => Ok(Value::Bool(value)),
        (Type::Number, item) => number(item).map(Value::Number),
        (Type::String, Item::Str(bytes) | Item::Bin(bytes)) => text(bytes).map(Value::string),
        (Type::List(element), Item::Array(length)) => list(reader, element, length),
        (Type::Set(element), Item::Array(length)) => set(reader, element, length),
        (Type::Map(element), Item::Map(length)) => map(reader, element, length),
        (Type::Object(attributes), Item::Map(length)) => object(reader, attributes, length),
        _ => Err(ValueError::expected(ty.noun())),
    }
}

/// Decodes a number. Core sends an integer if the number fits, otherwise a float if it is exact, otherwise
/// decimal text.
fn number(item: Item<'_>) -> Result<Number, ValueError> {
    match item {
        Item::Int(value) => Some(Number::from(value)),
        Item::UInt(value) => Some(Number::from(value)),
        Item::Float(value) => Number::from_f64(value),
        Item::Str(bytes) => return parse_number(text(bytes)?),
        _ => None,
    }
    .ok_or_else(|| ValueError::expected("a number"))
}

fn text(bytes: &[u8]) -> Result<&str, ValueError> {
    std::str::from_utf8(bytes).map_err(|_| ValueError::new("this string is not valid UTF-8"))
}

// None of these functions allocates memory for `length` elements, because the length is only the sender's
// claim.

fn list(reader: &mut Reader<'_>, element: &Type, length: u32) -> Result<Value, ValueError> {
    let mut items = Vec::new();
    for _ in 0..length {
        let item = read(reader, element).map_err(|error| error.in_element(items.len()))?;
        items.push(item);
    }
    Ok(Value::List(items))
}

fn set(reader: &mut Reader<'_>, element: &Type, length: u32) -> Result<Value, ValueError> {
    let mut items = Vec::new();
    for _ in 0..length {
        let item = read(reader, element).map_err(ValueError::in_set)?;
        items.push(item);
    }
    Ok(Value::Set(without_repeats(items)))
}

fn map(reader: &mut Reader<'_>, element: &Type, length: u32) -> Result<Value, ValueError> {
    let mut members = BTreeMap::new();
    for _ in 0..length {
        let key = key(reader)?.to_owned();
        let member = read(reader, element).map_err(|error| error.in_key(&key))?;
        if members.contains_key(&key) {
            return Err(ValueError::new("this key is given twice").in_key(&key));
        }
        members.insert(key, member);
    }
    Ok(Value::Map(members))
}

fn object(
    reader: &mut Reader<'_>,
    attributes: &BTreeMap<Name, Type>,
    length: u32,
) -> Result<Value, ValueError> {
    // The names are cloned from the type, which copies no text. Core sends attributes in their order, so none
    // is searched for.
    let mut members = Members::with_capacity(attributes.len());
    let mut in_order = attributes.iter();
    for _ in 0..length {
        let name = key(reader)?;
        let (name, ty) = in_order
            .next()
            .filter(|(next, _)| *next == name)
            .or_else(|| attributes.get_key_value(name))
            .ok_or_else(|| ValueError::unsupported_attribute(name))?;
        let member = read(reader, ty).map_err(|error| error.in_attribute(name))?;
        if members.insert(name.clone(), member).is_some() {
            return Err(ValueError::new("this attribute is given twice").in_attribute(name));
        }
    }
    // All are attributes of the type, and each occurs once.
    let complete = members.len() == attributes.len();
    match attributes
        .keys()
        .find(|name| !complete && !members.contains_key(name))
    {
        Some(missing) => Err(ValueError::missing_attribute(missing)),
        None => Ok(Value::Object(members)),
    }
}

fn key<'a>(reader: &mut Reader<'a>) -> Result<&'a str, ValueError> {
    match reader.item()? {
        Item::Str(bytes) | Item::Bin(bytes) => text(bytes),
        _ => Err(ValueError::new("expected a key that is a string")),
    }
}
