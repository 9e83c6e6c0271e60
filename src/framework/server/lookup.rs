//! From a type name to the resource that it names.

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::schema::Schema;
use super::{Schemas, Served, Shared};

impl Shared {
    pub(super) fn schemas(&self) -> &Schemas {
        self.schemas.get_or_init(|| Schemas {
            provider: self.provider.schema(),
            resources: self
                .provider
                .resources()
                .into_iter()
                .map(|resource| {
                    let schema = resource.schema();
                    (resource.type_name(), Served { resource, schema })
                })
                .collect(),
        })
    }

    pub(super) fn provider_schema(&self) -> &Schema {
        &self.schemas().provider
    }

    /// The resource of that name, or the error that there is none.
    pub(super) fn resource(&self, type_name: &str) -> Result<&Served, Diagnostics> {
        self.schemas().resources.get(type_name).ok_or_else(|| {
            Diagnostic::error(
                "Unknown resource type",
                format!("This version of the provider has no resource type {type_name:?}."),
            )
            .into()
        })
    }
}
