//! Converts functions to protocol messages.

use super::super::function::{FunctionError, Parameter, Signature};
use crate::proto::tfplugin6 as proto;
use proto::StringKind;

/// Converts a signature.
pub(in super::super) fn function(signature: &Signature) -> proto::Function {
    proto::Function {
        parameters: signature.parameters.iter().map(parameter).collect(),
        r#return: Some(proto::function::Return {
            r#type: signature.returns.to_json().into_bytes(),
        }),
        summary: signature.summary.to_owned(),
        description: signature.description.to_owned(),
        description_kind: StringKind::Markdown.into(),
        ..Default::default()
    }
}

fn parameter(parameter: &Parameter) -> proto::function::Parameter {
    proto::function::Parameter {
        name: parameter.name.to_owned(),
        r#type: parameter.of.to_json().into_bytes(),
        allow_null_value: parameter.allows_null,
        // Core does not call a function before all its arguments are known; until then the result is unknown.
        allow_unknown_values: false,
        description: parameter.description.to_owned(),
        description_kind: StringKind::Markdown.into(),
    }
}

/// Converts a function error. Core appends the text to its own sentence and adds a full stop, so the text's
/// own full stop is removed.
pub(in super::super) fn function_error(error: FunctionError) -> proto::FunctionError {
    let mut text = error.text;
    if text.ends_with('.') {
        text.pop();
    }
    proto::FunctionError {
        text,
        function_argument: error.argument.and_then(|position| i64::try_from(position).ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_leaves_the_full_stop_to_core() {
        for (text, expected) in [
            ("One is wrong. So is the other.", "One is wrong. So is the other"),
            ("without an end", "without an end"),
            ("and so on...", "and so on.."),
            ("", ""),
        ] {
            let error = function_error(FunctionError::argument(1, text));
            assert_eq!(
                (error.text.as_str(), error.function_argument),
                (expected, Some(1))
            );
        }
    }
}
