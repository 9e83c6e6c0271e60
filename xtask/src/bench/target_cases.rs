//! The cases of the performance targets, each with one command to measure.

use std::time::Duration;

use motherduck_emulator::Emulator;

use super::measured_provider::{MeasuredProvider, ducklings, prefixed_tokens};
use super::sandbox::{Context, RunStats, Sandbox, Size};
use super::seeded::Template;
use crate::programs::Failure;

/// A case of a performance target. Cases run in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TargetCase {
    /// A plan without changes of 1,000 tokens of 10 accounts.
    ThousandTokens,
    /// A plan without changes of 500 tokens of one account.
    OneAccount,
    /// A plan without changes of 200 accounts with Ducklings.
    Ducklings,
    /// A plan at `-parallelism=50` with 200 ms of latency, of 100 tokens of 10 accounts.
    Parallel,
    /// The same with an account for each token, so that no request serves two tokens.
    OneAccountPerToken,
    /// 300 creations with a rate limit of 20 requests per second.
    Creations,
}

/// The rate limit of [`TargetCase::Creations`], in requests per second.
pub(super) const REQUESTS_PER_SECOND: u32 = 20;

const PLAN: &[&str] = &["plan", "-no-color", "-detailed-exitcode"];
const PARALLEL_PLAN: &[&str] = &["plan", "-no-color", "-detailed-exitcode", "-parallelism=50"];
const APPLY: &[&str] = &["apply", "-no-color", "-auto-approve"];

impl TargetCase {
    pub(super) const ALL: [TargetCase; 6] = [
        TargetCase::ThousandTokens,
        TargetCase::OneAccount,
        TargetCase::Ducklings,
        TargetCase::Parallel,
        TargetCase::OneAccountPerToken,
        TargetCase::Creations,
    ];

    pub(super) fn title(self) -> &'static str {
        match self {
            TargetCase::ThousandTokens => "plan of 1,000 tokens of 10 accounts",
            TargetCase::OneAccount => "plan of 500 tokens of one account",
            TargetCase::Ducklings => "plan of 200 accounts with Ducklings",
            TargetCase::Parallel => "plan at `-parallelism=50`, 200 ms latency, 100 tokens of 10 accounts",
            TargetCase::OneAccountPerToken => {
                "plan at `-parallelism=50`, 200 ms latency, 100 tokens of 100 accounts"
            }
            TargetCase::Creations => "300 creations against a limit of 20 requests/s",
        }
    }

    fn is_parallel(self) -> bool {
        matches!(self, TargetCase::Parallel | TargetCase::OneAccountPerToken)
    }

    pub(super) fn latency(self) -> Duration {
        Duration::from_millis(if self.is_parallel() { 200 } else { 0 })
    }

    /// The number of operations that Terraform runs in parallel.
    pub(super) fn parallelism(self) -> usize {
        if self.is_parallel() { 50 } else { 10 }
    }

    fn size(self) -> Size {
        let (accounts, tokens_each) = match self {
            TargetCase::ThousandTokens => (10, 100),
            TargetCase::OneAccount => (1, 500),
            TargetCase::Ducklings => (200, 0),
            TargetCase::Parallel => (10, 10),
            TargetCase::OneAccountPerToken => (100, 1),
            TargetCase::Creations => (1, 300),
        };
        Size {
            accounts,
            tokens_each,
        }
    }

    /// Whether the other provider runs this too.
    pub(super) fn runs_other_providers(self) -> bool {
        !matches!(self, TargetCase::Ducklings | TargetCase::Creations)
    }

    fn configuration(self, provider: &MeasuredProvider) -> String {
        match self {
            TargetCase::Ducklings => ducklings(),
            TargetCase::Creations => prefixed_tokens(),
            _ => provider.configuration.clone(),
        }
    }

    /// Returns how often the case runs. Comparisons of wall time run most often, because it varies most.
    pub(super) fn repeats(self) -> usize {
        match self {
            TargetCase::Creations => 1,
            TargetCase::Ducklings => 3,
            _ => 7,
        }
    }

    pub(super) fn run(
        self,
        context: Context<'_>,
        provider: &MeasuredProvider,
        template: &Template,
    ) -> Result<RunStats, Failure> {
        let mut emulator = Emulator::builder().latency(self.latency());
        if self == TargetCase::Creations {
            let limit = format!("{REQUESTS_PER_SECOND}/1").parse();
            emulator = emulator.rate_limit(limit.map_err(|error| Failure::new("set the rate limit", error))?);
        }
        let configuration = self.configuration(provider);
        let sandbox = Sandbox::new(context, provider, &configuration, emulator, self.size())?;
        let arguments = match self {
            TargetCase::Creations => return sandbox.run(APPLY),
            _ if self.is_parallel() => PARALLEL_PLAN,
            _ => PLAN,
        };
        template.write_to(&sandbox, self.size())?;
        sandbox.run(arguments)
    }

    /// Applies one account, and returns its state to repeat for the others.
    pub(super) fn template(
        self,
        context: Context<'_>,
        provider: &MeasuredProvider,
    ) -> Result<Template, Failure> {
        Template::new(context, provider, &self.configuration(provider))
    }
}
