//! Parses rules from JSON. Rules without an effect are refused, because with a fault that never happens a
//! test passes for the wrong reason.

use std::str::FromStr;
use std::time::Duration;

use axum::http::{HeaderValue, Method, StatusCode, Uri};
use serde_json::Value;

use super::fault::{Effect, Fault, FaultKind, Page, RetryAfter, When};
use super::pattern::Pattern;
use super::rules::{Faults, Rule};
use crate::validate::{Fields, Issue, Node, check, named_enum};

/// The longest wait of a rule, in milliseconds: an hour, which is longer than any client waits.
const LONGEST_WAIT_MS: i64 = 3_600_000;

/// The longest `Retry-After`, in seconds: a day.
const LONGEST_RETRY_AFTER_S: i64 = 86_400;

/// The default target of a redirect: a host name that cannot exist.
const ELSEWHERE: &str = "https://elsewhere.invalid/";

/// Why rules were refused, with every mistake in them.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum FaultsError {
    /// The text is not JSON; the message has the position.
    #[error("the faults are not JSON: {0}")]
    Json(String),
    /// One message for each mistake, with its place in the rules.
    #[error("the faults are not valid: {}", .0.join("; "))]
    Invalid(Vec<String>),
}

impl Faults {
    /// Reads rules from a JSON value.
    pub fn from_json(value: &Value) -> Result<Self, FaultsError> {
        Self::read(value)
            .map_err(|issues| FaultsError::Invalid(issues.iter().map(Issue::to_string).collect()))
    }

    /// Parses rules, and returns the mistakes as the control endpoint reports them.
    pub(crate) fn read(value: &Value) -> Result<Self, Vec<Issue>> {
        check(value, |node| read_faults(&node))
    }
}

impl FromStr for Faults {
    type Err = FaultsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let value: Value =
            serde_json::from_str(text).map_err(|error| FaultsError::Json(error.to_string()))?;
        Self::from_json(&value)
    }
}

/// Parses a list of rules, or an object with a list and a seed.
fn read_faults(node: &Node<'_>) -> Option<Faults> {
    if node.is_list() {
        let rules = node.list(|rule| read_rule(&rule))?;
        return Some(Faults { seed: 0, rules });
    }
    let fields = node.object()?;
    fields.only(&["seed", "rules"]);
    let seed = fields
        .field("seed")
        .optional(|node| node.integer(&(0..=i64::MAX)))
        .unwrap_or_default();
    let rules = fields.field("rules").list(|rule| read_rule(&rule));
    Some(Faults {
        seed: seed.unsigned_abs(),
        rules: rules?,
    })
}

fn read_rule(node: &Node<'_>) -> Option<Rule> {
    let fields = node.object()?;
    fields.only(&["method", "path", "nth", "count", "probability", "fault"]);
    let positive = |name| {
        fields
            .field(name)
            .optional(|node| node.integer(&(1..=i64::from(u32::MAX))))
            .map(i64::unsigned_abs)
    };
    let method = fields
        .field("method")
        .optional(|node| node.enum_value::<ApiMethod>());
    let path = fields.field("path").optional(|node| read_pattern(&node));
    let (nth, count) = (positive("nth"), positive("count"));
    let probability = fields.field("probability").optional(|node| node.fraction());
    let fault = read_fault(&fields.field("fault"));
    Some(Rule {
        method: method.map(ApiMethod::method),
        path,
        nth: nth.unwrap_or(1),
        // `nth` alone means exactly one call.
        count: count.or(nth.is_some().then_some(1)),
        probability: probability.unwrap_or(1.0),
        fault: fault?,
        source: node.any()?.clone(),
        calls: 0,
        hits: 0,
    })
}

fn read_pattern(node: &Node<'_>) -> Option<Pattern> {
    match Pattern::parse(node.string()?) {
        Ok(pattern) => Some(pattern),
        Err(complaint) => node.reject("custom", complaint),
    }
}

fn read_fault(node: &Node<'_>) -> Option<Fault> {
    let fields = node.object()?;
    let kind = fields.field("kind").enum_value::<FaultKind>()?;
    let own: &[&str] = match kind {
        FaultKind::Status | FaultKind::StatusAfter => &["kind", "status", "retry_after", "retry_after_date"],
        FaultKind::LateCommit => &["kind", "ms", "status"],
        FaultKind::Delay | FaultKind::Trickle => &["kind", "ms"],
        FaultKind::Redirect => &["kind", "to"],
        _ => &["kind"],
    };
    fields.only(own);
    let wait = || {
        let ms = fields.field("ms").integer(&(1..=LONGEST_WAIT_MS))?;
        Some(Duration::from_millis(ms.unsigned_abs()))
    };
    let effect = match kind {
        FaultKind::Status => read_status(&fields, When::Before)?,
        FaultKind::StatusAfter => read_status(&fields, When::After)?,
        FaultKind::Html502 => Effect::Page(Page::BadGateway, When::Before),
        FaultKind::Html502After => Effect::Page(Page::BadGateway, When::After),
        FaultKind::Html200 => Effect::Page(Page::SignIn, When::Before),
        FaultKind::Html200After => Effect::Page(Page::SignIn, When::After),
        FaultKind::DropBefore => Effect::Drop(When::Before),
        FaultKind::DropAfter => Effect::Drop(When::After),
        FaultKind::TruncatedJson => Effect::TruncatedJson,
        FaultKind::CutOff => Effect::CutOff,
        FaultKind::WrongShape => Effect::WrongShape,
        FaultKind::Empty200 => Effect::Empty200,
        FaultKind::Delay => Effect::Delay(wait()?),
        FaultKind::LateCommit => {
            let status = fields.field("status").optional(|node| failure(&node));
            Effect::LateCommit {
                wait: wait()?,
                status,
            }
        }
        FaultKind::Trickle => Effect::Trickle(wait()?),
        FaultKind::Oversized => Effect::Oversized,
        FaultKind::Redirect => Effect::Redirect(read_location(&fields.field("to"))?),
    };
    Some(Fault { kind, effect })
}

fn read_location(node: &Node<'_>) -> Option<HeaderValue> {
    if node.is_missing() {
        return Some(HeaderValue::from_static(ELSEWHERE));
    }
    let text = node.string_of(1..=2000)?;
    HeaderValue::from_str(text)
        .ok()
        .filter(|_| leads_to_a_host(text))
        .or_else(|| {
            node.reject(
                "custom",
                "Expected a URL with a host that starts with 'http://' or 'https://'",
            )
        })
}

fn leads_to_a_host(text: &str) -> bool {
    text.parse().is_ok_and(|url: Uri| {
        matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some_and(|host| !host.is_empty())
    })
}

/// Parses the status of a failure.
fn failure(node: &Node<'_>) -> Option<StatusCode> {
    let status = node.integer(&(400..=599))?;
    StatusCode::from_u16(u16::try_from(status).ok()?).ok()
}

fn read_status(fields: &Fields<'_>, when: When) -> Option<Effect> {
    let status = failure(&fields.field("status"));
    let seconds = |name| {
        fields
            .field(name)
            .optional(|node| node.integer(&(0..=LONGEST_RETRY_AFTER_S)))
            .map(i64::unsigned_abs)
    };
    let retry_after = match (seconds("retry_after"), seconds("retry_after_date")) {
        (Some(_), Some(_)) => {
            return fields
                .field("retry_after_date")
                .reject("custom", "Cannot be given together with 'retry_after'");
        }
        (Some(seconds), None) => Some(RetryAfter::Seconds(seconds)),
        (None, seconds) => seconds.map(RetryAfter::DateIn),
    };
    Some(Effect::Status {
        status: status?,
        retry_after,
        when,
    })
}

named_enum! {
    /// The methods that the API has.
    enum ApiMethod {
        Get = "GET",
        Post = "POST",
        Put = "PUT",
        Delete = "DELETE",
    }
}

impl ApiMethod {
    fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Post => Method::POST,
            Self::Put => Method::PUT,
            Self::Delete => Method::DELETE,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn examples_of_each_kind_are_valid_rules() {
        for kind in FaultKind::ALL {
            let examples = kind.examples();
            assert!(!examples.is_empty(), "{kind:?}");
            for fault in examples {
                let faults = Faults::from_json(&json!([{ "fault": fault }])).unwrap();
                assert_eq!(faults.rules[0].fault.kind, *kind, "{fault}");
            }
        }
    }

    #[test]
    fn invalid_rule_error_contains_path_and_reason() {
        let one = |rule: Value| Faults::from_json(&json!([rule])).unwrap_err().to_string();
        for (rule, place, complaint) in [
            (json!(7), "0", "Expected object, received number"),
            (json!({}), "0.fault", "Required"),
            (json!({ "fault": {} }), "0.fault.kind", "Required"),
            (
                json!({ "fault": { "kind": "fire" } }),
                "0.fault.kind",
                "received 'fire'",
            ),
            (
                json!({ "fault": { "kind": "status" } }),
                "0.fault.status",
                "Required",
            ),
            (
                json!({ "fault": { "kind": "status", "status": 200 } }),
                "0.fault.status",
                "greater than or equal to 400",
            ),
            (
                json!({ "fault": { "kind": "status", "status": 429, "retry_after": 1, "retry_after_date": 1 } }),
                "0.fault.retry_after_date",
                "together with 'retry_after'",
            ),
            (json!({ "fault": { "kind": "delay" } }), "0.fault.ms", "Required"),
            (
                json!({ "fault": { "kind": "late_commit" } }),
                "0.fault.ms",
                "Required",
            ),
            (
                json!({ "fault": { "kind": "late_commit", "ms": 1, "status": 200 } }),
                "0.fault.status",
                "greater than or equal to 400",
            ),
            (
                json!({ "fault": { "kind": "html_502", "ms": 1 } }),
                "0.fault",
                "Unrecognized key(s) in object: 'ms'",
            ),
            (
                json!({ "fault": { "kind": "redirect", "to": "a\nb" } }),
                "0.fault.to",
                "Expected a URL",
            ),
            (
                json!({ "fault": { "kind": "redirect", "to": "/v1/users" } }),
                "0.fault.to",
                "Expected a URL with a host",
            ),
            (
                json!({ "fault": { "kind": "redirect", "to": "ftp://elsewhere.invalid/" } }),
                "0.fault.to",
                "Expected a URL with a host",
            ),
            (
                json!({ "fault": { "kind": "redirect", "to": "https:///users" } }),
                "0.fault.to",
                "Expected a URL with a host",
            ),
            (
                json!({ "fault": { "kind": "redirect", "to": "http://:80/" } }),
                "0.fault.to",
                "Expected a URL with a host",
            ),
            (
                json!({ "path": "/v1/users/ ", "fault": { "kind": "html_502" } }),
                "0.path",
                "without blanks",
            ),
            (
                json!({ "method": "get", "fault": { "kind": "html_502" } }),
                "0.method",
                "received 'get'",
            ),
            (
                json!({ "path": "users", "fault": { "kind": "html_502" } }),
                "0.path",
                "starts with '/'",
            ),
            (
                json!({ "nth": 0, "fault": { "kind": "html_502" } }),
                "0.nth",
                "greater than or equal to 1",
            ),
            (
                json!({ "count": 1.5, "fault": { "kind": "html_502" } }),
                "0.count",
                "received float",
            ),
            (
                json!({ "probability": 1.1, "fault": { "kind": "html_502" } }),
                "0.probability",
                "from 0 to 1",
            ),
            (
                json!({ "times": 1, "fault": { "kind": "html_502" } }),
                "0",
                "'times'",
            ),
        ] {
            let error = one(rule.clone());
            assert!(error.contains(&format!("{place}: ")), "{rule}: {error}");
            assert!(error.contains(complaint), "{rule}: {error}");
        }
        let error = Faults::from_json(&json!({ "sed": 1, "rules": [{ "nth": 0 }] })).unwrap_err();
        let error = error.to_string();
        for complaint in ["'sed'", "rules.0.nth: ", "rules.0.fault: Required"] {
            assert!(error.contains(complaint), "{error}");
        }
    }
}
