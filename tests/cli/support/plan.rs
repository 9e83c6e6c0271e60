//! A plan in the form of `show -json`.

use serde_json::Value;

use super::Outcome;

/// A saved plan.
pub(crate) struct Plan {
    json: Value,
    outcome: Outcome,
}

impl Plan {
    pub(super) fn new(json: Value, outcome: Outcome) -> Self {
        Self { json, outcome }
    }

    /// Returns the output of `plan`.
    pub(crate) fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// Expects exactly these changes, sorted by address. The words are `create`, `update`, `delete`,
    /// `replace` (the old object is destroyed first), `replace, new first`, `import`, `read` for a data
    /// source that is read by the apply, and `move` for a change of the address alone.
    #[track_caller]
    pub(crate) fn expect<const N: usize>(&self, expected: [(&str, &str); N]) -> &Self {
        assert_eq!(self.changes(), expected);
        self
    }

    /// Expects this number of imports, and no other changes.
    #[track_caller]
    pub(crate) fn expect_imports(&self, count: usize) -> &Self {
        let changes = self.changes();
        let others: Vec<_> = changes.iter().filter(|(_, change)| *change != "import").collect();
        assert!(others.is_empty(), "{others:?}");
        assert_eq!(changes.len(), count, "the number of imports");
        self
    }

    /// Returns the changes, sorted by address.
    pub(crate) fn changes(&self) -> Vec<(&str, &'static str)> {
        let mut changes: Vec<_> = self
            .all()
            .filter_map(|change| Some((change["address"].as_str()?, word(change)?)))
            .collect();
        changes.sort_unstable();
        changes
    }

    /// Expects that these attributes require the replacement.
    #[track_caller]
    pub(crate) fn replaced_by<const N: usize>(&self, address: &str, attributes: [&str; N]) -> &Self {
        let paths = self.change(address)["replace_paths"].clone();
        let expected: Vec<Value> = attributes.iter().map(|name| serde_json::json!([name])).collect();
        assert_eq!(
            paths,
            Value::from(expected),
            "the attributes that replace {address}"
        );
        self
    }

    /// Expects that an attribute, or a nested one (`read_write.cooldown_seconds`), is known after apply.
    #[track_caller]
    pub(crate) fn unknown(&self, address: &str, attribute: &str) -> &Self {
        let pointer = format!("/{}", attribute.replace('.', "/"));
        let unknown = &self.change(address)["after_unknown"];
        assert_eq!(
            unknown.pointer(&pointer),
            Some(&Value::Bool(true)),
            "{address}.{attribute} in {unknown}"
        );
        self
    }

    /// Returns the whole plan.
    pub(crate) fn json(&self) -> &Value {
        &self.json
    }

    #[track_caller]
    fn change(&self, address: &str) -> &Value {
        match self.all().find(|change| change["address"] == address) {
            Some(change) => &change["change"],
            None => panic!("{address} is not in the plan"),
        }
    }

    fn all(&self) -> impl Iterator<Item = &Value> {
        self.json["resource_changes"].as_array().into_iter().flatten()
    }
}

/// Returns the word for a change, or `None` if there is no change.
fn word(change: &Value) -> Option<&'static str> {
    let actions: Vec<&str> = change["change"]["actions"]
        .as_array()?
        .iter()
        .filter_map(Value::as_str)
        .collect();
    match actions.as_slice() {
        ["no-op"] if !change["change"]["importing"].is_null() => Some("import"),
        ["no-op"] if change["previous_address"].is_string() => Some("move"),
        ["no-op"] => None,
        ["create"] => Some("create"),
        ["update"] => Some("update"),
        ["delete"] => Some("delete"),
        ["read"] => Some("read"),
        ["forget"] => Some("forget"),
        ["delete", "create"] => Some("replace"),
        ["create", "delete"] => Some("replace, new first"),
        _ => Some("something else"),
    }
}
