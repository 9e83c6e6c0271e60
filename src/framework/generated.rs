//! The configuration of an existing object, for a program that writes it to a file itself.

use super::diagnostics::{Diagnostic, Diagnostics};
use super::resource::AnyResource;
use super::schema::{Schema, keep_configurable, validate};
use super::value::{Members, Value};

/// The arguments of a configuration of this object, null ones included, or why there is no valid
/// configuration of it. The configuration that Terraform generates for the object has the same arguments,
/// except for texts that Terraform cannot write.
pub fn generated(resource: &AnyResource, schema: &Schema, state: Value) -> Result<Members, Diagnostics> {
    let Value::Object(mut arguments) = state else {
        return Err(Diagnostic::bug("An object without attributes was to be written down.").into());
    };
    keep_configurable(&schema.attributes, &mut arguments, &|_| false);
    let mut broken = validate(&schema.attributes, &arguments);
    if broken.is_empty() {
        broken.append(resource.validate(&Value::Object(arguments.clone())));
    }
    if broken.is_empty() {
        Ok(arguments)
    } else {
        Err(broken)
    }
}
