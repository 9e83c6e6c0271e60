//! What interruptions need of the emulator's endpoints.

use reqwest::Method;
use serde_json::{Value, json};

use crate::programs::{EmulatorProcess, Failure};

impl EmulatorProcess {
    /// Delays the responses to writes by 0.3 to 1.5 seconds after the write. Responses to reads are not
    /// delayed.
    pub(super) fn delay_writes(&self) -> Result<(), Failure> {
        let mut rules = Vec::new();
        for method in ["POST", "PUT", "DELETE"] {
            for (ms, probability) in [(300, 0.25), (700, 0.33), (1100, 0.5), (1500, 1.0)] {
                rules.push(json!({
                    "method": method, "path": "/v1/**", "probability": probability,
                    "fault": { "kind": "delay", "ms": ms },
                }));
            }
        }
        self.put("faults", &json!(rules))
    }

    pub(super) fn end_delays(&self) -> Result<(), Failure> {
        self.put("faults", &json!([]))
    }

    pub(super) fn in_flight(&self) -> Result<u64, Failure> {
        let overview = self.get("overview")?;
        Ok(overview["requests_under_way"].as_u64().unwrap_or_default())
    }

    pub(super) fn clear_requests(&self) -> Result<(), Failure> {
        self.call(&Method::DELETE, "/_emulator/requests", &Value::Null)
            .map(drop)
    }

    /// Revokes a token, as a user who knows its id would.
    pub(super) fn revoke(&self, username: &str, id: &str) -> Result<(), Failure> {
        let path = format!("/v1/users/{username}/tokens/{id}");
        self.call(&Method::DELETE, &path, &Value::Null).map(drop)
    }
}
