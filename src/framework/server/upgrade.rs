//! `UpgradeResourceState`: converts the stored JSON to a state of the current schema.

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::private::Private;
use super::super::registry::RegisteredResource;
use super::super::resource_state::ResourceState;
use super::super::schema::fill_defaults;
use super::super::value::Value;
use super::super::wire;
use super::Instance;
use crate::proto::tfplugin6::RawState;
use crate::proto::tfplugin6::upgrade_resource_state::{Request, Response};

impl Instance {
    /// Upgrades a stored state. Core calls this for every stored object, also with the current version. After
    /// a response without a state core would remove the object silently, so a state that cannot be decoded is
    /// an error.
    pub(super) fn upgrade(&self, request: &Request) -> Result<Response, Diagnostics> {
        let resource = self.registry().resources.find(&request.type_name)?;
        let upgraded = resource.upgrade(request.version, request.raw_state.as_ref())?;
        Ok(Response {
            upgraded_state: Some(resource.encode(&upgraded.state)?),
            diagnostics: wire::diagnostics(upgraded.warnings),
        })
    }
}

impl RegisteredResource {
    /// Converts a state that was stored under this type name with any version of its schema. Core keeps its
    /// private state.
    pub(super) fn upgrade(
        &self,
        version: i64,
        stored: Option<&RawState>,
    ) -> Result<ResourceState<Value>, Diagnostics> {
        if version > self.schema.version {
            return Err(Diagnostic::error(
                "Stored state is newer than this provider",
                format!(
                    "The state of this {} was written with version {version} of its schema; this provider \
                     knows versions up to {}.\n\n\
                     Upgrade the provider.",
                    self.block.type_name(),
                    self.schema.version
                ),
            )
            .into());
        }
        let stored = wire::raw_json(stored)?;
        match self
            .optional_features
            .upgrade
            .as_ref()
            .and_then(|upgrade| upgrade.upgrade(version))
        {
            None => Ok(ResourceState::new(
                wire::raw_state(stored, &self.schema.attributes, &self.object_type)?,
                Private::new(),
            )),
            Some(upgrader) => self.complete(upgrader.convert(stored)?),
        }
    }

    /// Completes a converted state with defaults for missing attributes.
    pub(super) fn complete(
        &self,
        converted: ResourceState<Value>,
    ) -> Result<ResourceState<Value>, Diagnostics> {
        let mut members = wire::members(converted.state)?;
        fill_defaults(&self.schema.attributes, &mut members);
        Ok(ResourceState {
            state: Value::Object(members),
            ..converted
        })
    }
}
