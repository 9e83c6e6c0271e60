//! An emulator, and a suite that targets it.

use std::collections::BTreeMap;

use motherduck_conformity::{Row, Suite, Target, Time};
use motherduck_contract::CheckedEmulator;
use motherduck_emulator::{DEFAULT_ADMIN_TOKEN, EmulatorBuilder};
use serde_json::{Value, json};

/// A human member of the emulator's organization.
pub(crate) const PERSON: &str = "grace.hopper";

/// An emulator with an organization whose objects a faulty suite could change, and the suite.
pub(crate) struct TestRun {
    pub(crate) emulator: CheckedEmulator,
    pub(crate) suite: Suite,
}

impl TestRun {
    pub(crate) async fn with(emulator: EmulatorBuilder) -> Self {
        let emulator = CheckedEmulator::start(emulator).await.unwrap();
        let token = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
        emulator
            .seed(&json!({ "users": [
                { "username": PERSON, "is_service_account": false, "email": "grace@acme.example",
                  "first_name": "Grace", "last_name": "Hopper", "tokens": [{ "id": token, "name": "acme laptop" }] },
                { "username": "acme_loader", "is_service_account": true, "roles": ["builder"],
                  "tokens": [{ "name": "acme nightly" }] },
            ] }))
            .unwrap();
        let suite = Suite::new(Target {
            base_url: emulator.url(),
            token: DEFAULT_ADMIN_TOKEN.into(),
            time: Time::Emulator,
            person: Some(PERSON.to_owned()),
        })
        .unwrap();
        Self { emulator, suite }
    }

    pub(crate) async fn rows(&self) -> Vec<Row> {
        self.suite.run(|_| ()).await
    }

    /// Returns the accounts of the organization with their objects.
    pub(crate) fn accounts(&self) -> Value {
        self.emulator.state()["accounts"].clone()
    }

    /// Returns the number of existing accounts that the suite has created.
    pub(crate) fn probes(&self) -> usize {
        let accounts = self.accounts();
        let accounts = accounts.as_array().unwrap().iter();
        accounts
            .filter(|account| account["username"].as_str().unwrap().starts_with("tfprobe_"))
            .count()
    }
}

/// Returns the results by name of the check.
pub(crate) fn by_name(rows: &[Row]) -> BTreeMap<&str, String> {
    rows.iter()
        .map(|row| (row.name.as_str(), row.outcome.to_string()))
        .collect()
}
