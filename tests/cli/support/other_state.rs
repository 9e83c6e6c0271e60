//! States of other providers.

use serde_json::{Value, json};
use xtask::terraform::PROVIDER_ADDRESS;

use super::Story;

/// A resource in the state of another provider.
pub(crate) struct StoredResource {
    /// For instance `motherduck_access_token.loader`.
    pub(crate) address: &'static str,
    pub(crate) schema_version: u64,
    pub(crate) attributes: Value,
}

impl Story {
    /// Writes a state with these resources of another provider. `init` needs that provider, because the state
    /// names it: see [`Story::install_stand_in`].
    pub(crate) fn write_state(&self, provider: &str, resources: &[StoredResource]) {
        let state = self.state_of(provider, resources);
        self.write("terraform.tfstate", &state.to_string());
    }

    /// Replaces a provider in the state by this one.
    #[track_caller]
    pub(crate) fn replace_provider(&self, provider: &str) {
        let (from, to) = (self.address_of(provider), self.address_of(PROVIDER_ADDRESS));
        self.run(["state", "replace-provider", "-auto-approve", &from, &to]);
    }

    /// Returns a provider's full address in the default registry of the program.
    pub(crate) fn address_of(&self, provider: &str) -> String {
        let host = match self.cli_name() {
            "OpenTofu" => "registry.opentofu.org",
            _ => "registry.terraform.io",
        };
        format!("{host}/{provider}")
    }

    fn state_of(&self, provider: &str, resources: &[StoredResource]) -> Value {
        let resource = |resource: &StoredResource| {
            let (kind, name) = resource.address.split_once('.').unwrap();
            json!({
                "mode": "managed", "type": kind, "name": name,
                "provider": format!("provider[\"{}\"]", self.address_of(provider)),
                "instances": [{
                    "schema_version": resource.schema_version,
                    "attributes": resource.attributes,
                    // Base64 of another provider's private state.
                    "private": "eyJkZWxldGlvbl9wcm90ZWN0aW9uIjpmYWxzZX0=",
                }],
            })
        };
        json!({
            "version": 4, "terraform_version": "1.6.6", "serial": 1,
            "lineage": "9d1c63a4-3c71-4b5c-8e0e-5f1a6f3f6a6d",
            "outputs": {}, "resources": resources.iter().map(resource).collect::<Vec<_>>(),
        })
    }
}
