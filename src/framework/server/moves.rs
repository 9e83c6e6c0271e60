//! `MoveResourceState`: taking over what another provider manages.

use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::resource::Stored;
use super::super::schema::fill_defaults;
use super::super::value::Value;
use super::super::wire;
use super::Shared;
use super::lookup::Served;
use crate::proto::tfplugin6::move_resource_state::{Request, Response};

impl Shared {
    /// What the other provider remembered beside its state is not read: it means nothing here.
    pub(super) fn move_state(&self, request: &Request) -> Result<Response, Diagnostics> {
        let served = self.resource(&request.target_type_name)?;
        let known = served.resource.moves();
        let source = known.iter().find(|source| {
            source.provider == provider(&request.source_provider_address)
                && source.type_name == request.source_type_name
        });
        let Some(source) = source else {
            return Err(self.cannot_be_moved(request));
        };
        if !source.versions.contains(&request.source_schema_version) {
            return Err(Diagnostic::error(
                "Unknown version of the state to move",
                format!(
                    "The state of {} of {} was written with version {} of its schema, and this provider can \
                     take over versions {} to {}.\n\nNothing was changed. Upgrade this provider, or remove the \
                     object from the state with `terraform state rm` and import it.",
                    request.source_type_name,
                    request.source_provider_address,
                    request.source_schema_version,
                    source.versions.start(),
                    source.versions.end()
                ),
            )
            .into());
        }
        let stored = request.source_state.as_ref().map_or(&[][..], |state| &state.json);
        let moved = served.complete(source.conversion.convert(stored)?)?;
        Ok(Response {
            target_state: Some(wire::encode(&moved.state, &served.schema.object_type())?),
            target_private: moved.private.encode(),
            target_identity: served.identify(&moved.state)?,
            diagnostics: wire::diagnostics(moved.warnings),
        })
    }

    fn cannot_be_moved(&self, request: &Request) -> Diagnostics {
        let mut lines: Vec<String> = Vec::new();
        for (target, served) in &self.schemas().resources {
            for source in served.resource.moves() {
                lines.push(format!(
                    "- {} of {} to {target}",
                    source.type_name, source.provider
                ));
            }
        }
        Diagnostic::error(
            "This resource cannot be moved here",
            format!(
                "{} of {} cannot become {}. Nothing was changed. What can be moved:\n\n{}",
                request.source_type_name,
                request.source_provider_address,
                request.target_type_name,
                lines.join("\n")
            ),
        )
        .into()
    }
}

impl Served {
    /// A state that was made from another one, with the defaults of what that one did not have.
    pub(super) fn complete(&self, made: Stored<Value>) -> Result<Stored<Value>, Diagnostics> {
        let mut members = wire::members(made.state)?;
        fill_defaults(&self.schema.attributes, &mut members);
        Ok(Stored {
            state: Value::Object(members),
            ..made
        })
    }
}

/// The namespace and type in a provider's address, whichever registry it names.
fn provider(address: &str) -> &str {
    address
        .match_indices('/')
        .rev()
        .nth(1)
        .map_or(address, |(slash, _)| &address[slash + 1..])
}

#[cfg(test)]
mod tests {
    use super::provider;

    #[test]
    fn the_host_of_a_registry_does_not_matter() {
        for address in [
            "registry.terraform.io/hashicorp/random",
            "registry.opentofu.org/hashicorp/random",
            "hashicorp/random",
        ] {
            assert_eq!(provider(address), "hashicorp/random");
        }
        assert_eq!(provider("random"), "random");
    }
}
