//! The `Validate…` calls: the rules of schemas and of everything with a schema.

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::schema::{Schema, refuse_write_only, validate};
use super::super::value::{Members, Value};
use super::super::wire;
use super::Instance;
use crate::proto::tfplugin6 as proto;
use proto::{
    validate_action_config, validate_data_resource_config, validate_ephemeral_resource_config,
    validate_list_resource_config, validate_provider_config, validate_resource_config,
};

impl Instance {
    pub(super) fn validate_provider(
        &self,
        request: &validate_provider_config::Request,
    ) -> Result<validate_provider_config::Response, Diagnostics> {
        let found = broken_rules(self.provider_schema(), request.config.as_ref(), |_| {
            Diagnostics::new()
        })?;
        Ok(validate_provider_config::Response {
            diagnostics: wire::diagnostics(found),
        })
    }

    pub(super) fn validate_resource(
        &self,
        request: &validate_resource_config::Request,
    ) -> Result<validate_resource_config::Response, Diagnostics> {
        let served = self.resource(&request.type_name)?;
        let stores_write_only = !request
            .client_capabilities
            .is_some_and(|client| client.write_only_attributes_allowed);
        let own = |config: &Value| {
            let mut found = served.resource.validate(config);
            if stores_write_only {
                found.append(refuse_write_only(&served.schema.attributes, config));
            }
            found
        };
        let found = broken_rules(&served.schema, request.config.as_ref(), own)?;
        Ok(validate_resource_config::Response {
            diagnostics: wire::diagnostics(found),
        })
    }

    pub(super) fn validate_data_source(
        &self,
        request: &validate_data_resource_config::Request,
    ) -> Result<validate_data_resource_config::Response, Diagnostics> {
        let source = self.data_source(&request.type_name)?;
        let own = |config: &Value| source.kind.validate(config);
        let found = broken_rules(&source.schema, request.config.as_ref(), own)?;
        Ok(validate_data_resource_config::Response {
            diagnostics: wire::diagnostics(found),
        })
    }

    pub(super) fn validate_ephemeral_resource(
        &self,
        request: &validate_ephemeral_resource_config::Request,
    ) -> Result<validate_ephemeral_resource_config::Response, Diagnostics> {
        let ephemeral = self.ephemeral_resource(&request.type_name)?;
        let own = |config: &Value| ephemeral.kind.validate(config);
        let found = broken_rules(&ephemeral.schema, request.config.as_ref(), own)?;
        Ok(validate_ephemeral_resource_config::Response {
            diagnostics: wire::diagnostics(found),
        })
    }

    pub(super) fn validate_list_resource(
        &self,
        request: &validate_list_resource_config::Request,
    ) -> Result<validate_list_resource_config::Response, Diagnostics> {
        let list = self.list_resource(&request.type_name)?;
        let own = |config: &Value| list.kind.validate(config);
        let found = broken_rules(&list.schema, request.config.as_ref(), own)?;
        Ok(validate_list_resource_config::Response {
            diagnostics: wire::diagnostics(found),
        })
    }

    pub(super) fn validate_action(
        &self,
        request: &validate_action_config::Request,
    ) -> Result<validate_action_config::Response, Diagnostics> {
        let action = self.action(&request.type_name)?;
        let own = |config: &Value| action.kind.validate(config);
        let found = broken_rules(&action.schema, request.config.as_ref(), own)?;
        Ok(validate_action_config::Response {
            diagnostics: wire::diagnostics(found),
        })
    }
}

/// A configuration that is about to be used and is valid. Core validates only once, while values may still be
/// unknown, so values that became known since are checked here. Warnings were returned then.
pub(super) fn valid_config(
    schema: &Schema,
    config: Option<&proto::DynamicValue>,
    own: impl FnOnce(&Value) -> Diagnostics,
) -> Result<Members, Diagnostics> {
    let config = read_config(schema, config)?;
    let found = check(schema, &config, own);
    if found.has_errors() {
        return Err(found.into_iter().filter(Diagnostic::is_error).collect());
    }
    Ok(config)
}

/// The diagnostics of validating a configuration.
fn broken_rules(
    schema: &Schema,
    config: Option<&proto::DynamicValue>,
    own: impl FnOnce(&Value) -> Diagnostics,
) -> Result<Diagnostics, Diagnostics> {
    Ok(check(schema, &read_config(schema, config)?, own))
}

fn read_config(schema: &Schema, config: Option<&proto::DynamicValue>) -> Result<Members, Diagnostics> {
    wire::members(wire::decode(config, &schema.object_type())?)
}

/// The rules that a configuration breaks: those of the schema and, if it breaks none of these, the `own`
/// ones, which span several values and may assume that each is valid.
fn check(schema: &Schema, config: &Members, own: impl FnOnce(&Value) -> Diagnostics) -> Diagnostics {
    let mut found = validate(&schema.attributes, config);
    if !found.has_errors() {
        found.append(own(&Value::Object(config.clone())));
    }
    found
}
