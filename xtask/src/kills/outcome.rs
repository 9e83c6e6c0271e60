//! What one strike has left behind.

use std::fmt;

use super::kinds::{Kind, Phase};

/// The counts of one strike.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) kind: Kind,
    pub(super) phase: Phase,
    /// Whether API requests were under way when it came.
    pub(super) in_flight: bool,
    /// Tokens that are live, not in the state, and were not there before the command.
    pub(super) left_over: usize,
    /// Of those: the response was given before the CLI had ended, which saved nothing any more.
    pub(super) delivered: usize,
    /// Of the others: no message of the command names them.
    pub(super) unnamed: Vec<String>,
    /// How many of those a later run named, whose name was taken.
    pub(super) named_later: usize,
    /// Objects that were in the state before, are live, and are not in the state any more.
    pub(super) lost: Vec<String>,
    /// How many runs it took until the plan was empty; none if it never was.
    pub(super) runs: Option<usize>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<16} {:<9} {} left over: {}, delivered: {}, unnamed: {:?}, lost: {:?}, runs: {}",
            self.kind.name(),
            self.phase.name(),
            if self.in_flight {
                "in flight,"
            } else {
                "idle,     "
            },
            self.left_over,
            self.delivered,
            self.unnamed,
            self.lost,
            self.runs
                .map_or_else(|| "no end".to_owned(), |runs| runs.to_string()),
        )
    }
}
