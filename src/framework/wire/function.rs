//! Functions on the wire.

use super::super::function::{FunctionError, Parameter, Signature};
use crate::proto::tfplugin6 as proto;
use proto::StringKind;

/// The signature as core reads it.
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
        // Core does not call a function before all its arguments are known: the result is unknown till then.
        allow_unknown_values: false,
        description: parameter.description.to_owned(),
        description_kind: StringKind::Markdown.into(),
    }
}

/// The error as core reads it.
pub(in super::super) fn function_error(error: FunctionError) -> proto::FunctionError {
    proto::FunctionError {
        text: error.text,
        function_argument: error.argument.and_then(|position| i64::try_from(position).ok()),
    }
}
