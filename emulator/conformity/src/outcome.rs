//! The outcome of a check.

use std::fmt;

/// The result of a check. An error is a failure, with one sentence.
pub(crate) type Verdict = Result<Outcome, Failure>;

/// The outcome of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The server behaves as the contract says.
    Pass,
    /// The server does not behave as the contract says, or the check could not run.
    Fail(String),
    /// The contract allows several behaviours, and the check observed this one.
    Found(String),
    /// The check did not run, for this reason.
    Skipped(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => f.write_str("pass"),
            Self::Fail(why) => write!(f, "FAIL: {why}"),
            Self::Found(what) => write!(f, "found: {what}"),
            Self::Skipped(why) => write!(f, "skipped: {why}"),
        }
    }
}

/// Why a check failed, in one sentence. It contains only texts of this crate, statuses and codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure(pub(crate) String);

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Failure {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "it is the last expression of checks that can fail"
)]
pub(crate) fn found(what: impl Into<String>) -> Verdict {
    Ok(Outcome::Found(what.into()))
}

/// Returns a pass, or a failure that lists the deviations.
pub(crate) fn unless(deviations: &[String]) -> Verdict {
    if deviations.is_empty() {
        Ok(Outcome::Pass)
    } else {
        Err(Failure(deviations.join("; ")))
    }
}

/// Fails the check with this sentence unless the condition holds.
pub(crate) fn require(condition: bool, otherwise: &str) -> Result<(), Failure> {
    if condition { Ok(()) } else { Err(otherwise.into()) }
}
