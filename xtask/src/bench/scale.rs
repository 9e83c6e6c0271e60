//! Apply, plan and destroy of many tokens.

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use motherduck_emulator::{DEFAULT_ADMIN_TOKEN, Emulator};
use tempfile::TempDir;

use super::failure::Failure;
use super::process::{Used, measured};
use super::subject::Subject;
use crate::cli::{Cli, Environment};
use crate::terraform::Terraform;

/// The most tokens of one account.
const PER_ACCOUNT: usize = 100;

/// What is done with the CLI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

    pub(super) fn name(self) -> &'static str {
        match self {
            Operation::Apply => "apply",
            Operation::Plan => "plan",
            Operation::PlanWithoutRefresh => "plan without refresh",
            Operation::Destroy => "destroy",
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Operation::Apply => &["apply", "-auto-approve", "-no-color"],
            Operation::Plan => &["plan", "-no-color"],
            Operation::PlanWithoutRefresh => &["plan", "-no-color", "-refresh=false"],
            Operation::Destroy => &["destroy", "-auto-approve", "-no-color"],
        }
    }
}

/// A number of tokens at a latency of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Case {
    pub(super) tokens: usize,
    pub(super) latency: u64,
}

/// What one operation has taken.
#[derive(Debug, Clone)]
pub(super) struct Measurement {
    pub(super) subject: String,
    pub(super) case: Case,
    pub(super) operation: Operation,
    pub(super) used: Used,
    /// Requests that the API had.
    pub(super) requests: usize,
}

/// Runs all operations of a case once, in a new emulator and a new folder.
pub(super) fn run(
    environment: &Environment,
    cli: &Cli,
    subject: &Subject,
    case: Case,
    progress: &dyn Fn(&str),
) -> Result<Vec<Measurement>, Failure> {
    let api = Emulator::builder()
        .latency(Duration::from_millis(case.latency))
        .start_blocking()
        .map_err(|error| Failure::new("start the emulator", error))?;
    let folder = TempDir::new().map_err(Failure::io("create a folder"))?;
    let mut terraform = Terraform::new(cli, environment, &subject.binary, folder.path())
        .map_err(Failure::io("install the provider"))?;
    terraform
        .install(&subject.address, subject.version, &subject.binary)
        .map_err(Failure::io("install the provider"))?;
    let accounts = case.tokens.div_ceil(PER_ACCOUNT);
    terraform
        .set("TF_VAR_api_base_url", api.url())
        .set("TF_VAR_admin_token", DEFAULT_ADMIN_TOKEN)
        .set("TF_VAR_accounts", accounts.to_string())
        .set("TF_VAR_tokens", (case.tokens / accounts).to_string());
    fs::write(terraform.module().join("main.tf"), &subject.configuration)
        .map_err(Failure::io("write the configuration"))?;
    let init = terraform
        .run(["init", "-no-color"])
        .map_err(Failure::io("start the CLI"))?;
    if !init.success() {
        return Err(Failure::new("initialize the configuration", init));
    }
    let mut measurements = Vec::new();
    for operation in Operation::ALL {
        progress(operation.name());
        api.clear_requests();
        let log = folder.path().join("output");
        let output = fs::File::create(&log).map_err(Failure::io("create a file"))?;
        let errors = output.try_clone().map_err(Failure::io("create a file"))?;
        let child = terraform
            .command(operation.arguments())
            .stdout(output)
            .stderr(Stdio::from(errors))
            .spawn()
            .map_err(Failure::io("start the CLI"))?;
        let (status, used) = measured(child)?;
        if !status.success() {
            let said = fs::read_to_string(&log).unwrap_or_default();
            let end: Vec<&str> = said.lines().rev().take(30).collect();
            let end: Vec<&str> = end.into_iter().rev().collect();
            return Err(Failure::new(
                format!(
                    "{} {} tokens with {}",
                    operation.name(),
                    case.tokens,
                    subject.name
                ),
                format!("{status}\n{}", end.join("\n")),
            ));
        }
        let requests = api.requests().len() + usize::try_from(api.dropped_requests()).unwrap_or(0);
        measurements.push(Measurement {
            subject: subject.name.clone(),
            case,
            operation,
            used,
            requests,
        });
    }
    Ok(measurements)
}
