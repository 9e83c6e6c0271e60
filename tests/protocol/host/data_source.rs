//! Calls of data sources, with core's checks of the results.

use motherduck_provider::proto::tfplugin6 as proto;
use proto::{ClientCapabilities, read_data_source, validate_data_resource_config};
use serde_json::Value as Json;

use super::value::to_json;
use super::{Diagnostics, Session};
use crate::support::plugin_client::in_time;

impl Session {
    pub(crate) async fn validate_data_source(&self, type_name: &str, config: &Json) -> Diagnostics {
        let request = validate_data_resource_config::Request {
            type_name: type_name.into(),
            config: Some(self.data_source(type_name).encode(config)),
        };
        let mut client = self.client();
        let response = in_time("validation", client.validate_data_resource_config(request));
        Diagnostics::read(&response.await.expect("a response").into_inner().diagnostics)
    }

    /// Validates a configuration and reads the data source. Core must accept the result: everything is known,
    /// and configured values are unchanged.
    pub(crate) async fn try_read_data_source(
        &self,
        type_name: &str,
        config: &Json,
    ) -> Result<Json, Diagnostics> {
        let diagnostics = self.validate_data_source(type_name, config).await;
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        let response = self.send_data_source_read(type_name, config, false).await;
        let diagnostics = Diagnostics::read(&response.diagnostics);
        assert_eq!(response.deferred, None, "core does not support that");
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        diagnostics.assert_empty();
        let block = self.data_source(type_name);
        let (config, found) = (block.value(config), block.decode(response.state.as_ref()));
        let found_members = found.as_object().expect("provider produced null object");
        assert!(
            found.is_wholly_known(),
            "provider produced invalid object: {found:?}"
        );
        for (name, configured) in config.as_object().expect("a configuration") {
            assert!(
                configured.is_null() || *configured == found_members[name],
                "{name} was configured as {configured:?}"
            );
        }
        Ok(to_json(&found))
    }

    /// Reads a data source without errors.
    pub(crate) async fn read_data_source(&self, type_name: &str, config: &Json) -> Json {
        let found = self.try_read_data_source(type_name, config).await;
        found.unwrap_or_else(|diagnostics| panic!("{type_name} {config}: {diagnostics:#?}"))
    }

    /// Reads a data source, which must fail, and returns the diagnostics.
    pub(crate) async fn data_source_error(&self, type_name: &str, config: &Json) -> Diagnostics {
        let found = self.try_read_data_source(type_name, config).await;
        found.expect_err(type_name)
    }

    /// Sends the request without checks.
    pub(crate) async fn send_data_source_read(
        &self,
        type_name: &str,
        config: &Json,
        deferral_allowed: bool,
    ) -> read_data_source::Response {
        let request = read_data_source::Request {
            type_name: type_name.into(),
            config: Some(self.data_source(type_name).encode(config)),
            client_capabilities: Some(ClientCapabilities {
                deferral_allowed,
                ..Default::default()
            }),
            ..Default::default()
        };
        let mut client = self.client();
        let response = in_time("the read of a data source", client.read_data_source(request));
        response.await.expect("a response").into_inner()
    }
}
