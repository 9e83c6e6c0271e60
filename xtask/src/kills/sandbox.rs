//! One interruption: runs the command, kills or interrupts processes, and examines the result.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use motherduck_emulator::DEFAULT_ADMIN_TOKEN;
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::configuration::{TOKENS, configuration, username};
use super::kinds::{Kind, Phase, Receivers};
use super::outcome::Outcome;
use super::processes;
use super::token::{Token, diagnostics, live_tokens};
use crate::cli::{Cli, Environment};
use crate::programs::{EmulatorProcess, Failure, Interrupts, Programs, is_provider, own_group};
use crate::terraform::{Run, Terraform};

/// The deadline of a command and of every wait after it.
const TIMEOUT: Duration = Duration::from_secs(180);

/// The time between the first and the second Ctrl-C.
const BETWEEN_SIGNALS: Duration = Duration::from_millis(300);

const POLLING_INTERVAL: Duration = Duration::from_millis(10);

/// The maximum number of runs until the plan is empty.
const RUNS: usize = 5;

/// A folder for consecutive interruptions.
pub(super) struct Sandbox {
    terraform: Terraform,
    folder: TempDir,
    emulator: PathBuf,
}

impl Sandbox {
    pub(super) fn new(cli: &Cli, environment: &Environment, programs: &Programs) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new()
            .prefix("kills-")
            .tempdir()
            .map_err(Failure::io("make a folder"))?;
        let mut terraform = Terraform::new(cli, environment, &programs.provider, folder.path())
            .map_err(Failure::io("lay out a folder for Terraform"))?;
        terraform.set("TF_CLI_ARGS", "-no-color");
        terraform.set("MOTHERDUCK_ADMIN_TOKEN", DEFAULT_ADMIN_TOKEN);
        let sandbox = Self {
            terraform,
            folder,
            emulator: programs.emulator.clone(),
        };
        sandbox.write(Phase::Create, 1)?;
        sandbox.succeed(&["init"])?;
        Ok(sandbox)
    }

    /// Runs the command of a phase and interrupts it this long after its first write.
    pub(super) fn interrupt(
        &mut self,
        kind: Kind,
        phase: Phase,
        moment: Duration,
    ) -> Result<Outcome, Failure> {
        let mut emulator = self.prepare(phase)?;
        let before = live_tokens(&emulator)?;
        let ids_before = self.ids_in_state();
        emulator.clear_requests()?;
        emulator.delay_writes()?;

        let printed_to = self.folder.path().join("printed.log");
        let mut cli = self.start(
            &[phase.command(), "-auto-approve", "-parallelism=20"],
            &printed_to,
        )?;
        wait_for("the first write", || {
            let is_over = matches!(cli.try_wait(), Ok(Some(_)) | Err(_));
            Ok((is_over || emulator.in_flight()? > 0).then_some(()))
        })?;
        thread::sleep(moment);
        let in_flight = emulator.in_flight()? > 0;
        Self::send_signals(kind, cli.id(), &mut emulator)?;
        let responded = wait_for_ends(&mut cli, &emulator)?;

        let printed = fs::read_to_string(&printed_to).map_err(Failure::io("read what was printed"))?;
        let mut messages = diagnostics(&printed);
        let ids = self.ids_in_state();
        let live = live_tokens(&emulator)?;
        let left: Vec<Token> = live
            .difference(&before)
            .filter(|token| !ids.contains(&token.id))
            .cloned()
            .collect();
        let lost: Vec<String> = live
            .iter()
            .map(|token| &token.id)
            .filter(|id| ids_before.contains(*id) && !ids.contains(*id))
            .cloned()
            .collect();
        let (delivered, others): (Vec<&Token>, Vec<&Token>) = left
            .iter()
            .partition(|token| kind.ends_the_cli_unsaved() && responded.contains(&token.username));
        let unnamed: Vec<&Token> = others
            .into_iter()
            .filter(|token| !token.is_named_in(&messages))
            .collect();
        let requests = emulator.requests()?;
        let described: Vec<String> = unnamed.iter().map(|token| token.describe(&requests)).collect();

        let printed = messages.len();
        let runs = self.converge(phase, &emulator, &left, &mut messages)?;
        let named_later = unnamed
            .iter()
            .filter(|token| token.is_named_in(&messages[printed..]))
            .count();
        Ok(Outcome {
            kind,
            phase,
            in_flight,
            left_over: left.len(),
            delivered: delivered.len(),
            unnamed: described,
            named_later,
            lost,
            runs,
        })
    }

    /// Starts an emulator with the accounts, and applies the configuration that the phase needs first.
    fn prepare(&mut self, phase: Phase) -> Result<EmulatorProcess, Failure> {
        for name in [
            "terraform.tfstate",
            "terraform.tfstate.backup",
            "errored.tfstate",
            ".terraform.tfstate.lock.info",
        ] {
            let _ = fs::remove_file(self.terraform.module().join(name));
        }
        let state = self.folder.path().join("organization");
        let _ = fs::remove_file(&state);
        let emulator = EmulatorProcess::start(&self.emulator, Some(&state), &Interrupts::default())?;
        let users: Vec<Value> = (0..TOKENS)
            .map(|number| json!({ "username": username(number), "is_service_account": true }))
            .collect();
        emulator.put("seed", &json!({ "users": users }))?;
        self.terraform.set("MOTHERDUCK_API_BASE_URL", emulator.url());
        self.write(phase, 1)?;
        if matches!(phase, Phase::Replace | Phase::Destroy) {
            self.succeed(&["apply", "-auto-approve", "-parallelism=20"])?;
        }
        if phase == Phase::Replace {
            self.write(phase, 2)?;
        }
        Ok(emulator)
    }

    fn send_signals(kind: Kind, group: u32, emulator: &mut EmulatorProcess) -> Result<(), Failure> {
        let Some((signals, receivers)) = kind.signals() else {
            return emulator.kill_and_restart();
        };
        let (providers, others): (Vec<_>, Vec<_>) = processes::group_members(group)
            .into_iter()
            .partition(|pid| is_provider(pid.as_raw()));
        for (number, signal) in signals.iter().enumerate() {
            if number > 0 {
                thread::sleep(BETWEEN_SIGNALS);
            }
            // The provider is killed last if both are killed, so that it cannot detect the end of its host.
            if *signal == Signal::SIGKILL && receivers == Receivers::Both {
                processes::signal(&providers, *signal);
                processes::signal(&others, *signal);
                continue;
            }
            if receivers != Receivers::Provider {
                processes::signal(&others, *signal);
            }
            if receivers != Receivers::Cli {
                processes::signal(&providers, *signal);
            }
        }
        Ok(())
    }

    /// Runs the command again until the plan is empty, and returns the number of runs. If a name is taken,
    /// the token with that name is revoked first, as the guide says.
    fn converge(
        &self,
        phase: Phase,
        emulator: &EmulatorProcess,
        left: &[Token],
        messages: &mut Vec<String>,
    ) -> Result<Option<usize>, Failure> {
        for run in 1..=RUNS {
            let ran = self.run(&[phase.command(), "-auto-approve", "-parallelism=20"])?;
            messages.extend(diagnostics(&format!("{}\n{}", ran.stdout, ran.stderr)));
            let planned = match phase {
                Phase::Destroy => self.run(&["plan", "-destroy", "-detailed-exitcode"])?,
                _ => self.run(&["plan", "-detailed-exitcode"])?,
            };
            if ran.success() && planned.success() {
                return Ok(Some(run));
            }
            for token in left.iter().filter(|token| token.is_named_in(messages)) {
                // The run may have revoked it already.
                let _ = emulator.revoke(&token.username, &token.id);
            }
        }
        Ok(None)
    }

    fn run(&self, arguments: &[&str]) -> Result<Run, Failure> {
        let ran = self.terraform.run(arguments);
        ran.map_err(Failure::io("run Terraform"))
    }

    fn succeed(&self, arguments: &[&str]) -> Result<(), Failure> {
        let ran = self.run(arguments)?;
        if ran.success() {
            return Ok(());
        }
        Failure::unexpected(format!("a command failed: {ran}"))
    }

    fn start(&self, arguments: &[&str], printed_to: &Path) -> Result<Child, Failure> {
        let failed = || Failure::io("start Terraform");
        let file = File::create(printed_to).map_err(failed())?;
        own_group(&mut self.terraform.command(arguments))
            .stdin(Stdio::null())
            .stdout(file.try_clone().map_err(failed())?)
            .stderr(file)
            .spawn()
            .map_err(failed())
    }

    fn write(&self, phase: Phase, generation: usize) -> Result<(), Failure> {
        fs::write(
            self.terraform.module().join("main.tf"),
            configuration(phase, generation),
        )
        .map_err(Failure::io("write a configuration"))
    }

    /// Returns the ids of the tokens in the state file, and in the one that Terraform writes if saving the
    /// state failed.
    fn ids_in_state(&self) -> BTreeSet<String> {
        let mut ids = BTreeSet::new();
        for name in ["terraform.tfstate", "errored.tfstate"] {
            let text = fs::read_to_string(self.terraform.module().join(name)).unwrap_or_default();
            let state: Value = serde_json::from_str(&text).unwrap_or_default();
            for resource in state["resources"].as_array().into_iter().flatten() {
                for instance in resource["instances"].as_array().into_iter().flatten() {
                    if resource["type"] == "motherduck_token" {
                        ids.extend(instance["attributes"]["id"].as_str().map(str::to_owned));
                    }
                }
            }
        }
        ids
    }
}

/// Waits until the command, its provider and the API requests have ended. Returns the accounts for which the
/// response to a token's creation was sent before the command ended.
fn wait_for_ends(cli: &mut Child, emulator: &EmulatorProcess) -> Result<BTreeSet<String>, Failure> {
    wait_for("the end of the command", || {
        cli.try_wait().map_err(Failure::io("wait for the command"))
    })?;
    // A response sent before the CLI ended may have reached it: the system accepts data for a process
    // that is ending.
    let responded = responded(emulator)?;
    let group = cli.id();
    wait_for("the end of the provider", || {
        Ok(processes::group_members(group).is_empty().then_some(()))
    })?;
    emulator.end_delays()?;
    wait_for("the last response", || {
        Ok((emulator.in_flight()? == 0).then_some(()))
    })?;
    Ok(responded)
}

/// Returns the accounts for which the response to a token's creation was sent.
fn responded(emulator: &EmulatorProcess) -> Result<BTreeSet<String>, Failure> {
    let requests = emulator.requests()?;
    let created = requests
        .iter()
        .filter(|request| request["method"] == "POST" && request["status"] == 200);
    // `/v1/users/USERNAME/tokens`
    let accounts = created.filter_map(|request| request["path"].as_str()?.split('/').nth(3));
    Ok(accounts.map(str::to_owned).collect())
}

/// Polls until the function returns a value.
fn wait_for<T>(what: &str, mut poll: impl FnMut() -> Result<Option<T>, Failure>) -> Result<T, Failure> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        if let Some(seen) = poll()? {
            return Ok(seen);
        }
        if Instant::now() > deadline {
            return Failure::unexpected(format!("waited {} s for {what}", TIMEOUT.as_secs()));
        }
        thread::sleep(POLLING_INTERVAL);
    }
}
