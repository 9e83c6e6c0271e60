//! The provider's own life cycle: a real Terraform creates an account, a token and Ducklings, reads, rotates, and destroys.

use std::fs;
use std::path::Path;

use motherduck_conformity::{Outcome, Row, Suite, Target};
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::cli::{Cli, Environment};
use crate::programs::{self, Interrupts};
use crate::terraform::Terraform;

/// The configuration works with every plan of an organization, and each generation has its own token name.
const MAIN: &str = r#"
terraform {
  required_providers {
    motherduck = { source = "motherduck-rs/motherduck" }
  }
}

variable "username" { type = string }
variable "generation" { type = string }

resource "motherduck_service_account" "probe" {
  username            = var.username
  deletion_protection = false
}

resource "motherduck_token" "probe" {
  username    = motherduck_service_account.probe.id
  name_prefix = "probe-"
  ttl         = 3600
  keepers     = { generation = var.generation }
  lifecycle { create_before_destroy = true }
}

resource "motherduck_ducklings" "probe" {
  username           = motherduck_service_account.probe.id
  read_write         = { instance_size = "pulse" }
  read_scaling       = { instance_size = "pulse", flock_size = 1 }
  restore_on_destroy = true
}

data "motherduck_service_account" "probe" {
  username = motherduck_ducklings.probe.id
}

output "token_id" { value = motherduck_token.probe.id }
output "size" { value = data.motherduck_service_account.probe.read_write.instance_size }
"#;

/// Runs the life cycle in `folder`, with an account that the suite deletes if the life cycle does not.
pub fn life_cycle(
    suite: &Suite,
    target: &Target,
    cli: &Cli,
    environment: &Environment,
    provider: &Path,
    folder: &Path,
    interrupts: &Interrupts,
) -> Row {
    let username = suite.reserve_account();
    let result = Terraform::new(cli, environment, provider, folder)
        .map_err(|error| format!("its folder cannot be laid out: {error}"))
        .and_then(|mut terraform| {
            terraform
                .set("MOTHERDUCK_ADMIN_TOKEN", target.token.expose_secret())
                .set("MOTHERDUCK_API_BASE_URL", &target.base_url)
                .set("TF_CLI_ARGS", "-no-color")
                .set("TF_VAR_username", &username);
            fs::write(terraform.module().join("main.tf"), MAIN)
                .map_err(|error| format!("its configuration cannot be written: {error}"))?;
            LifeCycle {
                terraform,
                interrupts,
            }
            .run()
        });
    let outcome = match result {
        Ok(()) => {
            suite.release_account(&username);
            Outcome::Pass
        }
        Err(why) => Outcome::Fail(why),
    };
    row(outcome)
}

/// Returns the row of the life cycle.
pub(super) fn row(outcome: Outcome) -> Row {
    Row {
        name: "the provider creates, reads, rotates and destroys".to_owned(),
        question: None,
        outcome,
    }
}

struct LifeCycle<'a> {
    terraform: Terraform,
    interrupts: &'a Interrupts,
}

impl LifeCycle<'_> {
    fn run(&mut self) -> Result<(), String> {
        const PLAN: &[&str] = &["plan", "-input=false", "-detailed-exitcode"];
        self.step("init", &["init", "-input=false"])?;
        let first = self.apply("1")?;
        self.step("a second plan", PLAN)?;
        let second = self.apply("2")?;
        if first == second {
            return Err("the token was not replaced".to_owned());
        }
        self.step("the last plan", PLAN)?;
        self.step("destroy", &["destroy", "-input=false", "-auto-approve"])?;
        Ok(())
    }

    /// Applies a generation. Returns the id of its token.
    fn apply(&mut self, generation: &str) -> Result<String, String> {
        self.terraform.set("TF_VAR_generation", generation);
        self.step("apply", &["apply", "-input=false", "-auto-approve"])?;
        let outputs = self.step("output", &["output", "-json"])?;
        let outputs: Value = serde_json::from_str(&outputs).map_err(|_| "`output` is not JSON")?;
        if outputs["size"]["value"] != "pulse" {
            return Err("the data source does not read what was created".to_owned());
        }
        let id = outputs["token_id"]["value"].as_str();
        id.map(str::to_owned)
            .ok_or_else(|| "the token has no id".to_owned())
    }

    /// Runs a command, which must end with exit code 0. Its output may name objects of the organization,
    /// so it is printed only to the user, and only on failure.
    fn step(&self, what: &str, arguments: &[&str]) -> Result<String, String> {
        let mut command = self.terraform.command(arguments);
        let ended =
            programs::run(&mut command, self.interrupts, |_| ()).map_err(|error| error.to_string())?;
        if ended.status.success() {
            return Ok(ended.stdout);
        }
        eprintln!(
            "What {what} printed, which is not for the report:\n{}\n{}",
            ended.stdout, ended.stderr
        );
        let code = ended
            .status
            .code()
            .map_or_else(|| "a signal".to_owned(), |code| code.to_string());
        Err(format!("{what} ended with {code} instead of 0"))
    }
}
