//! The cases of the performance targets, each with one command to measure.

use std::time::Duration;

use motherduck_emulator::Emulator;

use super::failure::Failure;
use super::sandbox::{Context, RunStats, Sandbox, Size};
use super::seeded::Template;
use super::subject::{DUCKLINGS, PREFIXED, Subject};

/// A case of a performance target. Cases run in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// A plan without changes of 1,000 tokens of 10 accounts.
    Thousand,
    /// A plan without changes of 500 tokens of one account.
    OneAccount,
    /// A plan without changes of 200 accounts with Ducklings.
    Ducklings,
    /// A plan at `-parallelism=50` with 200 ms of latency, of 100 tokens of 10 accounts.
    Parallel,
    /// The same with an account for each token, so that no request serves two tokens.
    Apart,
    /// 300 creations with a rate limit of 20 requests per second.
    Creations,
}

/// The rate limit of [`Goal::Creations`], in requests per second.
pub(super) const REQUESTS_PER_SECOND: u32 = 20;

const PLAN: &[&str] = &["plan", "-no-color", "-detailed-exitcode"];
const PARALLEL_PLAN: &[&str] = &["plan", "-no-color", "-detailed-exitcode", "-parallelism=50"];
const APPLY: &[&str] = &["apply", "-no-color", "-auto-approve"];

impl Goal {
    pub(super) const ALL: [Goal; 6] = [
        Goal::Thousand,
        Goal::OneAccount,
        Goal::Ducklings,
        Goal::Parallel,
        Goal::Apart,
        Goal::Creations,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            Goal::Thousand => "plan of 1,000 tokens of 10 accounts",
            Goal::OneAccount => "plan of 500 tokens of one account",
            Goal::Ducklings => "plan of 200 accounts with Ducklings",
            Goal::Parallel => "plan at `-parallelism=50`, 200 ms latency, 100 tokens of 10 accounts",
            Goal::Apart => "plan at `-parallelism=50`, 200 ms latency, 100 tokens of 100 accounts",
            Goal::Creations => "300 creations against a limit of 20 requests/s",
        }
    }

    pub(super) fn latency(self) -> Duration {
        match self {
            Goal::Parallel | Goal::Apart => Duration::from_millis(200),
            _ => Duration::ZERO,
        }
    }

    /// The number of operations that Terraform runs in parallel.
    pub(super) fn parallelism(self) -> usize {
        match self {
            Goal::Parallel | Goal::Apart => 50,
            _ => 10,
        }
    }

    fn size(self) -> Size {
        let (accounts, tokens_each) = match self {
            Goal::Thousand => (10, 100),
            Goal::OneAccount => (1, 500),
            Goal::Ducklings => (200, 0),
            Goal::Parallel => (10, 10),
            Goal::Apart => (100, 1),
            Goal::Creations => (1, 300),
        };
        Size {
            accounts,
            tokens_each,
        }
    }

    /// The configuration of the cases that only this provider runs; `None` for the measured provider's own.
    fn configuration(self) -> Option<&'static str> {
        match self {
            Goal::Ducklings => Some(DUCKLINGS),
            Goal::Creations => Some(PREFIXED),
            _ => None,
        }
    }

    /// Whether the other provider runs this too.
    pub(super) fn is_of_all(self) -> bool {
        self.configuration().is_none()
    }

    /// Returns how often the case runs if `requested` runs were requested. The creations always take 15 seconds.
    pub(super) fn repeats(self, requested: usize) -> usize {
        match self {
            Goal::Creations => 1,
            _ => requested.max(1),
        }
    }

    pub(super) fn run(
        self,
        context: Context<'_>,
        subject: &Subject,
        template: &Template,
    ) -> Result<RunStats, Failure> {
        let mut emulator = Emulator::builder().latency(self.latency());
        if self == Goal::Creations {
            let limit = format!("{REQUESTS_PER_SECOND}/1").parse();
            emulator = emulator.rate_limit(limit.map_err(|error| Failure::new("set the rate limit", error))?);
        }
        let configuration = self.configuration().unwrap_or(&subject.configuration);
        let sandbox = Sandbox::new(context, subject, configuration, emulator, self.size())?;
        let arguments = match self {
            Goal::Creations => return sandbox.run(APPLY),
            Goal::Parallel | Goal::Apart => PARALLEL_PLAN,
            Goal::Thousand | Goal::OneAccount | Goal::Ducklings => PLAN,
        };
        template.write_to(&sandbox, self.size())?;
        sandbox.run(arguments)
    }

    /// Applies one account, and returns its state to repeat for the others.
    pub(super) fn template(self, context: Context<'_>, subject: &Subject) -> Result<Template, Failure> {
        let configuration = self.configuration().unwrap_or(&subject.configuration);
        Template::new(context, subject, configuration)
    }
}
