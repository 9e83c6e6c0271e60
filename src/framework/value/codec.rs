//! The error of the wire forms of values.

use std::fmt;

use super::{Path, Step, Type};

/// Bytes that are not a value of the type they should be of, or a value that its type does not allow.
///
/// The value itself is never part of the error: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodecError {
    /// Where in the value.
    pub path: Path,
    /// What was expected there.
    pub reason: String,
}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.steps().is_empty() {
            f.write_str(&self.reason)
        } else {
            write!(f, "{}: {}", self.path, self.reason)
        }
    }
}

impl std::error::Error for CodecError {}

impl CodecError {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        CodecError {
            path: Path::root(),
            reason: reason.into(),
        }
    }

    pub(super) fn expected(ty: &Type) -> Self {
        CodecError::new(format!("{} is needed here", ty.noun()))
    }

    pub(super) fn missing_attribute(name: &str) -> Self {
        CodecError::new("this attribute is missing").in_attribute(name)
    }

    pub(super) fn unsupported_attribute(name: &str) -> Self {
        CodecError::new("there is no such attribute").in_attribute(name)
    }

    /// The same error seen from one level further out. Paths are built on the way up, so that a value
    /// without errors costs none.
    fn within(self, step: Step) -> Self {
        CodecError {
            path: std::iter::once(step)
                .chain(self.path.steps().iter().cloned())
                .collect(),
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

    /// The same error seen from the set around it. Its elements have no address, so that the path ends at
    /// the set, and what it was within the element moves into the reason.
    pub(super) fn in_set(self) -> Self {
        CodecError::new(self.to_string())
    }
}
