//! `ImportResourceState`: taking over what exists.

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::value::Value;
use super::super::wire;
use super::Shared;
use super::configure::deferred;
use crate::proto::tfplugin6::import_resource_state::{ImportedResource, Request, Response};

impl Shared {
    pub(super) async fn import(&self, request: Request) -> Result<Response, Diagnostics> {
        let served = self.resource(&request.type_name)?;
        let of = served.schema.object_type();
        if self.defers(request.client_capabilities) {
            let unknown = served
                .schema
                .attributes
                .iter()
                .map(|a| (a.name.to_owned(), Value::unknown()));
            let state = wire::encode(&Value::Object(unknown.collect()), &of)?;
            let deferred = Some(deferred());
            let imported_resources = vec![imported(request.type_name, state, Vec::new())];
            return Ok(Response {
                imported_resources,
                deferred,
                ..Default::default()
            });
        }
        if request.id.is_empty() {
            return Err(Diagnostic::error(
                "Import needs an id",
                format!("Give the id of the {} to import.", request.type_name),
            )
            .into());
        }
        let stored = served.resource.import(&request.id).await?;
        let state = wire::encode(&stored.state, &of)?;
        Ok(Response {
            imported_resources: vec![imported(request.type_name, state, stored.private.encode())],
            diagnostics: wire::diagnostics(stored.warnings),
            ..Default::default()
        })
    }
}

fn imported(
    type_name: String,
    state: crate::proto::tfplugin6::DynamicValue,
    private: Vec<u8>,
) -> ImportedResource {
    ImportedResource {
        type_name,
        state: Some(state),
        private,
        identity: None,
    }
}
