//! `GetFunctions` and `CallFunction`.

use std::collections::BTreeMap;

use super::super::function::{FunctionError, Parameter};
use super::super::registry::RegisteredFunction;
use super::super::value::Value;
use super::super::wire;
use super::Instance;
use crate::proto::tfplugin6 as proto;
use proto::{call_function, get_functions};

impl Instance {
    pub(super) fn functions(&self) -> get_functions::Response {
        get_functions::Response {
            functions: self.function_declarations(),
            ..Default::default()
        }
    }

    pub(super) fn function_declarations(&self) -> BTreeMap<String, proto::Function> {
        let functions = self.registry().functions.iter();
        functions
            .map(|(name, callable)| ((*name).to_owned(), wire::function(&callable.signature)))
            .collect()
    }

    pub(super) fn call_function(&self, request: &call_function::Request) -> call_function::Response {
        let (result, error) = match self.call(request) {
            Ok(result) => (Some(result), None),
            Err(error) => (None, Some(wire::function_error(error))),
        };
        call_function::Response { result, error }
    }

    fn call(&self, request: &call_function::Request) -> Result<proto::DynamicValue, FunctionError> {
        let Some(callable) = self.registry().functions.get(request.name.as_str()) else {
            return Err(FunctionError::call(format!(
                "This version of the provider has no function {:?}.",
                request.name
            )));
        };
        let arguments = callable.arguments(&request.arguments)?;
        let result = if arguments.iter().all(Value::is_wholly_known) {
            let names = callable
                .signature
                .parameters
                .iter()
                .map(|parameter| parameter.name);
            let arguments = Value::Object(names.zip(arguments).collect());
            callable.function.call(arguments)?
        } else {
            Value::Unknown
        };
        wire::encode(&result, &callable.signature.returns)
            .map_err(|diagnostics| FunctionError::call(diagnostics.details()))
    }
}

impl RegisteredFunction {
    /// Decodes the arguments, each with its parameter's type. Core has checked them; other callers may not.
    fn arguments(&self, sent: &[proto::DynamicValue]) -> Result<Vec<Value>, FunctionError> {
        let parameters = &self.signature.parameters;
        if sent.len() != parameters.len() {
            return Err(FunctionError::call(format!(
                "The function takes {} arguments, and {} were given.",
                parameters.len(),
                sent.len()
            )));
        }
        let argument = |(position, (value, parameter)): (usize, (&proto::DynamicValue, &Parameter))| {
            let value = wire::decode(Some(value), &parameter.of)
                .map_err(|diagnostics| FunctionError::argument(position, diagnostics.details()))?;
            if value.is_null() && !parameter.allows_null {
                let text = format!("The argument `{}` must not be null.", parameter.name);
                return Err(FunctionError::argument(position, text));
            }
            Ok(value)
        };
        sent.iter().zip(parameters).enumerate().map(argument).collect()
    }
}
