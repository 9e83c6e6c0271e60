//! `UpgradeResourceState`: from the stored JSON to a state of today's schema.

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::wire;
use super::Shared;
use crate::proto::tfplugin6::upgrade_resource_state::{Request, Response};

impl Shared {
    /// Core asks this for every stored object, at today's version too. An answer without a state would make
    /// it forget the object without a word: what cannot be read is an error.
    pub(super) fn upgrade(&self, request: &Request) -> Result<Response, Diagnostics> {
        let served = self.resource(&request.type_name)?;
        if request.version > served.schema.version {
            return Err(Diagnostic::error(
                "Stored state is newer than this provider",
                format!(
                    "The state of this {} was written with version {} of its schema; this provider knows \
                     versions up to {}.\n\n\
                     Upgrade the provider.",
                    request.type_name, request.version, served.schema.version
                ),
            )
            .into());
        }
        let stored = request.raw_state.as_ref();
        let state = match served.resource.upgrade(request.version) {
            None => wire::raw_state(stored, &served.schema)?,
            Some(conversion) => {
                let json = stored.map_or(&[][..], |stored| &stored.json);
                served.complete(conversion.convert(json)?)?.state
            }
        };
        let upgraded_state = Some(wire::encode(&state, &served.schema.object_type())?);
        Ok(Response {
            upgraded_state,
            ..Default::default()
        })
    }
}
