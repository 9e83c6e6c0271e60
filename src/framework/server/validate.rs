//! `ValidateProviderConfig` and `ValidateResourceConfig`: the rules of schemas, providers and resources.

use super::super::diagnostics::Diagnostics;
use super::super::schema::validate;
use super::super::value::Value;
use super::super::wire;
use super::Shared;
use crate::proto::tfplugin6 as proto;
use proto::{validate_provider_config, validate_resource_config};

impl Shared {
    pub(super) fn validate_provider(
        &self,
        request: &validate_provider_config::Request,
    ) -> Result<validate_provider_config::Response, Diagnostics> {
        let schema = self.provider_schema();
        let config = wire::decode(request.config.as_ref(), &schema.object_type())?;
        let found = validate(&schema.attributes, &wire::members(config)?);
        Ok(validate_provider_config::Response {
            diagnostics: wire::diagnostics(found),
        })
    }

    pub(super) fn validate_resource(
        &self,
        request: &validate_resource_config::Request,
    ) -> Result<validate_resource_config::Response, Diagnostics> {
        let served = self.resource(&request.type_name)?;
        let config = wire::decode(request.config.as_ref(), &served.schema.object_type())?;
        let config = wire::members(config)?;
        let mut found = validate(&served.schema.attributes, &config);
        // The resource's own rules assume values that each keep their own.
        if !found.has_errors() {
            found.append(served.resource.validate(&Value::Object(config)));
        }
        Ok(validate_resource_config::Response {
            diagnostics: wire::diagnostics(found),
        })
    }
}
