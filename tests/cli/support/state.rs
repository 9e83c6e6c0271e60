//! The state, as `terraform show -json` prints it.

use serde_json::Value;

use super::Story;

impl Story {
    /// Returns the attributes of a resource in the state.
    #[track_caller]
    pub(crate) fn attributes(&self, address: &str) -> Value {
        let state = self.state();
        resources(&state["values"]["root_module"])
            .find(|resource| resource["address"] == address)
            .unwrap_or_else(|| panic!("{address} is not in the state"))["values"]
            .clone()
    }

    /// Returns an attribute of a resource in the state, as text.
    #[track_caller]
    pub(crate) fn attribute(&self, address: &str, attribute: &str) -> String {
        let value = &self.attributes(address)[attribute];
        value
            .as_str()
            .unwrap_or_else(|| panic!("{address}.{attribute} is {value}"))
            .to_owned()
    }

    /// Returns the whole state.
    #[track_caller]
    pub(crate) fn state(&self) -> Value {
        self.run(["show", "-json"]).json()
    }

    /// Returns the sorted addresses of everything in the state.
    #[track_caller]
    pub(crate) fn addresses(&self) -> Vec<String> {
        let state = self.state();
        let mut addresses: Vec<String> = resources(&state["values"]["root_module"])
            .map(|resource| resource["address"].as_str().unwrap().to_owned())
            .collect();
        addresses.sort();
        addresses
    }
}

/// Returns the resources of a module and of its child modules.
fn resources(module: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    let own = module["resources"].as_array().into_iter().flatten();
    let children = module["child_modules"].as_array().into_iter().flatten();
    Box::new(own.chain(children.flat_map(resources)))
}
