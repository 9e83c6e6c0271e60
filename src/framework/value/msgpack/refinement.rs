//! Unknown values, and what is known about them already.

use rmp::encode::{
    ByteBuf, RmpWrite, write_array_len, write_bool, write_ext_meta, write_map_len, write_sint, write_str,
};

use super::super::{CodecError, Refinements, Type};
use super::decode::{number, string};
use super::encode::write_number;
use super::reader::{Reader, Token};
use crate::framework::Number;

/// The extension code of an unknown value with refinements.
const REFINED: i8 = 12;
/// Core takes no longer payload.
const MAX_PAYLOAD: usize = 1024;

/// The keys of the refinements' map.
mod key {
    /// `false` if the value will not be null.
    pub(super) const NULLNESS: i64 = 1;
    pub(super) const PREFIX: i64 = 2;
    pub(super) const LOWER_BOUND: i64 = 3;
    pub(super) const UPPER_BOUND: i64 = 4;
    pub(super) const MIN_LENGTH: i64 = 5;
    pub(super) const MAX_LENGTH: i64 = 6;
}

/// The refinements of an unknown value of the type `ty`, read from its extension. Refinements are a help,
/// not a duty: a payload that is not understood counts as none.
pub(super) fn decode(code: i8, payload: &[u8], ty: &Type) -> Refinements {
    if code != REFINED {
        return Refinements::default();
    }
    let refinements = read(payload).ok().flatten().unwrap_or_default();
    fitting(&refinements, ty)
}

/// `None`, or an error, if the payload is not understood.
fn read(payload: &[u8]) -> Result<Option<Refinements>, CodecError> {
    let mut reader = Reader::new(payload);
    let Token::Map(length) = reader.token()? else {
        return Ok(None);
    };
    let mut refinements = Refinements::default();
    for _ in 0..length {
        let Token::Int(key) = reader.token()? else {
            return Ok(None);
        };
        match (key, reader.token()?) {
            (key::NULLNESS, Token::Bool(nullable)) => refinements.not_null = !nullable,
            (key::PREFIX, Token::Str(bytes)) => refinements.prefix = Some(string(bytes)?),
            (key::LOWER_BOUND, Token::Array(2)) => refinements.lower_bound = read_bound(&mut reader)?,
            (key::UPPER_BOUND, Token::Array(2)) => refinements.upper_bound = read_bound(&mut reader)?,
            (key::MIN_LENGTH, Token::Int(length)) => refinements.min_length = Some(length),
            (key::MAX_LENGTH, Token::Int(length)) => refinements.max_length = Some(length),
            _ => return Ok(None),
        }
    }
    Ok(Some(refinements))
}

fn read_bound(reader: &mut Reader<'_>) -> Result<Option<(Number, bool)>, CodecError> {
    let bound = number(reader.token()?)?;
    match reader.token()? {
        Token::Bool(inclusive) => Ok(Some((bound, inclusive))),
        _ => Ok(None),
    }
}

/// Those of the refinements that a value of the type `ty` can have. Core refuses all others, and knows
/// none for `dynamic`.
fn fitting(refinements: &Refinements, ty: &Type) -> Refinements {
    let mut fitting = Refinements {
        not_null: refinements.not_null,
        ..Refinements::default()
    };
    match ty {
        Type::Dynamic => fitting.not_null = false,
        Type::String => fitting.prefix.clone_from(&refinements.prefix),
        Type::Number => {
            fitting.lower_bound.clone_from(&refinements.lower_bound);
            fitting.upper_bound.clone_from(&refinements.upper_bound);
        }
        Type::List(_) | Type::Set(_) | Type::Map(_) => {
            fitting.min_length = refinements.min_length;
            fitting.max_length = refinements.max_length;
        }
        Type::Bool | Type::Tuple(_) | Type::Object(_) => {}
    }
    fitting
}

/// Writes an unknown value of the type `ty`.
pub(super) fn write_unknown(
    out: &mut ByteBuf,
    refinements: Option<&Refinements>,
    ty: &Type,
) -> Result<(), CodecError> {
    let refinements = refinements
        .map(|refinements| fitting(refinements, ty))
        .unwrap_or_default();
    let payload = payload(&refinements)?;
    match u32::try_from(payload.len()) {
        Ok(length) if refinements != Refinements::default() && payload.len() <= MAX_PAYLOAD => {
            write_ext_meta(out, length, REFINED)?;
            out.write_bytes(&payload)?;
        }
        _ => {
            write_ext_meta(out, 1, 0)?;
            out.write_bytes(&[0])?;
        }
    }
    Ok(())
}

fn payload(refinements: &Refinements) -> Result<Vec<u8>, CodecError> {
    let Refinements {
        not_null,
        prefix,
        lower_bound,
        upper_bound,
        min_length,
        max_length,
    } = refinements;
    let given = [
        *not_null,
        prefix.is_some(),
        lower_bound.is_some(),
        upper_bound.is_some(),
        min_length.is_some(),
        max_length.is_some(),
    ];
    let mut out = ByteBuf::new();
    write_map_len(&mut out, given.map(u32::from).iter().sum())?;
    if *not_null {
        write_sint(&mut out, key::NULLNESS)?;
        write_bool(&mut out, false)?;
    }
    if let Some(prefix) = prefix {
        write_sint(&mut out, key::PREFIX)?;
        write_str(&mut out, prefix)?;
    }
    for (key, bound) in [(key::LOWER_BOUND, lower_bound), (key::UPPER_BOUND, upper_bound)] {
        if let Some((number, inclusive)) = bound {
            write_sint(&mut out, key)?;
            write_array_len(&mut out, 2)?;
            write_number(&mut out, number)?;
            write_bool(&mut out, *inclusive)?;
        }
    }
    for (key, length) in [(key::MIN_LENGTH, min_length), (key::MAX_LENGTH, max_length)] {
        if let Some(length) = length {
            write_sint(&mut out, key)?;
            write_sint(&mut out, *length)?;
        }
    }
    Ok(out.into_vec())
}
