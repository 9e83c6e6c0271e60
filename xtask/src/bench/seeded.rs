//! Generates an organization and the state of its objects without applying each of them.
//!
//! An apply of thousands of tokens takes minutes, because Terraform writes the whole state after each of
//! them. Instead, an account with one token is applied, and the resulting state is repeated for the others,
//! whose accounts and tokens are seeded in the emulator. The following plan must show no changes, which
//! proves that the provider would have written the same state.

use std::fs;

use motherduck_emulator::{ADMIN_USERNAME, Emulator};
use serde_json::{Value, json};

use super::measured_provider::MeasuredProvider;
use super::sandbox::{Context, Sandbox, Size};
use crate::programs::Failure;

/// The maximum number of accounts or tokens of one seed, whose size is limited to 1 MiB.
const SEED: usize = 2_000;

/// The applied state of an account with one token.
pub(super) struct Template {
    state: Value,
    account: String,
    token: Option<Value>,
}

impl Template {
    pub(super) fn new(
        context: Context<'_>,
        provider: &MeasuredProvider,
        configuration: &str,
    ) -> Result<Self, Failure> {
        let one = Size {
            accounts: 1,
            tokens_each: 1,
        };
        let applied = Sandbox::new(context, provider, configuration, Emulator::builder(), one)?;
        applied.run(&["apply", "-auto-approve", "-no-color"])?;
        let path = applied.state();
        let text = fs::read(&path).map_err(Failure::io(format!("read {}", path.display())))?;
        let state = serde_json::from_slice(&text)
            .map_err(|error| Failure::new(format!("read {}", path.display()), error))?;
        let organization = applied.api.state();
        let accounts = organization["accounts"].as_array().into_iter().flatten();
        let mut created = accounts.filter(|account| account["username"] != ADMIN_USERNAME);
        let account = created.next().filter(|_| created.next().is_none());
        let account = account.ok_or_else(|| {
            Failure::new(
                "repeat the state",
                "the configuration does not create one account",
            )
        })?;
        Ok(Template {
            state,
            account: text_of(account, "username"),
            token: account["tokens"].get(0).cloned(),
        })
    }

    /// Seeds the organization of a sandbox, and writes the state of all its objects.
    pub(super) fn write_to(&self, sandbox: &Sandbox, size: Size) -> Result<(), Failure> {
        let ids: Vec<String> = (0..size.accounts * size.tokens_each).map(id).collect();
        self.seed(sandbox, size, &ids)?;
        let mut document = self.state.clone();
        let resources = document["resources"].as_array_mut().into_iter().flatten();
        for resource in resources {
            let Some(first) = resource["instances"].get(0) else {
                continue;
            };
            let first = first.to_string();
            let is_token = self
                .token
                .as_ref()
                .is_some_and(|token| first.contains(&text_of(token, "id")));
            let count = if is_token { ids.len() } else { size.accounts };
            let instances = (0..count).map(|number| {
                let account = numbered(&self.account, number % size.accounts);
                let mut text = first.clone();
                if is_token && let Some(token) = &self.token {
                    let name = text_of(token, "name");
                    text = text
                        .replace(&text_of(token, "id"), &ids[number])
                        .replace(&name, &numbered(&name, number));
                }
                let text = text.replace(&self.account, &account);
                let mut instance: Value = serde_json::from_str(&text)
                    .map_err(|error| Failure::new("repeat the state of an object", error))?;
                instance["index_key"] = json!(number);
                Ok(instance)
            });
            resource["instances"] = instances.collect::<Result<_, Failure>>()?;
        }
        fs::write(sandbox.state(), document.to_string()).map_err(Failure::io("write the state"))
    }

    fn seed(&self, sandbox: &Sandbox, size: Size, ids: &[String]) -> Result<(), Failure> {
        let each = if self.token.is_some() { size.tokens_each } else { 0 };
        let at_once = (SEED / each.max(1)).max(1);
        for first in (0..size.accounts).step_by(at_once) {
            let numbers = first..size.accounts.min(first + at_once);
            let users: Vec<Value> = numbers
                .map(|account| {
                    let tokens = (0..each).map(|row| account + row * size.accounts);
                    let tokens: Vec<Value> = tokens.filter_map(|number| self.token(number, ids)).collect();
                    let username = numbered(&self.account, account);
                    json!({ "username": username, "is_service_account": true, "tokens": tokens })
                })
                .collect();
            sandbox
                .api
                .seed(&json!({ "users": users }))
                .map_err(|error| Failure::new("seed the emulator", error))?;
        }
        Ok(())
    }

    /// Returns a token in the format of seeds.
    fn token(&self, number: usize, ids: &[String]) -> Option<Value> {
        let token = self.token.as_ref()?;
        Some(json!({
            "id": ids[number],
            "name": numbered(&text_of(token, "name"), number),
            "token_type": token["token_type"],
            "created_ts": token["created_ts"],
        }))
    }
}

/// Returns the id of a seeded token.
fn id(number: usize) -> String {
    format!("5eed0000-0000-4000-8000-{number:012x}")
}

/// Replaces the number 0 at the end of the first object's name.
fn numbered(first: &str, number: usize) -> String {
    format!("{}{number}", first.strip_suffix('0').unwrap_or(first))
}

fn text_of(object: &Value, name: &str) -> String {
    object[name].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_replaces_the_last_number_and_ids_differ() {
        assert_eq!(numbered("account_0", 17), "account_17");
        assert_eq!(numbered("account_10", 3), "account_13");
        assert_ne!(id(1), id(16));
    }
}
