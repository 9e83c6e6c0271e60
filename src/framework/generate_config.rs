//! Generates the configuration of an existing object for `--export`.

use super::diagnostics::{Diagnostic, Diagnostics};
use super::registry::RegisteredResource;
use super::schema::{keep_configurable, validate};
use super::value::{IntoValue, Members, Value};

impl RegisteredResource {
    /// Returns the arguments of a configuration of this object, null ones included. The error says why there
    /// is no valid configuration. The configuration that Terraform generates for the object has the same
    /// arguments, except for texts that Terraform cannot write.
    pub fn generate_config(&self, state: impl IntoValue) -> Result<Members, Diagnostics> {
        let Value::Object(mut arguments) = state.into_value() else {
            return Err(Diagnostic::bug("The state to generate configuration from is not an object.").into());
        };
        keep_configurable(&self.schema.attributes, &mut arguments, &|_| false);
        let mut errors = validate(&self.schema.attributes, &arguments);
        if errors.is_empty() {
            errors.append(self.block.validate(&Value::Object(arguments.clone())));
        }
        if errors.is_empty() {
            Ok(arguments)
        } else {
            Err(errors)
        }
    }
}
