//! Encodes and decodes values in protocol messages.

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::schema::{Attribute, fill_defaults};
use super::super::value::json::{self, UnknownMembers};
use super::super::value::{Members, Type, Value, msgpack};
use crate::proto::tfplugin6 as proto;

/// Decodes a value of a type. A missing or empty message is null, as in core.
pub(in super::super) fn decode(value: Option<&proto::DynamicValue>, ty: &Type) -> Result<Value, Diagnostics> {
    let Some(value) = value else {
        return Ok(Value::Null);
    };
    let decoded = if !value.msgpack.is_empty() {
        msgpack::decode(&value.msgpack, ty)
    } else if !value.json.is_empty() {
        json::decode(&value.json, ty, UnknownMembers::Refuse)
    } else {
        return Ok(Value::Null);
    };
    decoded.map_err(|error| Diagnostic::bug(format!("A value could not be read: {error}")).into())
}

/// Encodes a value of a type.
pub(in super::super) fn encode(value: &Value, ty: &Type) -> Result<proto::DynamicValue, Diagnostics> {
    match msgpack::encode(value, ty) {
        Ok(msgpack) => Ok(proto::DynamicValue {
            msgpack,
            json: Vec::new(),
        }),
        Err(error) => Err(Diagnostic::bug(format!("A value could not be written: {error}")).into()),
    }
}

/// Returns the attributes of a value that must be an object.
pub(in super::super) fn members(value: Value) -> Result<Members, Diagnostics> {
    match value {
        Value::Object(members) => Ok(members),
        _ => Err(Diagnostic::bug("An object was expected and none came.").into()),
    }
}

/// Returns the error about a stored state that cannot be decoded.
fn unreadable_state(why: &str) -> Diagnostics {
    Diagnostic::error(
        "Stored state cannot be read",
        format!(
            "{why}\n\n\
             Nothing was changed. Restore the state from a backup, or remove the object from the state with \
             `terraform state rm` (`tofu state rm`) and import it again."
        ),
    )
    .into()
}

/// Returns the JSON of a stored state.
pub(in super::super) fn raw_json(state: Option<&proto::RawState>) -> Result<&[u8], Diagnostics> {
    match state {
        Some(state) if !state.json.is_empty() => Ok(&state.json),
        _ => Err(unreadable_state(
            "It is not in the JSON form that every CLI of version 0.12 or later writes.",
        )),
    }
}

/// Decodes a stored state: unknown attributes are ignored, and missing ones are null or their default.
pub(in super::super) fn raw_state(
    stored: &[u8],
    attributes: &[Attribute],
    ty: &Type,
) -> Result<Value, Diagnostics> {
    match json::decode(stored, ty, UnknownMembers::Ignore) {
        Ok(Value::Object(mut members)) => {
            fill_defaults(attributes, &mut members);
            Ok(Value::Object(members))
        }
        Ok(_) => Err(unreadable_state("It is JSON, but not a JSON object.")),
        Err(error) => Err(unreadable_state(&format!(
            "It does not fit the resource's schema: {error}."
        ))),
    }
}
