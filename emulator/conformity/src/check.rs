//! A check and its outcome.

use std::fmt;

use futures_util::future::LocalBoxFuture;

use crate::suite::Suite;

/// A small test of one behaviour.
#[derive(Clone, Copy)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    /// The number of the open question that it answers, in the list of `emulator/README.md`.
    pub(crate) question: Option<u8>,
    /// Whether no other check may run at the same time.
    pub(crate) is_alone: bool,
    pub(crate) run: Run,
}

pub(crate) type Run = for<'a> fn(&'a Suite) -> LocalBoxFuture<'a, Verdict>;

/// The result of a check. An error is a failure, with one sentence.
pub(crate) type Verdict = Result<Outcome, Failure>;

impl Check {
    /// Creates a check of the contract, or a probe without a numbered question.
    pub(crate) const fn new(name: &'static str, run: Run) -> Self {
        Self {
            name,
            question: None,
            is_alone: false,
            run,
        }
    }

    /// Creates a probe for one of the open questions.
    pub(crate) const fn probe(question: u8, name: &'static str, run: Run) -> Self {
        Self {
            question: Some(question),
            ..Self::new(name, run)
        }
    }

    pub(crate) const fn alone(self) -> Self {
        Self {
            is_alone: true,
            ..self
        }
    }
}

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

/// Returns a finding with this text.
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
