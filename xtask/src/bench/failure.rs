//! Why a measurement ended early.

use std::fmt::Display;
use std::io;

/// What failed, and why.
#[derive(Debug, thiserror::Error)]
#[error("could not {action}: {reason}")]
pub(super) struct Failure {
    action: String,
    reason: String,
}

impl Failure {
    pub(super) fn new(action: impl Into<String>, reason: impl Display) -> Self {
        Failure {
            action: action.into(),
            reason: reason.to_string(),
        }
    }

    pub(super) fn io(action: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        |error| Failure::new(action, error)
    }
}
