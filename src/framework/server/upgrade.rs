//! `UpgradeResourceState`: from the stored JSON to a state of today's schema.

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::private::Private;
use super::super::resource::Stored;
use super::super::schema::fill_defaults;
use super::super::value::Value;
use super::super::wire;
use super::Instance;
use super::lookup::Served;
use crate::proto::tfplugin6::RawState;
use crate::proto::tfplugin6::upgrade_resource_state::{Request, Response};

impl Instance {
    /// Core asks this for every stored object, at today's version too. An answer without a state would make
    /// it forget the object without a word: what cannot be read is an error.
    pub(super) fn upgrade(&self, request: &Request) -> Result<Response, Diagnostics> {
        let served = self.resource(&request.type_name)?;
        let upgraded = served.upgrade(request.version, request.raw_state.as_ref())?;
        Ok(Response {
            upgraded_state: Some(served.encode(&upgraded.state)?),
            diagnostics: wire::diagnostics(upgraded.warnings),
        })
    }
}

impl Served {
    /// A state that was stored under this type name with some version of its schema. What was remembered
    /// beside it stays with core.
    pub(super) fn upgrade(
        &self,
        version: i64,
        stored: Option<&RawState>,
    ) -> Result<Stored<Value>, Diagnostics> {
        if version > self.schema.version {
            return Err(Diagnostic::error(
                "Stored state is newer than this provider",
                format!(
                    "The state of this {} was written with version {version} of its schema; this provider \
                     knows versions up to {}.\n\n\
                     Upgrade the provider.",
                    self.resource.type_name(),
                    self.schema.version
                ),
            )
            .into());
        }
        let stored = wire::raw_json(stored)?;
        match self.resource.upgrade(version) {
            None => Ok(Stored::new(
                wire::raw_state(stored, &self.schema)?,
                Private::new(),
            )),
            Some(conversion) => self.complete(conversion.convert(stored)?),
        }
    }

    /// A state that was made from another one, with the defaults of what that one did not have.
    pub(super) fn complete(&self, made: Stored<Value>) -> Result<Stored<Value>, Diagnostics> {
        let mut members = wire::members(made.state)?;
        fill_defaults(&self.schema.attributes, &mut members);
        Ok(Stored {
            state: Value::Object(members),
            ..made
        })
    }
}
