//! Apply, plan, plan without refresh and destroy of tokens, for a number of tokens and a latency of the API.

use std::time::Duration;

use motherduck_emulator::Emulator;
use serde::{Deserialize, Serialize};

use super::measured_provider::MeasuredProvider;
use super::sandbox::{Context, RunStats, Sandbox, Size};
use crate::programs::Failure;

/// The maximum number of tokens of one account.
const PER_ACCOUNT: usize = 100;

/// A Terraform command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Operation {
    Apply,
    Plan,
    PlanWithoutRefresh,
    Destroy,
}

impl Operation {
    /// In the order in which they run.
    pub(super) const ALL: [Operation; 4] = [
        Operation::Apply,
        Operation::Plan,
        Operation::PlanWithoutRefresh,
        Operation::Destroy,
    ];

    /// The operations that need no apply.
    pub(super) const PLANS: [Operation; 2] = [Operation::Plan, Operation::PlanWithoutRefresh];

    pub(super) fn name(self) -> &'static str {
        match self {
            Operation::Apply => "apply",
            Operation::Plan => "plan",
            Operation::PlanWithoutRefresh => "plan without refresh",
            Operation::Destroy => "destroy",
        }
    }

    /// A plan with changes is an error.
    pub(super) fn arguments(self) -> &'static [&'static str] {
        match self {
            Operation::Apply => &["apply", "-auto-approve", "-no-color"],
            Operation::Plan => &["plan", "-no-color", "-detailed-exitcode"],
            Operation::PlanWithoutRefresh => &["plan", "-no-color", "-detailed-exitcode", "-refresh=false"],
            Operation::Destroy => &["destroy", "-auto-approve", "-no-color"],
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Case {
    pub(super) latency: u64,
    pub(super) tokens: usize,
}

impl Case {
    /// Returns the number of accounts and of tokens for each of them, which is the same for all.
    pub(super) fn size(self) -> Size {
        let accounts = self.tokens.div_ceil(PER_ACCOUNT).max(1);
        Size {
            accounts,
            tokens_each: self.tokens / accounts,
        }
    }

    /// Creates a new emulator and a new folder for a run of the case.
    pub(super) fn sandbox(
        self,
        context: Context<'_>,
        provider: &MeasuredProvider,
    ) -> Result<Sandbox, Failure> {
        let emulator = Emulator::builder().latency(Duration::from_millis(self.latency));
        Sandbox::new(context, provider, &provider.configuration, emulator, self.size())
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Measurement {
    pub(super) provider: String,
    pub(super) case: Case,
    pub(super) operation: Operation,
    pub(super) stats: RunStats,
}
