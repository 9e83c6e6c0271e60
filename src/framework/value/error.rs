//! The error of values that do not have the expected type.

use std::fmt;

use super::{Path, Step};
use crate::framework::Number;

/// Bytes that are not a value of the expected type, or a value that does not have its type.
///
/// The error never contains the value, because it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError {
    /// The path within the value.
    pub path: Path,
    /// What was expected there.
    pub reason: String,
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.steps().is_empty() {
            f.write_str(&self.reason)
        } else {
            write!(f, "{}: {}", self.path, self.reason)
        }
    }
}

impl std::error::Error for ValueError {}

impl ValueError {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        ValueError {
            path: Path::root(),
            reason: reason.into(),
        }
    }

    pub(super) fn expected(what: &str) -> Self {
        ValueError::new(format!("expected {what}"))
    }

    pub(super) fn missing_attribute(name: &str) -> Self {
        ValueError::new("this attribute is missing").in_attribute(name)
    }

    pub(super) fn unsupported_attribute(name: &str) -> Self {
        ValueError::new("there is no such attribute").in_attribute(name)
    }

    /// Adds an outer step to the path. Paths are built from the inside out, so values without errors cost
    /// nothing.
    fn within(self, step: Step) -> Self {
        let inner = self.path.steps().iter().cloned();
        ValueError {
            path: std::iter::once(step).chain(inner).collect(),
            reason: self.reason,
        }
    }

    pub(super) fn in_attribute(self, name: &str) -> Self {
        self.within(Step::Attribute(name.to_owned()))
    }

    pub(super) fn in_key(self, key: &str) -> Self {
        self.within(Step::Key(key.to_owned()))
    }

    pub(super) fn in_element(self, index: usize) -> Self {
        self.within(Step::Index(i64::try_from(index).unwrap_or(i64::MAX)))
    }

    /// Returns the error of a set with this element. Elements of a set have no path, so the path ends at the
    /// set, and the path within the element becomes part of the reason.
    pub(super) fn in_set(self) -> Self {
        ValueError::new(self.to_string())
    }
}

/// Parses a number. The error does not contain the text.
pub(super) fn parse_number(text: &str) -> Result<Number, ValueError> {
    text.parse()
        .map_err(|error| ValueError::new(format!("expected a number: {error}")))
}
