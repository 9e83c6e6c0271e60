//! The numbers of the interruptions of each kind, and whether they meet the targets.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use super::kinds::{Kind, name};
use super::outcome::Outcome;

#[derive(Debug, Default)]
pub(super) struct Tally {
    outcomes: BTreeMap<Kind, Vec<Outcome>>,
    /// The interruptions that missed a target.
    missed: Vec<String>,
    pub(super) took: Duration,
}

impl Tally {
    pub(super) fn add(&mut self, number: usize, outcome: Outcome) {
        if !is_met(&outcome) {
            self.missed.push(format!("interruption {number}: {outcome}"));
        }
        self.outcomes.entry(outcome.kind).or_default().push(outcome);
    }

    /// Whether every interruption met its targets.
    pub(super) fn is_met(&self) -> bool {
        self.missed.is_empty()
    }
}

/// Whether every token that the provider could name is named, the only objects missing from the state are those
/// of a CLI that ended without saving it, and the plan became empty.
fn is_met(outcome: &Outcome) -> bool {
    (outcome.unnamed.is_empty() || outcome.kind.kills_the_provider())
        && (outcome.lost.is_empty() || outcome.kind.ends_the_cli_unsaved())
        && outcome.runs.is_some()
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n| kind | interruptions | in flight | left over | delivered | unnamed | named by a later run | lost | runs |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
        )?;
        for (kind, outcomes) in &self.outcomes {
            let sum = |count: fn(&Outcome) -> usize| outcomes.iter().map(count).sum::<usize>();
            let most_runs = outcomes.iter().filter_map(|outcome| outcome.runs).max();
            let runs = match sum(|outcome| usize::from(outcome.runs.is_none())) {
                0 => most_runs.unwrap_or_default().to_string(),
                count => format!("{}, {count} without end", most_runs.unwrap_or_default()),
            };
            writeln!(
                f,
                "| {} | {} | {} | {} | {} | {} | {} | {} | {runs} |",
                name(kind),
                outcomes.len(),
                sum(|outcome| usize::from(outcome.in_flight)),
                sum(|outcome| outcome.left_over),
                sum(|outcome| outcome.delivered),
                sum(|outcome| outcome.unnamed.len()),
                sum(|outcome| outcome.named_later),
                sum(|outcome| outcome.lost.len()),
            )?;
        }
        let interruptions: usize = self.outcomes.values().map(Vec::len).sum();
        for missed in &self.missed {
            writeln!(f, "\n{missed}")?;
        }
        let verdict = if self.is_met() { "met" } else { "not met" };
        write!(
            f,
            "\n{interruptions} interruptions in {} s; targets {verdict}: nothing unnamed but by kill-provider and kill-both, nothing lost \
             but by a CLI that ended at once, and every plan empty in the end",
            self.took.as_secs()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum as _;

    use crate::kills::kinds::Phase;

    fn outcome(kind: Kind) -> Outcome {
        Outcome {
            kind,
            phase: Phase::Create,
            in_flight: true,
            left_over: 0,
            delivered: 0,
            unnamed: Vec::new(),
            named_later: 0,
            lost: Vec::new(),
            runs: Some(1),
        }
    }

    #[test]
    fn unnamed_object_is_accepted_only_if_the_provider_was_killed() {
        for kind in Kind::value_variants() {
            let unnamed = Outcome {
                unnamed: vec!["a token".to_owned()],
                ..outcome(*kind)
            };
            let may = matches!(kind, Kind::KillProvider | Kind::KillBoth);
            assert_eq!(is_met(&unnamed), may, "{kind:?}");
        }
    }

    #[test]
    fn lost_state_entry_is_accepted_only_if_the_cli_was_killed() {
        let lost = |kind| Outcome {
            lost: vec!["a token".to_owned()],
            ..outcome(kind)
        };
        assert!(is_met(&lost(Kind::KillCli)));
        assert!(!is_met(&lost(Kind::KillProvider)));
        assert!(!is_met(&Outcome {
            runs: None,
            ..outcome(Kind::CtrlC)
        }));
    }
}
