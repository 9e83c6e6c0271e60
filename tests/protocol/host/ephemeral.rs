//! Calls of ephemeral resources.

use motherduck_provider::framework::Value;
use motherduck_provider::proto::tfplugin6 as proto;
use proto::{
    close_ephemeral_resource, get_provider_schema, open_ephemeral_resource,
    validate_ephemeral_resource_config,
};
use serde_json::Value as Json;

use super::value::to_json;
use super::{Block, Diagnostics, Session, rules};
use crate::support::plugin_client::in_time;

/// The result of opening an ephemeral resource.
#[derive(Debug)]
pub(crate) struct OpenResult {
    pub(crate) result: Json,
    pub(crate) private: Option<Vec<u8>>,
    pub(crate) diagnostics: Diagnostics,
}

impl Session {
    /// Requests all schemas.
    pub(crate) async fn schemas(&self) -> get_provider_schema::Response {
        let mut client = self.client();
        let response = client.get_provider_schema(get_provider_schema::Request {});
        let response = in_time("the schemas", response).await;
        response.expect("the schemas are served").into_inner()
    }

    /// Returns the schema of an ephemeral resource.
    pub(crate) async fn ephemeral(&self, type_name: &str) -> Block {
        Block::of_schema(&self.schemas().await.ephemeral_resource_schemas[type_name])
    }

    pub(crate) async fn validate_ephemeral(&self, type_name: &str, config: &Json) -> Diagnostics {
        let request = validate_ephemeral_resource_config::Request {
            type_name: type_name.into(),
            config: Some(self.ephemeral(type_name).await.encode(config)),
        };
        let mut client = self.client();
        let response = in_time("validation", client.validate_ephemeral_resource_config(request)).await;
        Diagnostics::read(&response.expect("a response").into_inner().diagnostics)
    }

    /// Validates a configuration and opens the ephemeral resource. Core must accept the result.
    pub(crate) async fn try_open(&self, type_name: &str, config: &Json) -> Result<OpenResult, Diagnostics> {
        let diagnostics = self.validate_ephemeral(type_name, config).await;
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let block = self.ephemeral(type_name).await;
        let request = open_ephemeral_resource::Request {
            type_name: type_name.into(),
            config: Some(block.encode(config)),
            client_capabilities: None,
        };
        let response = in_time("opening", self.client().open_ephemeral_resource(request)).await;
        let response = response.expect("a response").into_inner();
        let diagnostics = Diagnostics::read(&response.diagnostics);
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        assert_eq!(response.deferred, None, "the client does not support deferral");
        assert_eq!(response.renew_at, None, "no object can be renewed");
        let result = block.decode(response.result.as_ref());
        assert!(result.is_wholly_known(), "opened with unknowns: {result:?}");
        rules::assert_plan_is_valid(&block, &block.value(config), &Value::Null, &result);
        Ok(OpenResult {
            result: to_json(&result),
            private: response.private,
            diagnostics,
        })
    }

    /// Opens without errors.
    pub(crate) async fn open(&self, type_name: &str, config: &Json) -> OpenResult {
        let opened = self.try_open(type_name, config).await;
        opened.unwrap_or_else(|diagnostics| panic!("{diagnostics:#?}"))
    }

    pub(crate) async fn close(&self, type_name: &str, private: Option<Vec<u8>>) -> Diagnostics {
        let request = close_ephemeral_resource::Request {
            type_name: type_name.into(),
            private,
        };
        let response = in_time("closing", self.client().close_ephemeral_resource(request)).await;
        Diagnostics::read(&response.expect("a response").into_inner().diagnostics)
    }
}
