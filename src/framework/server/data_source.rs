//! `ReadDataSource`.

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::value::Value;
use super::super::wire;
use super::Instance;
use super::configure::deferred;
use crate::proto::tfplugin6::read_data_source::{Request, Response};

impl Instance {
    pub(super) async fn read_data_source(&self, request: Request) -> Result<Response, Diagnostics> {
        let source = self.registry().data_sources.find(&request.type_name)?;
        let ty = &source.object_type;
        if self.defers(request.client_capabilities) {
            let unknown = source.schema.all_unknown();
            return Ok(Response {
                state: Some(wire::encode(&unknown, ty)?),
                deferred: Some(deferred()),
                ..Default::default()
            });
        }
        let config = source.known_config::<Request>(request.config.as_ref())?;
        let found = source.block.read(Value::Object(config)).await?;
        if !found.is_wholly_known() {
            return Err(Diagnostic::bug(format!("{} read unknown values.", request.type_name)).into());
        }
        Ok(Response {
            state: Some(wire::encode(&found, ty)?),
            ..Default::default()
        })
    }
}
