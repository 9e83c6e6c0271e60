//! The accounts of a run, which are deleted at its end.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

/// The prefix of the names of all accounts of the suite.
pub(crate) const PREFIX: &str = "tfprobe_";

/// What is known of an account with a generated name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existence {
    /// The name was never sent, or the server refused it, so the account does not exist.
    Absent,
    /// The request had no response. The account may exist, or may be created later.
    Unknown,
    Created,
}

/// The names that were generated in this run.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    names: Mutex<BTreeMap<String, Existence>>,
}

impl Ledger {
    /// Generates a name that no account has. `ending` follows the random part.
    pub(crate) fn generate_name(&self, ending: &str) -> String {
        let random = Uuid::new_v4().simple().to_string();
        let name = format!("{PREFIX}{}{ending}", &random[..12]);
        self.set(&name, Existence::Absent);
        name
    }

    pub(crate) fn set(&self, name: &str, existence: Existence) {
        self.names().insert(name.to_owned(), existence);
    }

    pub(crate) fn existence(&self, name: &str) -> Existence {
        self.names().get(name).copied().unwrap_or(Existence::Absent)
    }

    /// Whether a name was generated in this run, ignoring letter case.
    pub(crate) fn is_generated(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.names()
            .keys()
            .any(|generated| generated.to_lowercase() == name)
    }

    /// Returns the names of accounts that exist or may exist.
    pub(crate) fn to_remove(&self) -> Vec<(String, Existence)> {
        self.names()
            .iter()
            .filter(|(_, existence)| **existence != Existence::Absent)
            .map(|(name, existence)| (name.clone(), *existence))
            .collect()
    }

    fn names(&self) -> MutexGuard<'_, BTreeMap<String, Existence>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
