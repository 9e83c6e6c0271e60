//! The tokens in the emulator, and the messages of Terraform that name them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::programs::{EmulatorProcess, Failure};

/// A token in the emulator.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Token {
    pub(super) id: String,
    name: String,
    pub(super) username: String,
}

impl Token {
    /// Whether one of the messages names the token, by its id or by its user and name.
    pub(super) fn is_named_in(&self, messages: &[String]) -> bool {
        messages.iter().any(|message| {
            message.contains(&self.id) || message.contains(&self.username) && message.contains(&self.name)
        })
    }

    /// Describes the token and the requests for its account.
    pub(super) fn describe(&self, requests: &[Value]) -> String {
        let path = format!("/v1/users/{}/", self.username);
        let calls: Vec<String> = requests
            .iter()
            .filter(|request| {
                request["path"]
                    .as_str()
                    .is_some_and(|sent| sent.starts_with(&path))
            })
            .map(|request| {
                let method = request["method"].as_str().unwrap_or_default();
                format!("{method} {} in {} ms", request["status"], request["ms"])
            })
            .collect();
        format!(
            "{} {} of {}: {}",
            self.id,
            self.name,
            self.username,
            calls.join(", ")
        )
    }
}

/// Returns the live tokens of the accounts.
pub(super) fn live_tokens(emulator: &EmulatorProcess) -> Result<BTreeSet<Token>, Failure> {
    let mut tokens = BTreeSet::new();
    for account in emulator.accounts()? {
        let username = account["username"].as_str().unwrap_or_default();
        if !username.starts_with("svc_") {
            continue;
        }
        for token in account["tokens"].as_array().into_iter().flatten() {
            if token["expired"] == false {
                tokens.insert(Token {
                    id: token["id"].as_str().unwrap_or_default().to_owned(),
                    name: token["name"].as_str().unwrap_or_default().to_owned(),
                    username: username.to_owned(),
                });
            }
        }
    }
    Ok(tokens)
}

/// Returns the errors and warnings in the output of a command, with single blanks as white space. Progress
/// messages are ignored.
pub(super) fn diagnostics(printed: &str) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for line in printed.lines() {
        let is_progress =
            line.starts_with("motherduck_token.") || line.starts_with("ephemeral.motherduck_token.");
        if line.starts_with("Error: ") || line.starts_with("Warning: ") {
            messages.push(line.to_owned());
        } else if let Some(message) = messages.last_mut().filter(|_| !is_progress) {
            message.push(' ');
            message.push_str(line);
        }
    }
    let words = |message: &String| message.split_whitespace().collect::<Vec<_>>().join(" ");
    messages.iter().map(words).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_named_by_diagnostics_and_not_by_progress() {
        let printed = "motherduck_token.t00: Creation complete [id=7]\n\nError: svc_01 has a token\n  named loader already\n\n\
                    Warning: see 8\n\nmotherduck_token.t00: Still creating [id=7]\n";
        let messages = diagnostics(printed);
        assert_eq!(
            messages,
            ["Error: svc_01 has a token named loader already", "Warning: see 8"]
        );

        let token = |id: &str, username: &str| Token {
            id: id.to_owned(),
            name: "loader".to_owned(),
            username: username.to_owned(),
        };
        assert!(token("1", "svc_01").is_named_in(&messages));
        assert!(token("8", "svc_02").is_named_in(&messages));
        assert!(!token("7", "svc_00").is_named_in(&messages));
    }
}
