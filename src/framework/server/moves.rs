//! `MoveResourceState`: converts states of other providers.

use super::super::conversion::StateMover;
use super::super::diagnostics::{Diagnostic, Diagnostics};
use super::super::private::Private;
use super::super::registry::RegisteredResource;
use super::super::resource_state::ResourceState;
use super::super::value::Value;
use super::super::wire;
use super::Instance;
use crate::proto::tfplugin6::move_resource_state::{Request, Response};

impl Instance {
    /// Converts a state. Another provider's private state is ignored.
    pub(super) fn move_state(&self, request: &Request) -> Result<Response, Diagnostics> {
        let resource = self.registry().resources.find(&request.target_type_name)?;
        let moved = if self.is_own(request) {
            ResourceState {
                private: Private::decode(&request.source_private),
                ..resource.upgrade(request.source_schema_version, request.source_state.as_ref())?
            }
        } else {
            let mover = self.find_state_mover(resource, request)?;
            let stored = wire::raw_json(request.source_state.as_ref())?;
            resource.complete(mover.conversion.convert(stored)?)?
        };
        Ok(Response {
            target_state: Some(resource.encode(&moved.state)?),
            target_private: moved.private.encode(),
            target_identity: resource.encode_identity(&moved.state)?,
            diagnostics: wire::diagnostics(moved.warnings),
        })
    }

    /// Whether the state is this provider's own, from another registry: some versions of OpenTofu treat that
    /// as a move.
    fn is_own(&self, request: &Request) -> bool {
        request.source_type_name == request.target_type_name
            && has_address(self.provider.block.address(), &request.source_provider_address)
    }

    /// Returns the state mover for the source of the move, if it is supported. `state replace-provider` also
    /// writes this provider's address for types that it does not have, so in that case type and version
    /// decide.
    fn find_state_mover<'r>(
        &self,
        resource: &'r RegisteredResource,
        request: &Request,
    ) -> Result<&'r StateMover<Value>, Diagnostics> {
        let address = &request.source_provider_address;
        let replaced = has_address(self.provider.block.address(), address);
        let (known, other_versions) = resource
            .optional_features
            .moves
            .iter()
            .filter(|source| source.type_name == request.source_type_name)
            .filter(|source| replaced || may_have_address(address, source.provider))
            .partition::<Vec<_>, _>(|source| source.version == request.source_schema_version);
        match known.into_iter().next() {
            Some(source) => Ok(source),
            None if other_versions.is_empty() => Err(self.cannot_be_moved(request)),
            None => Err(unknown_version(request, &other_versions)),
        }
    }

    fn cannot_be_moved(&self, request: &Request) -> Diagnostics {
        let mut lines: Vec<String> = Vec::new();
        for (target, resource) in self.registry().resources.iter() {
            for source in &resource.optional_features.moves {
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

fn unknown_version(request: &Request, known: &[&StateMover<Value>]) -> Diagnostics {
    let mut known: Vec<String> = known.iter().map(|source| source.version.to_string()).collect();
    known.dedup();
    Diagnostic::error(
        "Unknown version of the state to move",
        format!(
            "The state of {} of {} was written with version {} of its schema, and this provider can take \
             over version {}.\n\n\
             Nothing was changed. Refresh the state with a release of the other provider that has that \
             version (`terraform apply -refresh-only`, `tofu apply -refresh-only`), upgrade this provider, \
             or remove the object from the state with `terraform state rm` (`tofu state rm`) and import \
             it.",
            request.source_type_name,
            request.source_provider_address,
            request.source_schema_version,
            known.join(" or ")
        ),
    )
    .into()
}

/// Whether an address belongs to a provider in any registry: Terraform and OpenTofu have different
/// registries, and mirrors have others.
fn has_address(provider: &str, address: &str) -> bool {
    address
        .strip_suffix(provider)
        .is_some_and(|host| host.is_empty() || host.ends_with('/'))
}

/// Whether the source of a move may be this provider. OpenTofu before 1.12.4 (and 1.11.12) sends only its
/// type, so the resource's type and version decide.
fn may_have_address(address: &str, provider: &str) -> bool {
    has_address(provider, address) || provider.rsplit('/').next() == Some(address)
}

#[cfg(test)]
mod tests {
    use super::{has_address, may_have_address};

    #[test]
    fn provider_matches_regardless_of_registry_host() {
        for address in [
            "registry.terraform.io/hashicorp/random",
            "registry.opentofu.org/hashicorp/random",
            "mirror.example.com:8443/hashicorp/random",
            "hashicorp/random",
        ] {
            assert!(has_address("hashicorp/random", address), "{address}");
            assert!(may_have_address(address, "hashicorp/random"), "{address}");
        }
    }

    #[test]
    fn other_provider_address_does_not_match() {
        for address in [
            "registry.terraform.io/nothashicorp/random",
            "registry.terraform.io/hashicorp/random2",
            "registry.terraform.io/hashicorp",
            "other/random",
            "hashicorp",
            "",
        ] {
            assert!(!may_have_address(address, "hashicorp/random"), "{address}");
        }
    }

    #[test]
    fn type_name_alone_matches_as_name_only() {
        assert!(may_have_address("random", "hashicorp/random"));
        assert!(!has_address("hashicorp/random", "random"));
    }
}
