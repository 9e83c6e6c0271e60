//! Generates the configuration of an existing object for `--export`.

use super::diagnostics::{Diagnostic, Diagnostics};
use super::registry::RegisteredResource;
use super::schema::{keep_configurable, validate};
use super::value::{IntoValue, Members, Value};

impl RegisteredResource {
    /// Returns the arguments of a configuration of this object, null ones included. The error says why there
    /// is no valid configuration. The configuration that Terraform generates for the object has the same
    /// arguments, except for texts that Terraform cannot write.
    pub fn generated(&self, state: impl IntoValue) -> Result<Members, Diagnostics> {
        let Value::Object(mut arguments) = state.into_value() else {
            return Err(Diagnostic::bug("An object without attributes has no configuration.").into());
        };
        keep_configurable(&self.schema.attributes, &mut arguments, &|_| false);
        let mut broken = validate(&self.schema.attributes, &arguments);
        if broken.is_empty() {
            broken.append(self.block.validate(&Value::Object(arguments.clone())));
        }
        if broken.is_empty() {
            Ok(arguments)
        } else {
            Err(broken)
        }
    }
}
