//! Responses of the server, and summaries of them without their text.

use serde_json::Value;

use crate::outcome::Failure;

/// A response. Its body may contain secrets and names of the organization; only the results of its methods
/// may be reported.
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Null if the body is not JSON.
    pub(crate) body: Value,
    pub(crate) text: String,
    pub(crate) retry_after: Option<String>,
}

/// Words in a message about duplicate names.
const KNOWN_WORDS: [&str; 6] = [
    "unique constraint",
    "already",
    "exists",
    "taken",
    "duplicate",
    "in use",
];

impl Reply {
    /// Returns the code of an error, if it has the form of a code.
    pub(crate) fn code(&self) -> Option<&str> {
        let code = self.body["code"].as_str()?;
        let is_code = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        (!code.is_empty() && code.len() <= 40 && code.bytes().all(is_code)).then_some(code)
    }

    pub(crate) fn is(&self, status: u16, code: &str) -> bool {
        self.status == status && self.body["code"] == code
    }

    /// Returns status and code: `409 CONFLICT`, `404 as plain text`, `200`.
    pub(crate) fn summary(&self) -> String {
        let status = self.status;
        match (self.code(), &self.body) {
            (Some(code), _) => format!("{status} {code}"),
            (None, Value::Null) if self.text.trim_start().starts_with('<') => format!("{status} with a page"),
            (None, Value::Null) if self.text == "Not Found" => format!("{status} as plain text"),
            (None, Value::Null) => format!("{status} without JSON"),
            (None, _) => status.to_string(),
        }
    }

    /// Returns the words of the list that the message contains.
    pub(crate) fn known_words(&self) -> String {
        let message = self.body["message"].as_str().unwrap_or_default().to_lowercase();
        let words: Vec<String> = KNOWN_WORDS
            .iter()
            .filter(|word| message.contains(**word))
            .map(|word| format!("\"{word}\""))
            .collect();
        if words.is_empty() {
            "with other words".to_owned()
        } else {
            format!("with {}", words.join(", "))
        }
    }

    pub(crate) fn ok(&self, what: &str) -> Result<&Value, Failure> {
        if self.status == 200 && self.body.is_object() {
            Ok(&self.body)
        } else {
            Err(format!("{what}: {} instead of 200 with JSON", self.summary()).into())
        }
    }

    /// Expects an error with this status and code.
    pub(crate) fn refused(&self, what: &str, status: u16, code: &str) -> Result<(), Failure> {
        if self.is(status, code) {
            Ok(())
        } else {
            Err(format!("{what}: {} instead of {status} {code}", self.summary()).into())
        }
    }

    /// Whether this is the plain-text 404 of a missing route.
    pub(crate) fn is_unrouted(&self) -> bool {
        self.status == 404 && self.text == "Not Found"
    }

    /// Whether this is a failed validation with an issue at this path.
    pub(crate) fn has_issue(&self, path: &[&str]) -> bool {
        let issues = self.body["issues"].as_array();
        let mut issues = issues.into_iter().flatten();
        issues.any(|issue| issue["path"] == serde_json::json!(path))
    }

    /// Whether the response refuses a valid configuration because the organization's plan does not include
    /// it.
    pub(crate) fn is_of_the_plan(&self) -> bool {
        let has_issues = self.body["issues"]
            .as_array()
            .is_some_and(|issues| !issues.is_empty());
        self.is(403, "FORBIDDEN") || self.is(400, "BAD_REQUEST") && !has_issues
    }
}
