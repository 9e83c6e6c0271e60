//! Encodes values as msgpack.

use std::collections::BTreeMap;
use std::convert::Infallible;

use rmp::encode::{
    ByteBuf, RmpWrite as _, ValueWriteError, write_array_len, write_bool, write_ext_meta, write_f64,
    write_map_len, write_nil, write_sint, write_str,
};

use super::super::{Members, Name, Type, Value, ValueError};
use crate::framework::Number;

/// Encodes a value of the type `ty`. An object must have exactly the type's attributes: core rejects any other
/// without naming the wrong attribute, so it is found here, where the path is known.
pub fn encode(value: &Value, ty: &Type) -> Result<Vec<u8>, ValueError> {
    let mut out = ByteBuf::new();
    write(&mut out, value, ty)?;
    Ok(out.into_vec())
}

fn write(out: &mut ByteBuf, value: &Value, ty: &Type) -> Result<(), ValueError> {
    match (ty, value) {
        (_, Value::Null) => write_nil(out)?,
        (_, Value::Unknown) => {
            write_ext_meta(out, 1, 0)?;
            out.write_bytes(&[0])?;
        }
        (Type::Bool, Value::Bool(value)) => write_bool(out, *value)?,
        (Type::Number, Value::Number(value)) => write_number(out, value)?,
        (Type::String, Value::String(value)) => write_str(out, value)?,
        (Type::List(element), Value::List(items)) => {
            write_array_len(out, length(items.len())?)?;
            for (index, item) in items.iter().enumerate() {
                write(out, item, element).map_err(|error| error.in_element(index))?;
            }
        }
        (Type::Set(element), Value::Set(items)) => {
            write_array_len(out, length(items.len())?)?;
            for item in items {
                write(out, item, element).map_err(ValueError::in_set)?;
            }
        }
        (Type::Map(element), Value::Map(members)) => {
            write_map_len(out, length(members.len())?)?;
            for (key, member) in members {
                write_str(out, key)?;
                write(out, member, element).map_err(|error| error.in_key(key))?;
            }
        }
        (Type::Object(attributes), Value::Object(members)) => write_object(out, members, attributes)?,
        _ => return Err(ValueError::expected(ty.noun())),
    }
    Ok(())
}

fn write_object(
    out: &mut ByteBuf,
    members: &Members,
    attributes: &BTreeMap<Name, Type>,
) -> Result<(), ValueError> {
    // Both are sorted by name.
    if !members.keys().eq(attributes.keys()) {
        return Err(difference(members, attributes));
    }
    write_map_len(out, length(attributes.len())?)?;
    for ((name, ty), member) in attributes.iter().zip(members.values()) {
        write_str(out, name)?;
        write(out, member, ty).map_err(|error| error.in_attribute(name))?;
    }
    Ok(())
}

/// Returns the error that names the attribute that an object lacks or should not have.
fn difference(members: &Members, attributes: &BTreeMap<Name, Type>) -> ValueError {
    let extra = members.keys().find(|name| !attributes.contains_key(*name));
    let missing = attributes.keys().find(|name| !members.contains_key(name));
    extra
        .map(|name| ValueError::unsupported_attribute(name))
        .or_else(|| missing.map(|name| ValueError::missing_attribute(name)))
        .unwrap_or_else(|| ValueError::new("the attributes are not those of the type"))
}

/// Writes a number as core does: an integer or a float if one is exact, otherwise decimal text. Whole numbers
/// beyond 64 bits are text even if a float would be exact.
fn write_number(out: &mut ByteBuf, number: &Number) -> Result<(), ValueError> {
    if let Some(whole) = number.to_i64() {
        write_sint(out, whole)?;
    } else if let Some(float) = number.to_f64_exact().filter(|_| !number.is_integer()) {
        write_f64(out, float)?;
    } else {
        write_str(out, &number.to_string())?;
    }
    Ok(())
}

fn length(count: usize) -> Result<u32, ValueError> {
    u32::try_from(count).map_err(|_| ValueError::new("more elements than msgpack can count"))
}

impl From<Infallible> for ValueError {
    /// Writing into memory cannot fail; this conversion lets `?` compile.
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

impl From<ValueWriteError<Infallible>> for ValueError {
    fn from(error: ValueWriteError<Infallible>) -> Self {
        match error {
            ValueWriteError::InvalidMarkerWrite(never) | ValueWriteError::InvalidDataWrite(never) => {
                never.into()
            }
        }
    }
}
