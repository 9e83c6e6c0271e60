//! Calls of data sources, with core's checks of the results.

use motherduck_provider::proto::tfplugin6 as proto;
use proto::{ClientCapabilities, read_data_source, validate_data_resource_config};
use serde_json::Value as Json;

use super::value::to_json;
use super::{Notes, Session};
use crate::support::plugin_client::in_time;

impl Session {
    pub(crate) async fn validate_data_source(&self, type_name: &str, config: &Json) -> Notes {
        let request = validate_data_resource_config::Request {
            type_name: type_name.into(),
            config: Some(self.data_source(type_name).encode(config)),
        };
        let mut client = self.client();
        let response = in_time("validation", client.validate_data_resource_config(request));
        Notes::read(&response.await.expect("a response").into_inner().diagnostics)
    }

    /// Validates a configuration and reads the data source. Core must accept the result: everything is known,
    /// and configured values are unchanged.
    pub(crate) async fn look_up(&self, type_name: &str, config: &Json) -> Result<Json, Notes> {
        let notes = self.validate_data_source(type_name, config).await;
        if notes.has_errors() {
            return Err(notes);
        }
        let response = self.read_data_source(type_name, config, false).await;
        let notes = Notes::read(&response.diagnostics);
        assert_eq!(response.deferred, None, "core does not support that");
        if notes.has_errors() {
            return Err(notes);
        }
        notes.assert_empty();
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
    pub(crate) async fn find(&self, type_name: &str, config: &Json) -> Json {
        let found = self.look_up(type_name, config).await;
        found.unwrap_or_else(|notes| panic!("{type_name} {config}: {notes:#?}"))
    }

    /// Sends the request without checks.
    pub(crate) async fn read_data_source(
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
        let response = in_time("the look-up", client.read_data_source(request));
        response.await.expect("a response").into_inner()
    }
}
