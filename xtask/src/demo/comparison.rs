//! Compares Terraform's state with the organization.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// Compares the output of `terraform show -json` with the API's accounts. Returns a sentence which says that
/// they agree, or an error with the differences.
pub(super) fn compare(state: &Value, accounts: &[Value]) -> Result<String, String> {
    let accounts: Vec<&Value> = accounts
        .iter()
        .filter(|account| account["is_service_account"] == true)
        .collect();
    let usernames: BTreeSet<String> = accounts
        .iter()
        .map(|account| text(&account["username"]))
        .collect();
    let tokens: BTreeSet<String> = accounts
        .iter()
        .flat_map(|account| list(&account["tokens"]))
        .map(|token| text(&token["id"]))
        .collect();
    let ducklings: BTreeMap<String, Value> = accounts
        .iter()
        .map(|account| (text(&account["username"]), blocks(&account["ducklings"])))
        .collect();

    same(
        "service accounts",
        &values(state, "motherduck_service_account", "username"),
        &usernames,
    )?;
    same("tokens", &values(state, "motherduck_token", "id"), &tokens)?;
    let described: BTreeMap<String, Value> = resources(state, "motherduck_ducklings")
        .map(|ducklings| (text(&ducklings["username"]), blocks(ducklings)))
        .collect();
    if described != ducklings {
        return Err(format!(
            "the API has the Ducklings {ducklings:?}, but Terraform's state has {described:?}"
        ));
    }
    if usernames.is_empty() || tokens.is_empty() {
        return Err("nothing was created".into());
    }
    Ok(format!(
        "the API has the {} service accounts, their Ducklings and the {} tokens of Terraform's state",
        usernames.len(),
        tokens.len()
    ))
}

fn same(what: &str, in_state: &BTreeSet<String>, in_api: &BTreeSet<String>) -> Result<(), String> {
    if in_state == in_api {
        return Ok(());
    }
    Err(format!(
        "the API has the {what} {in_api:?}, but Terraform's state has {in_state:?}"
    ))
}

fn resources<'a>(state: &'a Value, of: &'static str) -> impl Iterator<Item = &'a Value> {
    let resources = list(&state["values"]["root_module"]["resources"]);
    resources
        .filter(move |resource| resource["type"] == of)
        .map(|resource| &resource["values"])
}

fn values(state: &Value, of: &'static str, attribute: &str) -> BTreeSet<String> {
    resources(state, of)
        .map(|resource| text(&resource[attribute]))
        .collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Returns the two blocks, without fields that are null in one and absent in the other.
fn blocks(of: &Value) -> Value {
    let block = |name: &str| {
        let members = of[name].as_object().cloned().unwrap_or_default();
        Value::Object(
            members
                .into_iter()
                .filter(|(_, value)| !value.is_null())
                .collect(),
        )
    };
    let blocks = ["read_write", "read_scaling"].map(|name| (name.to_owned(), block(name)));
    Value::Object(Map::from_iter(blocks))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn state() -> Value {
        let resource = |of: &str, values: Value| json!({ "type": of, "values": values });
        json!({ "values": { "root_module": { "resources": [
            resource("motherduck_service_account", json!({ "username": "ada" })),
            resource("motherduck_token", json!({ "id": "7" })),
            resource("motherduck_ducklings", json!({
                "username": "ada", "restore_on_destroy": false,
                "read_write": { "instance_size": "pulse", "cooldown_seconds": null },
                "read_scaling": { "instance_size": "pulse", "flock_size": 4, "cooldown_seconds": null },
            })),
        ] } } })
    }

    fn accounts() -> Value {
        json!([
            { "username": "admin", "is_service_account": false, "tokens": [{ "id": "1" }] },
            {
                "username": "ada", "is_service_account": true, "tokens": [{ "id": "7" }],
                "ducklings": {
                    "read_write": { "instance_size": "pulse" },
                    "read_scaling": { "instance_size": "pulse", "flock_size": 4 },
                },
            },
        ])
    }

    fn outcome(state: &Value, accounts: &Value) -> Result<String, String> {
        compare(state, accounts.as_array().unwrap())
    }

    #[test]
    fn equal_state_and_accounts_match() {
        let sentence = outcome(&state(), &accounts()).unwrap();
        assert!(sentence.contains("1 service accounts"), "{sentence}");
    }

    #[test]
    fn difference_between_state_and_accounts_is_an_error() {
        let mut other_size = accounts();
        other_size[1]["ducklings"]["read_scaling"]["flock_size"] = json!(5);
        let mut more = accounts();
        more[1]["tokens"] = json!([{ "id": "7" }, { "id": "8" }]);
        let cases = [
            (state(), other_size, "Ducklings"),
            (state(), more, "tokens"),
            (state(), json!([]), "service accounts"),
            (json!({}), json!([]), "nothing"),
        ];
        for (state, accounts, word) in cases {
            let why = outcome(&state, &accounts).unwrap_err();
            assert!(why.contains(word), "{why}");
        }
    }
}
