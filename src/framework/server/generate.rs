//! `GenerateResourceConfig`: the configuration that would create an existing object.

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::registry::RegisteredResource;
use super::super::schema::{is_rewritten, keep_configurable, rewritten, validate};
use super::super::value::{Path, Value};
use super::super::wire;
use super::Instance;
use crate::proto::tfplugin6::generate_resource_config::{Request, Response};

impl Instance {
    pub(super) fn generate(&self, request: &Request) -> Result<Response, Diagnostics> {
        let resource = self.registry().resources.find(&request.type_name)?;
        let ty = &resource.object_type;
        let state = wire::decode(request.state.as_ref(), ty)?;
        let config = resource.configuration_of(state);
        Ok(Response {
            config: Some(wire::encode(&config, ty)?),
            diagnostics: wire::diagnostics(resource.rewritten_warnings(&config)),
        })
    }
}

impl RegisteredResource {
    /// Returns the configuration of a state; null for a null state.
    fn configuration_of(&self, mut state: Value) -> Value {
        if let Value::Object(members) = &mut state {
            keep_configurable(&self.schema.attributes, members, &is_rewritten);
        }
        state
    }

    /// Returns why the generated configuration of an object is not valid; empty if it is. For an incomplete
    /// object only its attributes are checked one by one.
    pub(super) fn generation_errors(&self, state: &Value, whole: bool) -> Result<Diagnostics, Diagnostics> {
        let config = self.configuration_of(state.clone());
        let mut errors = validate(&self.schema.attributes, &wire::members(config.clone())?);
        errors.append(self.rewritten_warnings(&config));
        if whole && errors.is_empty() {
            errors.append(self.block.validate(&config));
        }
        Ok(errors)
    }

    fn rewritten_warnings(&self, config: &Value) -> Diagnostics {
        let Some(members) = config.as_object() else {
            return Diagnostics::new();
        };
        rewritten(&self.schema.attributes, members)
            .into_iter()
            .map(|name| {
                Diagnostic::warning(
                    "A generated value differs from the object's",
                    format!(
                        "`{name}` is a JSON text or contains one. Terraform generates a call of `jsonencode` \
                         for it, and the text that `jsonencode` returns is not the same. Write the \
                         configuration of this object by hand."
                    ),
                )
                .at(Path::attribute(name))
            })
            .collect()
    }
}
