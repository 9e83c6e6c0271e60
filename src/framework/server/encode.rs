//! Encodes states of resources for responses.

use super::super::diagnostics::Diagnostics;
use super::super::registry::RegisteredResource;
use super::super::schema::nullify_write_only;
use super::super::value::Value;
use super::super::wire;
use crate::proto::tfplugin6::DynamicValue;

impl RegisteredResource {
    /// Encodes a state, also a planned or a null one. Write-only attributes are always encoded as null,
    /// whatever the resource returned, because core rejects other responses.
    pub(super) fn encode(&self, state: &Value) -> Result<DynamicValue, Diagnostics> {
        match state {
            Value::Object(members) if self.has_write_only => {
                let mut members = members.clone();
                nullify_write_only(&self.schema.attributes, &mut members);
                wire::encode(&Value::Object(members), &self.object_type)
            }
            state => wire::encode(state, &self.object_type),
        }
    }
}
