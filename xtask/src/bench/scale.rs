//! Apply, plan, plan without refresh and destroy of tokens, for a number of tokens and a latency of the API.

use std::time::Duration;

use motherduck_emulator::Emulator;

use super::failure::Failure;
use super::measured_provider::MeasuredProvider;
use super::sandbox::{Context, RunStats, Sandbox, Size};
use super::seeded::Template;

/// The maximum number of tokens of one account.
const PER_ACCOUNT: usize = 100;

/// A Terraform command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
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
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Operation::Apply => &["apply", "-auto-approve", "-no-color"],
            Operation::Plan => &["plan", "-no-color", "-detailed-exitcode"],
            Operation::PlanWithoutRefresh => &["plan", "-no-color", "-detailed-exitcode", "-refresh=false"],
            Operation::Destroy => &["destroy", "-auto-approve", "-no-color"],
        }
    }
}

/// A number of tokens and a latency of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) tokens: usize,
    pub(super) latency: u64,
}

impl Case {
    /// Returns the number of accounts and of tokens for each of them, which is the same for all.
    fn size(self) -> Size {
        let accounts = self.tokens.div_ceil(PER_ACCOUNT).max(1);
        Size {
            accounts,
            tokens_each: self.tokens / accounts,
        }
    }
}

/// The result of one operation.
#[derive(Debug, Clone)]
pub(super) struct Measurement {
    pub(super) provider: String,
    pub(super) case: Case,
    pub(super) operation: Operation,
    pub(super) stats: RunStats,
}

/// Runs operations of a case once, in a new emulator and a new folder: all operations, or only plans with a
/// generated state.
pub(super) fn run(
    context: Context<'_>,
    provider: &MeasuredProvider,
    case: Case,
    seeded: Option<&Template>,
    progress: &dyn Fn(&str),
) -> Result<Vec<Measurement>, Failure> {
    let emulator = Emulator::builder().latency(Duration::from_millis(case.latency));
    let sandbox = Sandbox::new(context, provider, &provider.configuration, emulator, case.size())?;
    let operations = match seeded {
        Some(template) => {
            template.write_to(&sandbox, case.size())?;
            &Operation::PLANS[..]
        }
        None => &Operation::ALL[..],
    };
    let mut measurements = Vec::new();
    for &operation in operations {
        progress(operation.name());
        measurements.push(Measurement {
            provider: provider.name.clone(),
            case,
            operation,
            stats: sandbox.run(operation.arguments())?,
        });
    }
    Ok(measurements)
}
