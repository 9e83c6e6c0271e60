//! Searches all output for the values of sensitive outputs.

use serde_json::Value;

/// Returns the secrets of `terraform output -json`.
///
/// An output that is not marked sensitive is an error with its name, because in the demo all outputs are
/// tokens.
pub(super) fn secrets(outputs: &Value) -> Result<Vec<String>, String> {
    let mut secrets = Vec::new();
    for (name, output) in outputs.as_object().into_iter().flatten() {
        if output["sensitive"] != true {
            return Err(name.clone());
        }
        collect(&output["value"], &mut secrets);
    }
    Ok(secrets)
}

fn collect(value: &Value, secrets: &mut Vec<String>) {
    match value {
        Value::String(text) => secrets.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect(value, secrets)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, secrets)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_in_nested_values_are_found() {
        let outputs = json!({
            "loader": { "sensitive": true, "type": "string", "value": "s3cret" },
            "all": { "sensitive": true, "value": { "reader": ["an0ther", null, 3] } },
        });

        assert_eq!(secrets(&outputs).unwrap(), ["an0ther", "s3cret"]);
    }

    #[test]
    fn output_that_is_not_sensitive_is_an_error() {
        let outputs = json!({ "loader": { "sensitive": false, "value": "s3cret" } });

        assert_eq!(secrets(&outputs).unwrap_err(), "loader");
    }
}
