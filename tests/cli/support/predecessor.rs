//! States of other providers.

use serde_json::{Value, json};

use super::Story;

/// A resource in the state of another provider.
pub(crate) struct Left {
    /// For instance `motherduck_access_token.loader`.
    pub(crate) address: &'static str,
    pub(crate) schema_version: u64,
    pub(crate) attributes: Value,
}

impl Story {
    /// Writes the state of another provider and runs `init`. `init` needs that provider because the state
    /// names it; a stand-in is enough, because only its schema is read.
    #[track_caller]
    pub(crate) fn succeed(&self, provider: &str, left: &[Left]) {
        self.install(provider);
        self.write("terraform.tfstate", &self.state_of(provider, left).to_string());
        self.run(["init"]);
    }

    /// Returns a provider's full address in the default registry of the program.
    pub(crate) fn address_of(&self, provider: &str) -> String {
        let host = match self.program() {
            "OpenTofu" => "registry.opentofu.org",
            _ => "registry.terraform.io",
        };
        format!("{host}/{provider}")
    }

    /// Returns a state file with these resources of a provider.
    pub(crate) fn state_of(&self, provider: &str, left: &[Left]) -> Value {
        let resource = |left: &Left| {
            let (kind, name) = left.address.split_once('.').unwrap();
            json!({
                "mode": "managed", "type": kind, "name": name,
                "provider": format!("provider[\"{}\"]", self.address_of(provider)),
                "instances": [{
                    "schema_version": left.schema_version,
                    "attributes": left.attributes,
                    // Base64 of another provider's private state.
                    "private": "eyJkZWxldGlvbl9wcm90ZWN0aW9uIjpmYWxzZX0=",
                }],
            })
        };
        json!({
            "version": 4, "terraform_version": "1.6.6", "serial": 1,
            "lineage": "9d1c63a4-3c71-4b5c-8e0e-5f1a6f3f6a6d",
            "outputs": {}, "resources": left.iter().map(resource).collect::<Vec<_>>(),
        })
    }
}
