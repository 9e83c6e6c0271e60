//! Calls of functions, as core makes them.

use motherduck_provider::framework::msgpack;
use motherduck_provider::proto::tfplugin6 as proto;
use proto::{call_function, get_functions};
use serde_json::Value as Json;

use super::Session;
use super::schema::encode_json;
use super::value::to_json;
use crate::support::plugin_client::in_time;
use crate::support::type_json::parse_type;

/// A function error and the index of its argument.
#[derive(Debug)]
pub(crate) struct FunctionError {
    pub(crate) text: String,
    pub(crate) argument: Option<i64>,
}

impl FunctionError {
    /// Expects all of these words in the text, and this argument.
    #[track_caller]
    pub(crate) fn assert(&self, argument: impl Into<Option<i64>>, words: &[&str]) {
        assert_eq!(self.argument, argument.into(), "{self:?}");
        for word in words {
            assert!(self.text.contains(word), "{word:?} is missing in {self:?}");
        }
    }
}

impl Session {
    /// Returns the provider's declaration of a function.
    pub(crate) async fn function(&self, name: &str) -> proto::Function {
        let mut client = self.client();
        let response = in_time("the functions", client.get_functions(get_functions::Request {}));
        let response = response.await.expect("a response").into_inner();
        assert!(response.diagnostics.is_empty(), "{:?}", response.diagnostics);
        response.functions[name].clone()
    }

    /// Calls a function with arguments that are encoded with its parameters' types.
    pub(crate) async fn call(&self, name: &str, arguments: &[Json]) -> Result<Json, FunctionError> {
        let function = self.function(name).await;
        let arguments = arguments.iter().zip(&function.parameters);
        let arguments = arguments.map(|(argument, parameter)| {
            let of = parse_type(&parameter.r#type).expect("the type of a parameter");
            encode_json(argument, &of)
        });
        self.call_raw(name, arguments.collect()).await
    }

    /// Calls a function with encoded arguments.
    pub(crate) async fn call_raw(
        &self,
        name: &str,
        arguments: Vec<proto::DynamicValue>,
    ) -> Result<Json, FunctionError> {
        let request = call_function::Request {
            name: name.into(),
            arguments,
        };
        let mut client = self.client();
        let response = in_time("the result", client.call_function(request));
        let response = response.await.expect("a response").into_inner();
        if let Some(error) = response.error {
            assert!(
                !error.text.is_empty() && response.result.is_none(),
                "an error or a result: {error:?}"
            );
            return Err(FunctionError {
                text: error.text,
                argument: error.function_argument,
            });
        }
        let result = response
            .result
            .expect("core reads a response without result and error as null");
        let returns = self.function(name).await.r#return.expect("a type of the result");
        let returns = parse_type(&returns.r#type).expect("a type");
        let result = msgpack::decode(&result.msgpack, &returns).expect("a value of the declared type");
        Ok(to_json(&result))
    }
}
