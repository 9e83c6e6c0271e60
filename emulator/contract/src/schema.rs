//! Converts schemas of OpenAPI 3.0 to those of JSON Schema, for which validators exist.

use jsonschema::{Draft, Validator};
use serde_json::{Value, json};

/// OpenAPI 3.0 has its own keyword for "or null"; the other keywords in the contract mean the same in both.
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

/// A validator of one schema of a document, whose references lead into `components`.
pub(crate) fn validator(schema: &Value, components: &Value) -> Result<Validator, String> {
    let whole = json!({ "allOf": [schema], "components": components });
    jsonschema::options()
        // The first draft with all formats of the contract.
        .with_draft(Draft::Draft201909)
        .should_validate_formats(true)
        .build(&whole)
        .map_err(|error| error.to_string())
}
