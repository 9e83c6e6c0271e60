//! `ReadDataSource`.

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::value::Value;
use super::super::wire;
use super::Instance;
use super::configure::deferred;
use super::validate::valid_config;
use crate::proto::tfplugin6::read_data_source::{Request, Response};

impl Instance {
    pub(super) async fn read_data_source(&self, request: Request) -> Result<Response, Diagnostics> {
        let source = self.data_source(&request.type_name)?;
        let of = source.schema.object_type();
        if self.defers(request.client_capabilities) {
            let unknown = source.schema.all_unknown();
            return Ok(Response {
                state: Some(wire::encode(&unknown, &of)?),
                deferred: Some(deferred()),
                ..Default::default()
            });
        }
        let own = |config: &Value| source.kind.validate(config);
        let config = Value::Object(valid_config(&source.schema, request.config.as_ref(), own)?);
        if !config.is_wholly_known() {
            // An unknown argument would be read as an unset one, which selects another object.
            return Err(Diagnostic::bug("ReadDataSource came with unknown values.").into());
        }
        let found = source.kind.read(config).await?;
        if !found.is_wholly_known() {
            return Err(Diagnostic::bug(format!("{} read unknown values.", request.type_name)).into());
        }
        Ok(Response {
            state: Some(wire::encode(&found, &of)?),
            ..Default::default()
        })
    }
}
