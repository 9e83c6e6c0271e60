//! Private state: what a resource remembers beside its state, unseen by its user.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Marks the bytes as ours. Core hands over what an earlier provider of the same resource left behind as
/// if we had written it, so bytes without the mark are taken as nothing.
const MARK: &str = "motherduck-rs/1";

/// Values by name, kept by core with the state of one object and handed back as they are.
///
/// They are stored in clear text: nothing secret belongs here.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Private(BTreeMap<String, Json>);

#[derive(Serialize, Deserialize)]
struct Stored {
    format: String,
    values: BTreeMap<String, Json>,
}

impl Private {
    /// Nothing remembered.
    pub fn new() -> Self {
        Private::default()
    }

    /// Reads stored bytes; what is not ours reads as nothing remembered.
    pub fn decode(bytes: &[u8]) -> Self {
        match serde_json::from_slice::<Stored>(bytes) {
            Ok(stored) if stored.format == MARK => Private(stored.values),
            _ => Private::new(),
        }
    }

    /// The bytes to store; none where nothing is remembered.
    pub fn encode(&self) -> Vec<u8> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let stored = Stored {
            format: MARK.to_owned(),
            values: self.0.clone(),
        };
        // Strings as keys and JSON as values: there is nothing in it that could fail to be written.
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    /// What is remembered under a name, if it is there and of this form.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.0
            .get(name)
            .and_then(|value| serde_json::from_value(value.clone()).ok())
    }

    /// Whether the flag of that name is up.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).unwrap_or(false)
    }

    /// Remembers a value under a name.
    pub fn set<T: Serialize>(&mut self, name: &str, value: &T) {
        if let Ok(value) = serde_json::to_value(value) {
            self.0.insert(name.to_owned(), value);
        }
    }

    /// Forgets what is under a name.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }
}

/// For a log: everything that is remembered, as JSON.
impl fmt::Display for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_comes_back_after_a_round_trip() {
        let mut private = Private::new();
        private.set("imported", &true);
        private.set("sizes", &vec!["pulse", "giga"]);
        let read = Private::decode(&private.encode());
        assert!(read.flag("imported"));
        assert_eq!(read.get::<Vec<String>>("sizes").unwrap(), ["pulse", "giga"]);
        assert_eq!(read, private);
    }

    #[test]
    fn bytes_of_others_are_nothing_remembered() {
        let foreign: [&[u8]; 5] = [
            b"",
            b"{}",
            b"\xff\x00",
            br#"{"schema_version":"1"}"#,
            br#"{"format":"x","values":{"a":true}}"#,
        ];
        for bytes in foreign {
            assert_eq!(Private::decode(bytes), Private::new());
        }
        assert!(Private::new().encode().is_empty());
    }
}
