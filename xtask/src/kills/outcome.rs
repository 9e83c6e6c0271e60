//! The outcome of one interruption.

use std::fmt;

use super::kinds::{Kind, Phase, name};

/// The counts of one interruption.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) kind: Kind,
    pub(super) phase: Phase,
    /// Whether API requests were in flight at the moment of the interruption.
    pub(super) in_flight: bool,
    /// The number of live tokens that are not in the state and did not exist before the command.
    pub(super) left_over: usize,
    /// The number of left-over tokens whose response was sent before a CLI ended that did not save its state.
    pub(super) delivered: usize,
    /// The other left-over tokens that no message of the command names.
    pub(super) unnamed: Vec<String>,
    /// The number of unnamed tokens that a later run named because their name was taken.
    pub(super) named_later: usize,
    /// Live objects that were in the state before and are no longer in it.
    pub(super) lost: Vec<String>,
    /// The number of runs until the plan was empty; `None` if it never was.
    pub(super) runs: Option<usize>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:<16} {:<9} {} left over: {}, delivered: {}, unnamed: {:?}, lost: {:?}, runs: {}",
            name(&self.kind),
            name(&self.phase),
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
