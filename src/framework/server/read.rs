//! `ReadResource`.

use super::super::diagnostics::Diagnostics;
use super::super::private::Private;
use super::super::resource::ReadResponse;
use super::super::resource_state::ResourceState;
use super::super::value::Value;
use super::super::wire;
use super::Instance;
use super::configure::deferred;
use super::rpc::RpcRequest as _;
use crate::proto::tfplugin6::read_resource::{Request, Response};

impl Instance {
    pub(super) async fn read(&self, request: Request) -> Result<Response, Diagnostics> {
        let resource = self.registry().resources.find(&request.type_name)?;
        if self.defers(request.client_capabilities) {
            return Ok(Response {
                new_state: request.current_state,
                private: request.private,
                new_identity: request.current_identity,
                deferred: Some(deferred()),
                ..Default::default()
            });
        }
        let ty = &resource.object_type;
        let state = wire::decode(request.current_state.as_ref(), ty)?;
        if state.is_null() {
            return Err(Request::malformed("has no current state"));
        }
        let private = Private::decode(&request.private);
        let (state, private, warnings) = match resource.block.read(ResourceState::new(state, private)).await?
        {
            ReadResponse::Found(found) => (found.state, found.private, found.warnings),
            ReadResponse::Gone(warnings) => (Value::Null, Private::new(), warnings),
        };
        Ok(Response {
            // The field is always set, and null only for a deleted object. Without it core would remove the
            // object from the state.
            new_state: Some(resource.encode(&state)?),
            new_identity: resource.encode_unchanged_identity(&state, request.current_identity)?,
            private: private.encode(),
            diagnostics: wire::diagnostics(warnings),
            ..Default::default()
        })
    }
}
