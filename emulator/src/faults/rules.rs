//! The rules, and the selection of the one that applies to a request.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use axum::http::Method;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};

use super::fault::Fault;
use super::pattern::Pattern;

/// Rules that make API requests fail, with counts of the requests that each one matched and changed.
///
/// The section "Faults" of the README describes their JSON. The first rule that is due applies to a request.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    pub(super) seed: u64,
    pub(super) rules: Vec<Rule>,
}

/// One rule and its counts.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) method: Option<Method>,
    pub(super) path: Option<Pattern>,
    /// The first of the matching calls that may fail, counted from 1.
    pub(super) nth: u64,
    /// The maximum number of calls that fail.
    pub(super) count: Option<u64>,
    /// The probability that such a call fails, 0 to 1.
    pub(super) probability: f64,
    pub(super) fault: Fault,
    /// The JSON of the rule.
    pub(super) source: Value,
    /// How many requests matched so far.
    pub(super) calls: u64,
    /// How many of them failed.
    pub(super) hits: u64,
}

impl Faults {
    /// Counts a request and returns the fault that applies to it.
    pub(crate) fn next_fault(&mut self, method: &Method, path: &str) -> Option<Fault> {
        let seed = self.seed;
        let mut due = None;
        // Every rule counts its matches, so that its count does not depend on the rules before it.
        for (index, rule) in self.rules.iter_mut().enumerate() {
            if !rule.matches(method, path) {
                continue;
            }
            rule.calls += 1;
            if due.is_none() && rule.is_due(seed, index) {
                rule.hits += 1;
                due = Some(rule.fault.clone());
            }
        }
        due
    }

    /// Returns the number of rules and of changed requests.
    pub(crate) fn totals(&self) -> (usize, u64) {
        (self.rules.len(), self.rules.iter().map(|rule| rule.hits).sum())
    }

    /// Returns the JSON of the rules, each with its counts.
    pub(crate) fn to_json(&self) -> Value {
        let rules: Vec<Value> = self
            .rules
            .iter()
            .map(|rule| json!({ "rule": rule.source, "calls": rule.calls, "hits": rule.hits }))
            .collect();
        json!({ "seed": self.seed, "rules": rules })
    }
}

impl Rule {
    fn matches(&self, method: &Method, path: &str) -> bool {
        self.method.as_ref().is_none_or(|wanted| wanted == method)
            && self.path.as_ref().is_none_or(|pattern| pattern.matches(path))
    }

    /// Whether the rule applies to the call that was counted last.
    fn is_due(&self, seed: u64, index: usize) -> bool {
        self.calls >= self.nth
            && self.count.is_none_or(|count| self.hits < count)
            && chance(seed, index, self.calls) < self.probability
    }
}

/// Returns a number in the range 0 to 1, excluding 1. It depends only on the seed, the rule and the call, so
/// that requests that match other rules do not change it.
fn chance(seed: u64, rule: usize, call: u64) -> f64 {
    let mut hasher = DefaultHasher::new();
    (seed, rule, call).hash(&mut hasher);
    StdRng::seed_from_u64(hasher.finish()).random()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(rules: &Value) -> Faults {
        Faults::from_json(rules).unwrap()
    }

    /// Returns which of the first calls of `GET /v1/users` fail.
    fn hits(faults: &mut Faults, calls: u64) -> Vec<u64> {
        (1..=calls)
            .filter(|_| faults.next_fault(&Method::GET, "/v1/users").is_some())
            .collect()
    }

    #[test]
    fn nth_and_count_select_matching_calls() {
        let hit = |more: Value| {
            let mut rule = json!({ "method": "GET", "path": "/v1/users", "fault": { "kind": "html_502" } });
            rule.as_object_mut()
                .unwrap()
                .extend(more.as_object().unwrap().clone());
            let mut faults = faults(&json!([rule]));
            // A request that does not match is not counted.
            assert_eq!(faults.next_fault(&Method::POST, "/v1/users"), None);
            assert_eq!(faults.next_fault(&Method::GET, "/v1/users/svc"), None);
            hits(&mut faults, 6)
        };
        assert_eq!(hit(json!({})), [1, 2, 3, 4, 5, 6]);
        assert_eq!(hit(json!({ "nth": 3 })), [3]);
        assert_eq!(hit(json!({ "count": 2 })), [1, 2]);
        assert_eq!(hit(json!({ "nth": 3, "count": 2 })), [3, 4]);
        assert_eq!(hit(json!({ "probability": 0 })), [0_u64; 0]);
        assert_eq!(hit(json!({ "probability": 1.0 })), [1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn probability_is_deterministic_for_a_seed_and_has_the_rate() {
        let of_seed = |seed: u64| {
            let rule = json!({ "probability": 0.25, "fault": { "kind": "drop_before" } });
            hits(&mut faults(&json!({ "seed": seed, "rules": [rule] })), 1000)
        };
        assert_eq!(of_seed(7), of_seed(7));
        assert_ne!(of_seed(7), of_seed(8));
        for seed in 0..20 {
            let count = of_seed(seed).len();
            assert!((180..320).contains(&count), "{count} of 1000 with seed {seed}");
        }
    }

    #[test]
    fn probability_of_a_rule_ignores_other_requests() {
        let rule = json!({ "path": "/v1/users", "probability": 0.5, "fault": { "kind": "empty_200" } });
        let (mut alone, mut among_others) = (faults(&json!([rule])), faults(&json!([rule])));
        let expected = hits(&mut alone, 50);
        let found: Vec<u64> = (1..=50)
            .filter(|_| {
                among_others.next_fault(&Method::GET, "/v1/active_accounts");
                among_others.next_fault(&Method::GET, "/v1/users").is_some()
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn first_due_rule_is_applied_and_all_count() {
        let mut faults = faults(&json!([
            { "nth": 2, "fault": { "kind": "drop_before" } },
            { "fault": { "kind": "drop_after" } },
        ]));
        let mut next_fault = || {
            faults
                .next_fault(&Method::GET, "/v1/users")
                .map(|fault| fault.kind.name())
        };
        assert_eq!(
            [next_fault(), next_fault(), next_fault()],
            [Some("drop_after"), Some("drop_before"), Some("drop_after")]
        );
        let shown = faults.to_json();
        assert_eq!(
            shown["rules"][0],
            json!({ "rule": { "nth": 2, "fault": { "kind": "drop_before" } }, "calls": 3, "hits": 1 })
        );
        assert_eq!(
            (&shown["rules"][1]["calls"], &shown["rules"][1]["hits"]),
            (&json!(3), &json!(2))
        );
    }

    #[test]
    fn invalid_json_error_contains_the_position() {
        let error = "[{]".parse::<Faults>().unwrap_err().to_string();
        assert!(
            error.starts_with("the faults are not JSON: ") && error.contains("column 3"),
            "{error}"
        );
    }
}
