//! `GetFunctions` and `CallFunction`.

use std::collections::BTreeMap;

use super::super::function::FunctionError;
use super::super::registry::RegisteredFunction;
use super::super::schema::{Attribute, Presence};
use super::super::value::{Members, Value};
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
        // Collecting it would compile a large sort.
        let mut declarations = BTreeMap::new();
        declarations.extend(functions.map(|(name, callable)| {
            let declaration = wire::function(&callable.schema, &callable.returns);
            ((*name).to_owned(), declaration)
        }));
        declarations
    }

    pub(super) fn call_function(&self, request: &call_function::Request) -> call_function::Response {
        let Some(callable) = self.registry().functions.get(request.name.as_str()) else {
            let unknown = FunctionError::call(format!(
                "This version of the provider has no function {:?}.",
                request.name
            ));
            return call_function::Response {
                result: None,
                error: Some(wire::function_error(unknown, &[])),
            };
        };
        let (result, error) = match callable.call(&request.arguments) {
            Ok(result) => (Some(result), None),
            Err(error) => (
                None,
                Some(wire::function_error(error, &callable.schema.attributes)),
            ),
        };
        call_function::Response { result, error }
    }
}

impl RegisteredFunction {
    fn call(&self, arguments: &[proto::DynamicValue]) -> Result<proto::DynamicValue, FunctionError> {
        let arguments = self.arguments(arguments)?;
        let result = if arguments.values().all(Value::is_wholly_known) {
            self.function.call(Value::Object(arguments))?
        } else {
            Value::Unknown
        };
        wire::encode(&result, &self.returns).map_err(|diagnostics| FunctionError::call(diagnostics.details()))
    }

    /// Decodes the arguments, each with its parameter's type. Core has checked them; other callers may not.
    fn arguments(&self, sent: &[proto::DynamicValue]) -> Result<Members, FunctionError> {
        let parameters = &self.schema.attributes;
        if sent.len() != parameters.len() {
            return Err(FunctionError::call(format!(
                "The function takes {} arguments, and {} were given.",
                parameters.len(),
                sent.len()
            )));
        }
        let argument = |(value, parameter): (&proto::DynamicValue, &Attribute)| {
            let name = parameter.name;
            let value = wire::decode(Some(value), &parameter.value_type())
                .map_err(|diagnostics| FunctionError::argument(name, diagnostics.details()))?;
            if value.is_null() && parameter.presence == Presence::Required {
                let text = format!("The argument `{name}` must not be null.");
                return Err(FunctionError::argument(name, text));
            }
            Ok((name, value))
        };
        sent.iter().zip(parameters).map(argument).collect()
    }
}
