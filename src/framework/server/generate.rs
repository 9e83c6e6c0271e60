//! `GenerateResourceConfig`: the configuration that would make what is there.

use super::super::diagnostics::Diagnostics;
use super::super::schema::keep_configurable;
use super::super::value::Value;
use super::super::wire;
use super::Shared;
use crate::proto::tfplugin6::generate_resource_config::{Request, Response};

impl Shared {
    pub(super) fn generate(&self, request: &Request) -> Result<Response, Diagnostics> {
        let served = self.resource(&request.type_name)?;
        let of = served.schema.object_type();
        let mut state = wire::decode(request.state.as_ref(), &of)?;
        if let Value::Object(members) = &mut state {
            keep_configurable(&served.schema.attributes, members);
        }
        Ok(Response {
            config: Some(wire::encode(&state, &of)?),
            ..Default::default()
        })
    }
}
