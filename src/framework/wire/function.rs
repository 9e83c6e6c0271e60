//! Converts functions to protocol messages.

use super::super::function::FunctionError;
use super::super::schema::{Attribute, Presence, Schema};
use super::super::value::Type;
use super::schema::markdown;
use crate::proto::tfplugin6 as proto;
use proto::StringKind;

/// Converts the signature of a function: its documentation with its parameters, and the type of the result.
pub(in super::super) fn function(schema: &Schema, returns: &Type) -> proto::Function {
    let (summary, description) = schema
        .description
        .split_once("\n\n")
        .unwrap_or((schema.description, ""));
    proto::Function {
        parameters: schema.attributes.iter().map(parameter).collect(),
        r#return: Some(proto::function::Return {
            r#type: returns.to_json().into_bytes(),
        }),
        summary: markdown(summary),
        description: markdown(description),
        description_kind: StringKind::Markdown.into(),
        ..Default::default()
    }
}

fn parameter(attribute: &Attribute) -> proto::function::Parameter {
    proto::function::Parameter {
        name: attribute.name.to_owned(),
        r#type: attribute.value_type().to_json().into_bytes(),
        allow_null_value: attribute.presence != Presence::Required,
        // Core does not call a function before all its arguments are known; until then the result is unknown.
        allow_unknown_values: false,
        description: markdown(attribute.description),
        description_kind: StringKind::Markdown.into(),
    }
}

/// Converts a function error. Core appends the text to its own sentence and adds a full stop, so the text's
/// own full stop is removed. The index of the argument is that of its parameter.
pub(in super::super) fn function_error(
    error: FunctionError,
    parameters: &[Attribute],
) -> proto::FunctionError {
    let index = |name| parameters.iter().position(|parameter| parameter.name == name);
    let mut text = error.text;
    if text.ends_with('.') {
        text.pop();
    }
    proto::FunctionError {
        text,
        function_argument: error
            .argument
            .and_then(index)
            .and_then(|index| i64::try_from(index).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn function_error_omits_the_final_full_stop() {
        let parameters = ["a", "b"].map(Attribute::new::<String>);
        for (text, expected) in [
            ("One is wrong. So is the other.", "One is wrong. So is the other"),
            ("without an end", "without an end"),
            ("and so on...", "and so on.."),
            ("", ""),
        ] {
            let error = function_error(FunctionError::argument("b", text), &parameters);
            assert_eq!(
                (error.text.as_str(), error.function_argument),
                (expected, Some(1))
            );
        }
    }
}
