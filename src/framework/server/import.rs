//! `ImportResourceState`.

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::resource::ImportRequest;
use super::super::wire;
use super::Instance;
use super::configure::deferred;
use crate::proto::tfplugin6::import_resource_state::{ImportedResource, Request, Response};

impl Instance {
    pub(super) async fn import(&self, request: Request) -> Result<Response, Diagnostics> {
        let resource = self.registry().resources.find(&request.type_name)?;
        let Some(handler) = &resource.optional_features.import else {
            return Err(Diagnostic::error(
                "This resource cannot be imported",
                format!(
                    "{} does not import existing objects. Nothing was changed. Create the object with an apply.",
                    request.type_name
                ),
            )
            .into());
        };
        if self.defers(request.client_capabilities) {
            let imported = ImportedResource {
                type_name: request.type_name,
                state: Some(resource.encode(&resource.schema.all_unknown())?),
                identity: request.identity,
                ..Default::default()
            };
            return Ok(Response {
                imported_resources: vec![imported],
                deferred: Some(deferred()),
                ..Default::default()
            });
        }
        let what = match &request.identity {
            Some(identity) if request.id.is_empty() => {
                ImportRequest::Identity(resource.state_of_identity(identity)?)
            }
            None if request.id.is_empty() => {
                return Err(Diagnostic::error(
                    "Import needs an id",
                    format!(
                        "The import of a {} has neither an id nor an identity. Set one of them.",
                        request.type_name
                    ),
                )
                .into());
            }
            _ => ImportRequest::Id(request.id),
        };
        let stored = handler.import(what).await?;
        let imported = ImportedResource {
            type_name: request.type_name,
            state: Some(resource.encode(&stored.state)?),
            private: stored.private.encode(),
            identity: resource.encode_identity(&stored.state)?,
        };
        Ok(Response {
            imported_resources: vec![imported],
            diagnostics: wire::diagnostics(stored.warnings),
            ..Default::default()
        })
    }
}
