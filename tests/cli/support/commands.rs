//! Runs the commands of Terraform.

use std::process::Command;

use xtask::terraform::Terraform;

use super::story::lock;
use super::{Outcome, Plan, Story, program};

/// The file name of saved plans.
const SAVED_PLAN: &str = "saved.tfplan";

impl Story {
    /// Returns a command that is not started yet.
    pub(crate) fn command<const N: usize>(&self, arguments: [&str; N]) -> Command {
        self.terraform.command(arguments)
    }

    /// Runs a command that must succeed.
    #[track_caller]
    pub(crate) fn run<'a>(&self, arguments: impl AsRef<[&'a str]>) -> Outcome {
        self.expect(0, arguments.as_ref())
    }

    /// Runs a command that must succeed with exactly this version of Terraform. The story's own Terraform can
    /// continue with the files.
    #[track_caller]
    pub(crate) fn run_with_version<'a>(&self, version: &str, arguments: impl AsRef<[&'a str]>) -> Outcome {
        let older = self.terraform.with(&program::exactly(version));
        self.expect_of(&older, 0, arguments.as_ref())
    }

    /// Runs a command that must fail.
    #[track_caller]
    pub(crate) fn run_fails<'a>(&self, arguments: impl AsRef<[&'a str]>) -> Outcome {
        self.expect(1, arguments.as_ref())
    }

    #[track_caller]
    fn expect(&self, exit_code: i32, arguments: &[&str]) -> Outcome {
        self.expect_of(&self.terraform, exit_code, arguments)
    }

    #[track_caller]
    fn expect_of(&self, terraform: &Terraform, exit_code: i32, arguments: &[&str]) -> Outcome {
        let run = terraform.run(arguments).unwrap();
        let outcome = Outcome::new(run.stdout.clone(), &run.stderr);
        let code = run.status.code();
        lock(&self.runs).push((arguments.join(" "), run));
        assert_eq!(code, Some(exit_code), "exit code of {arguments:?}");
        outcome
    }

    /// Plans and applies.
    #[track_caller]
    pub(crate) fn apply(&self) -> Outcome {
        self.run(["apply", "-auto-approve"])
    }

    /// Plans and applies, which must fail.
    #[track_caller]
    pub(crate) fn apply_fails(&self) -> Outcome {
        self.run_fails(["apply", "-auto-approve"])
    }

    /// Plans and applies the destroy of everything.
    #[track_caller]
    pub(crate) fn destroy(&self) -> Outcome {
        self.run(["destroy", "-auto-approve"])
    }

    /// Creates and saves a plan.
    #[track_caller]
    pub(crate) fn plan(&self) -> Plan {
        self.plan_with([])
    }

    /// Creates and saves a plan with further arguments.
    #[track_caller]
    pub(crate) fn plan_with<const N: usize>(&self, arguments: [&str; N]) -> Plan {
        let out = format!("-out={SAVED_PLAN}");
        let arguments: Vec<&str> = ["plan", &out].into_iter().chain(arguments).collect();
        let outcome = self.expect(0, &arguments);
        let shown = self.run(["show", "-json", SAVED_PLAN]);
        Plan::new(shown.json(), outcome)
    }

    /// Applies the plan that was saved last.
    #[track_caller]
    pub(crate) fn apply_saved_plan(&self) -> Outcome {
        self.run(["apply", SAVED_PLAN])
    }

    /// Plans, and expects no changes and no warnings.
    #[track_caller]
    pub(crate) fn expect_empty_plan(&self) {
        let outcome = self.run(["plan", "-detailed-exitcode"]);
        outcome.assert_does_not_show("Warning:");
    }
}
