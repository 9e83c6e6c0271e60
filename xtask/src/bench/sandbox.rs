//! A provider with a configuration, in its own folder and with its own emulator.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use motherduck_emulator::{DEFAULT_ADMIN_TOKEN, Emulator, EmulatorBuilder};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::measured_provider::MeasuredProvider;
use super::process::{Used, measured};
use crate::cli::{Cli, Environment};
use crate::programs::Failure;
use crate::terraform::Terraform;

/// The status 429 of the API's rate limit.
const REFUSED: u16 = 429;

/// Values that every case needs.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) environment: &'a Environment,
    pub(super) cli: &'a Cli,
}

/// The number of accounts, and of tokens of each account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) accounts: usize,
    pub(super) tokens_each: usize,
}

/// A folder with an initialized configuration, and the emulator that it uses.
pub(super) struct Sandbox {
    pub(super) api: Emulator,
    terraform: Terraform,
    folder: TempDir,
    /// The provider's name, for errors.
    provider: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct RunStats {
    pub(super) used: Used,
    /// The number of requests that the API received.
    pub(super) requests: usize,
    /// The number of requests that the rate limit refused.
    pub(super) refused: usize,
}

impl Sandbox {
    pub(super) fn new(
        context: Context<'_>,
        provider: &MeasuredProvider,
        configuration: &str,
        emulator: EmulatorBuilder,
        size: Size,
    ) -> Result<Self, Failure> {
        let api = emulator
            .start_blocking()
            .map_err(|error| Failure::new("start the emulator", error))?;
        let folder = TempDir::new().map_err(Failure::io("create a folder"))?;
        let installed = || Failure::io("install the provider");
        let mut terraform = Terraform::new(context.cli, context.environment, &provider.binary, folder.path())
            .map_err(installed())?;
        terraform
            .install(&provider.address, provider.version, &provider.binary)
            .map_err(installed())?;
        terraform
            .set("TF_VAR_api_base_url", api.url())
            .set("TF_VAR_admin_token", DEFAULT_ADMIN_TOKEN)
            .set("TF_VAR_accounts", size.accounts.to_string())
            .set("TF_VAR_tokens", size.tokens_each.to_string());
        fs::write(terraform.module().join("main.tf"), configuration)
            .map_err(Failure::io("write the configuration"))?;
        let init = terraform
            .run(["init", "-no-color"])
            .map_err(Failure::io("start the CLI"))?;
        if !init.success() {
            return Err(Failure::new("initialize the configuration", init));
        }
        Ok(Sandbox {
            api,
            terraform,
            folder,
            provider: provider.name.clone(),
        })
    }

    pub(super) fn state(&self) -> PathBuf {
        self.terraform.module().join("terraform.tfstate")
    }

    /// Runs a command and measures it. A failed command is an error that contains the end of its output.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<RunStats, Failure> {
        self.api.clear_requests();
        let log = self.folder.path().join("output");
        let output = fs::File::create(&log).map_err(Failure::io("create a file"))?;
        let errors = output.try_clone().map_err(Failure::io("create a file"))?;
        let child = self
            .terraform
            .command(arguments)
            .stdout(output)
            .stderr(Stdio::from(errors))
            .spawn()
            .map_err(Failure::io("start the CLI"))?;
        let (status, used) = measured(child)?;
        if !status.success() {
            let text = fs::read_to_string(&log).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            let end = &lines[lines.len().saturating_sub(30)..];
            return Err(Failure::new(
                format!("run `{}` with {}", arguments.join(" "), self.provider),
                format!("{status}\n{}", end.join("\n")),
            ));
        }
        let requests = self.api.requests();
        let refused = requests.iter().filter(|request| request.status == Some(REFUSED));
        Ok(RunStats {
            used,
            refused: refused.count(),
            requests: requests.len() + usize::try_from(self.api.dropped_requests()).unwrap_or(0),
        })
    }
}
