//! Converts schemas of OpenAPI 3.0 to JSON Schema, for which validators exist.

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

/// Replaces OpenAPI's `nullable` by a null type. All other keywords of the contract have the same meaning in
/// both.
pub(crate) fn with_null_as_a_type(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.remove("nullable") == Some(Value::Bool(true))
                && let Some(kind) = members.get_mut("type")
            {
                *kind = json!([kind.take(), "null"]);
            }
            members.values_mut().for_each(with_null_as_a_type);
        }
        Value::Array(elements) => elements.iter_mut().for_each(with_null_as_a_type),
        _ => {}
    }
}

/// Returns a validator of one schema of a document. Its references point into `components`.
pub(crate) fn validator(schema: &Value, components: &Value) -> Result<Validator, String> {
    let whole = json!({ "allOf": [schema], "components": components });
    jsonschema::options()
        // This is the first draft with all formats that the contract uses.
        .with_draft(Draft::Draft201909)
        .should_validate_formats(true)
        .build(&whole)
        .map_err(|error| error.to_string())
}
