//! Private state: data that core stores with a resource's state and does not show.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// Identifies the bytes as this provider's. Core also passes the private state of another provider with the
/// same resource type, so bytes without this marker are ignored.
const FORMAT: &str = "motherduck-rs/1";

/// Values by name, which core stores with the state of one object and returns unchanged.
///
/// They are stored unencrypted, so they must not contain secrets.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Private(BTreeMap<String, Json>);

#[derive(Serialize, Deserialize)]
struct StoredValues {
    format: String,
    values: BTreeMap<String, Json>,
}

impl Private {
    /// Creates private state without values.
    pub fn new() -> Self {
        Private::default()
    }

    /// Decodes stored bytes. Bytes of another provider result in no values.
    pub fn decode(bytes: &[u8]) -> Self {
        match serde_json::from_slice::<StoredValues>(bytes) {
            Ok(stored) if stored.format == FORMAT => Private(stored.values),
            _ => Private::new(),
        }
    }

    /// Encodes the values as bytes to store; without values the result is empty.
    pub fn encode(&self) -> Vec<u8> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let stored = StoredValues {
            format: FORMAT.to_owned(),
            values: self.0.clone(),
        };
        // Strings as keys and JSON as values can always be serialized.
        serde_json::to_vec(&stored).unwrap_or_default()
    }

    /// Returns the value of a name, if there is one of this type.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        self.0
            .get(name)
            .and_then(|value| serde_json::from_value(value.clone()).ok())
    }

    /// Whether the flag with this name is set.
    pub fn flag(&self, name: &str) -> bool {
        self.get(name).unwrap_or(false)
    }

    /// Sets the value of a name.
    pub fn set<T: Serialize>(&mut self, name: &str, value: &T) {
        if let Ok(value) = serde_json::to_value(value) {
            self.0.insert(name.to_owned(), value);
        }
    }

    /// Removes the value of a name.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(name);
    }
}

/// Writes all values as JSON, for a log.
impl fmt::Display for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_values_round_trip() {
        let mut private = Private::new();
        private.set("imported", &true);
        private.set("sizes", &vec!["pulse", "giga"]);
        let read = Private::decode(&private.encode());
        assert!(read.flag("imported"));
        assert_eq!(read.get::<Vec<String>>("sizes").unwrap(), ["pulse", "giga"]);
        assert_eq!(read, private);
    }

    #[test]
    fn decode_of_foreign_bytes_is_empty() {
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
