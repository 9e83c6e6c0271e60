//! The checks of a cell after its operation.

use std::fmt::{self, Write as _};

use motherduck_emulator::LoggedRequest;
use serde_json::Value as Json;

use crate::cell::Outcome;
use crate::host::{ACCOUNT, DUCKLINGS, TOKEN};
use crate::operations::OperationKind;
use crate::organization::LiveToken;

/// The rules that the outcome of a cell can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Rule {
    /// A response breaks core's rules, or the provider no longer responds.
    Protocol,
    /// A live token is neither in the state nor named in a message.
    LiveToken,
    /// An object exists that was removed from the state, or that the error of a failed create does not name.
    LostEntry,
    /// A secret is in a message, the log or the private state.
    Secret,
    /// The same operation without faults does not lead to the configured objects.
    Convergence,
    /// An error lacks the method, the path, the status or the next step.
    Message,
}

/// A broken rule with its details.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) rule: Rule,
    pub(crate) what: String,
}

impl Broken {
    pub(crate) fn new(rule: Rule, what: impl Into<String>) -> Self {
        let what = what.into();
        Broken { rule, what }
    }

    pub(crate) fn secret(what: &str) -> Self {
        Broken::new(Rule::Secret, what)
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.what)
    }
}

/// The broken rules after an operation, and the tokens that it left.
pub(crate) struct Findings {
    pub(crate) broken: Vec<Broken>,
    /// Tokens that no message names.
    pub(crate) unnamed: Vec<LiveToken>,
    /// Tokens that a message asks the user to revoke.
    pub(crate) named: Vec<LiveToken>,
}

/// Phrases that state a next step. An error contains at least one of them.
const STEPS: [&str; 13] = [
    "apply again",
    "check ",
    "choose another",
    "correct ",
    "import it",
    "look ",
    "plan again",
    "remove ",
    "revoke it",
    "run again",
    "set `",
    "see motherduck's status page",
    "use a ",
];

pub(crate) fn check_outcome(outcome: &Outcome<'_>) -> Findings {
    let text = outcome.returned.text();
    let mut broken = Vec::new();
    let (mut named, mut unnamed) = (Vec::new(), Vec::new());
    for token in left_over(outcome) {
        if is_named(&token, &text, outcome.until_returned) {
            named.push(token);
        } else {
            broken.push(Broken::new(Rule::LiveToken, format!("{token:?}")));
            unnamed.push(token);
        }
    }
    broken.extend(lost_entry(outcome, &text).map(|what| Broken::new(Rule::LostEntry, what)));
    broken.extend(secrets(outcome, &text));
    if outcome.returned.failed {
        broken.extend(message(&text, outcome).map(|what| Broken::new(Rule::Message, what)));
    }
    if !broken.is_empty() {
        let last = broken.len() - 1;
        let indented = text.replace('\n', "\n        ");
        let _ = write!(broken[last].what, "\n      messages: {indented}");
    }
    Findings {
        broken,
        unnamed,
        named,
    }
}

/// Returns the tokens that did not exist before and are not in the state.
fn left_over(outcome: &Outcome<'_>) -> Vec<LiveToken> {
    let is_kept = |token: &LiveToken| {
        let mut stored = outcome.returned.stored.iter();
        stored.any(|stored| stored["id"] == token.id.as_str())
    };
    let was_there = |token: &LiveToken| outcome.before.iter().any(|before| before.id == token.id);
    let left_on_purpose = |token: &LiveToken| {
        let prior = outcome
            .prior
            .filter(|_| matches!(outcome.operation.kind, OperationKind::Delete(_)));
        prior.is_some_and(|prior| prior["id"] == token.id.as_str() && prior["revoke_on_destroy"] == false)
    };
    // The token of the prior state is included, because it may have been removed from the state and still be
    // live.
    let of_prior = |token: &LiveToken| {
        let prior = outcome.prior.iter();
        outcome.operation.type_name == TOKEN && prior.clone().any(|prior| prior["id"] == token.id.as_str())
    };
    let live = outcome.organization.live_tokens().into_iter();
    live.filter(|token| !is_kept(token) && !left_on_purpose(token))
        .filter(|token| !was_there(token) || of_prior(token))
        .collect()
}

/// Whether a message names the token: by its id, or by user and name if no listing showed the id.
fn is_named(token: &LiveToken, text: &str, requests: &[LoggedRequest]) -> bool {
    let listing = format!("/v1/users/{}/tokens", token.username);
    let was_listed = requests.iter().any(|request| {
        request.method == "GET"
            && request.path == listing
            && request.status == Some(200)
            && request.fault.is_none()
            && request.at > token.created
    });
    text.contains(&token.id) || (!was_listed && text.contains(&token.username) && text.contains(&token.name))
}

/// Returns an object that exists, is not in the state, and is named by no error.
fn lost_entry(outcome: &Outcome<'_>, text: &str) -> Option<String> {
    let (operation, returned) = (outcome.operation, outcome.returned);
    let of = |object: &Json| object["username"].as_str().unwrap_or_default().to_owned();
    match (&operation.kind, &returned.stored) {
        (OperationKind::Create(config), None) => {
            let username = of(config);
            let exists = operation.type_name == ACCOUNT && outcome.organization.has_account(&username);
            let is_named = text.contains(&username) && text.contains("import");
            (exists && !is_named).then(|| format!("the account {username} exists, and the state has none"))
        }
        (OperationKind::Read(_) | OperationKind::Update { .. } | OperationKind::Delete(_), None) => {
            let prior = &outcome.prior.expect("it was created").state;
            // A token that was removed from the state is checked as a live token.
            let exists = operation.type_name != TOKEN && outcome.organization.has_account(&of(prior));
            let is_released =
                matches!(operation.kind, OperationKind::Delete(_)) && operation.type_name == DUCKLINGS;
            (exists && (returned.failed || !is_released))
                .then(|| format!("{prior} exists and was removed from the state"))
        }
        (OperationKind::Delete(_), Some(_)) if !returned.failed => {
            Some("a deletion succeeded and returned a state".into())
        }
        _ => None,
    }
}

fn secrets(outcome: &Outcome<'_>, text: &str) -> Vec<Broken> {
    let mut private = outcome.returned.stored.iter().map(|stored| &stored.private);
    let shown = &outcome.returned.shown;
    let holders = outcome.organization.secrets().into_iter().filter_map(|secret| {
        if text.contains(&secret) {
            Some("a message contains a secret")
        } else if shown.iter().any(|shown| shown.contains(&secret)) {
            Some("a shown text contains a secret")
        } else if private.any(|private| String::from_utf8_lossy(private).contains(&secret)) {
            Some("private state contains a secret")
        } else {
            None
        }
    });
    holders.map(Broken::secret).collect()
}

/// Returns what an error lacks: the method, path and status of a failed request, or the next step.
fn message(text: &str, outcome: &Outcome<'_>) -> Option<String> {
    let base = outcome.organization.api.url();
    // The log contains neither a fault nor a status for a request whose client has disconnected.
    let failed = outcome
        .requests
        .iter()
        .filter(|request| request.fault.is_some() || request.status.is_none());
    let named = |request: &&LoggedRequest| {
        let (method, path) = (&request.method, &request.path);
        text.contains(&format!("{method} {path}")) || text.contains(&format!("{method} {base}{path}"))
    };
    let has_status = |request: &LoggedRequest| {
        let status = request.status.unwrap_or_default();
        text.contains(&format!("status {status}")) || text.contains(&format!("({status})"))
    };
    let had_none = ["had no response", "broke before the response", "was given up"];
    let mut named = failed.filter(named).peekable();
    if named.peek().is_none() {
        // After a 429 whose `Retry-After` is too long the next request is not sent, and the error names that
        // request.
        let was_refused = outcome.requests.iter().any(|request| request.status == Some(429));
        if was_refused && text.contains(" was not sent: an earlier response with status 429 asks to wait") {
            return None;
        }
        return Some("no method and path of a request that failed".into());
    }
    if !named.any(has_status) && !had_none.iter().any(|words| text.contains(words)) {
        return Some("no status of a request that failed".into());
    }
    let lower = text.to_lowercase();
    let has_step = STEPS.iter().any(|step| lower.contains(step));
    (!has_step).then(|| "no next step".into())
}
