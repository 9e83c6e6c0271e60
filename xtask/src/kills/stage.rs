//! One strike: runs the command, strikes, and examines the result.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use motherduck_emulator::DEFAULT_ADMIN_TOKEN;
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::kinds::{Kind, Phase, Victim};
use super::outcome::Outcome;
use super::processes;
use crate::cli::{Cli, Environment};
use crate::programs::{Emulator, Failure, Interrupts, Programs, own_group};
use crate::terraform::Terraform;

/// The prefix of provider program names.
const PROVIDER: &str = "terraform-provider-";

/// The number of tokens. Each belongs to its own account, so that the path of a request identifies the token.
const TOKENS: usize = 20;

/// One in this many tokens has `name_prefix` instead of `name`.
const PREFIXED: usize = 4;

/// The deadline of a command and of every wait after it.
const PATIENCE: Duration = Duration::from_secs(180);

/// The time between the first and the second Ctrl-C.
const BETWEEN_SIGNALS: Duration = Duration::from_millis(300);

/// The polling interval.
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// The maximum number of runs until the plan is empty.
const RUNS: usize = 5;

/// A folder for consecutive strikes.
pub(super) struct Stage {
    terraform: Terraform,
    folder: TempDir,
    emulator: PathBuf,
}

/// A token in the emulator.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Token {
    id: String,
    name: String,
    username: String,
}

impl Token {
    /// Whether one of the messages names the token, by its id or by its user and name.
    fn is_named_in(&self, messages: &[String]) -> bool {
        messages.iter().any(|message| {
            message.contains(&self.id) || message.contains(&self.username) && message.contains(&self.name)
        })
    }

    /// Describes the token and the requests for its account.
    fn describe(&self, requests: &[Value]) -> String {
        let path = format!("/v1/users/{}/", self.username);
        let calls: Vec<String> = requests
            .iter()
            .filter(|request| {
                request["path"]
                    .as_str()
                    .is_some_and(|sent| sent.starts_with(&path))
            })
            .map(|request| {
                let method = request["method"].as_str().unwrap_or_default();
                format!("{method} {} in {} ms", request["status"], request["ms"])
            })
            .collect();
        format!(
            "{} {} of {}: {}",
            self.id,
            self.name,
            self.username,
            calls.join(", ")
        )
    }
}

impl Stage {
    pub(super) fn new(cli: &Cli, environment: &Environment, programs: &Programs) -> Result<Self, Failure> {
        let folder = tempfile::Builder::new()
            .prefix("kills-")
            .tempdir()
            .map_err(Failure::io("make a folder"))?;
        let mut terraform = Terraform::new(cli, environment, &programs.provider, folder.path())
            .map_err(Failure::io("lay out a folder for Terraform"))?;
        terraform.set("TF_CLI_ARGS", "-no-color");
        terraform.set("MOTHERDUCK_ADMIN_TOKEN", DEFAULT_ADMIN_TOKEN);
        let stage = Self {
            terraform,
            folder,
            emulator: programs.emulator.clone(),
        };
        stage.write(Phase::Create, 1)?;
        stage.succeed(&["init"])?;
        Ok(stage)
    }

    pub(super) fn strike(&mut self, kind: Kind, phase: Phase, moment: Duration) -> Result<Outcome, Failure> {
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
        let mut emulator = Emulator::start(&self.emulator, Some(&state), &Interrupts::default())?;
        let users: Vec<Value> = (0..TOKENS)
            .map(|number| json!({ "username": username(number), "is_service_account": true }))
            .collect();
        emulator.put("seed", &json!({ "users": users }))?;
        self.terraform.set("MOTHERDUCK_API_BASE_URL", emulator.url());

        self.write(phase, 1)?;
        let command: &[&str] = match phase {
            Phase::Create | Phase::Ephemeral => &["apply", "-auto-approve", "-parallelism=20"],
            Phase::Replace => {
                self.succeed(&["apply", "-auto-approve", "-parallelism=20"])?;
                self.write(phase, 2)?;
                &["apply", "-auto-approve", "-parallelism=20"]
            }
            Phase::Destroy => {
                self.succeed(&["apply", "-auto-approve", "-parallelism=20"])?;
                &["destroy", "-auto-approve", "-parallelism=20"]
            }
        };
        let before = live_tokens(&emulator)?;
        let held_before = self.held();
        emulator.forget_requests()?;
        emulator.delay_writes()?;

        let printed_to = self.folder.path().join("printed.log");
        let mut cli = self.start(command, &printed_to)?;
        wait_for("the first write", || {
            let is_over = matches!(cli.try_wait(), Ok(Some(_)) | Err(_));
            Ok((is_over || emulator.under_way()? > 0).then_some(()))
        })?;
        thread::sleep(moment);
        let in_flight = emulator.under_way()? > 0;
        Self::hit(kind, cli.id(), &mut emulator)?;
        wait_for("the end of the command", || {
            cli.try_wait().map_err(Failure::io("wait for the command"))
        })?;
        // A response sent before the CLI ended may have reached it: the system accepts data for a process
        // that is ending.
        let responded = responded(&emulator)?;
        let group = cli.id();
        wait_for("the end of the provider", || {
            Ok(processes::of_group(group).is_empty().then_some(()))
        })?;
        emulator.end_delays()?;
        wait_for("the last response", || {
            Ok((emulator.under_way()? == 0).then_some(()))
        })?;

        let printed = fs::read_to_string(&printed_to).map_err(Failure::io("read what was printed"))?;
        let mut messages = diagnostics(&printed);
        let held = self.held();
        let left: Vec<Token> = live_tokens(&emulator)?
            .difference(&before)
            .filter(|token| !held.contains(&token.id))
            .cloned()
            .collect();
        let live: BTreeSet<String> = live_tokens(&emulator)?
            .into_iter()
            .map(|token| token.id)
            .collect();
        let lost: Vec<String> = held_before
            .iter()
            .filter(|id| live.contains(*id) && !held.contains(*id))
            .cloned()
            .collect();
        let (delivered, others): (Vec<&Token>, Vec<&Token>) = left
            .iter()
            .partition(|token| kind.silences_the_cli() && responded.contains(&token.username));
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

    fn hit(kind: Kind, group: u32, emulator: &mut Emulator) -> Result<(), Failure> {
        let Some((signals, victim)) = kind.signals() else {
            return emulator.kill_and_restart();
        };
        let (providers, others): (Vec<_>, Vec<_>) = processes::of_group(group)
            .into_iter()
            .partition(|pid| processes::runs(*pid, PROVIDER));
        for (number, signal) in signals.iter().enumerate() {
            if number > 0 {
                thread::sleep(BETWEEN_SIGNALS);
            }
            // The provider is killed last if both are killed, so that it cannot detect the end of its host.
            if *signal == Signal::SIGKILL && victim == Victim::Both {
                processes::signal(&providers, *signal);
                processes::signal(&others, *signal);
                continue;
            }
            if victim != Victim::Provider {
                processes::signal(&others, *signal);
            }
            if victim != Victim::Cli {
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
        emulator: &Emulator,
        left: &[Token],
        messages: &mut Vec<String>,
    ) -> Result<Option<usize>, Failure> {
        for run in 1..=RUNS {
            let verb = if phase == Phase::Destroy {
                "destroy"
            } else {
                "apply"
            };
            let ran = self.run(&[verb, "-auto-approve", "-parallelism=20"])?;
            messages.extend(diagnostics(&ran.1));
            let (is_empty, _) = match phase {
                Phase::Destroy => self.run(&["plan", "-destroy", "-detailed-exitcode"])?,
                _ => self.run(&["plan", "-detailed-exitcode"])?,
            };
            if ran.0 && is_empty {
                return Ok(Some(run));
            }
            for token in left.iter().filter(|token| token.is_named_in(messages)) {
                // The run may have revoked it already.
                let _ = emulator.revoke(&token.username, &token.id);
            }
        }
        Ok(None)
    }

    /// Returns whether a command succeeded, and its output.
    fn run(&self, arguments: &[&str]) -> Result<(bool, String), Failure> {
        let ran = self
            .terraform
            .run(arguments)
            .map_err(Failure::io("run Terraform"))?;
        Ok((ran.success(), format!("{}\n{}", ran.stdout, ran.stderr)))
    }

    fn succeed(&self, arguments: &[&str]) -> Result<(), Failure> {
        match self.run(arguments)? {
            (true, _) => Ok(()),
            (false, printed) => {
                Failure::unexpected(format!("`terraform {}` failed:\n{printed}", arguments.join(" ")))
            }
        }
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
    fn held(&self) -> BTreeSet<String> {
        let mut held = BTreeSet::new();
        for name in ["terraform.tfstate", "errored.tfstate"] {
            let text = fs::read_to_string(self.terraform.module().join(name)).unwrap_or_default();
            let state: Value = serde_json::from_str(&text).unwrap_or_default();
            for resource in state["resources"].as_array().into_iter().flatten() {
                for instance in resource["instances"].as_array().into_iter().flatten() {
                    if resource["type"] == "motherduck_token" {
                        held.extend(instance["attributes"]["id"].as_str().map(str::to_owned));
                    }
                }
            }
        }
        held
    }
}

fn username(number: usize) -> String {
    format!("svc_{number:02}")
}

fn configuration(phase: Phase, generation: usize) -> String {
    let mut text = String::from(
        "terraform {\n  required_providers {\n    motherduck = { source = \"motherduck-rs/motherduck\" }\n  }\n}\n\n",
    );
    for number in 0..TOKENS {
        let name = if number % PREFIXED == 0 {
            "name_prefix = \"run-\""
        } else {
            "name = \"loader\""
        };
        let kind = if phase == Phase::Ephemeral {
            "ephemeral"
        } else {
            "resource"
        };
        let keepers = if phase == Phase::Ephemeral {
            String::new()
        } else {
            format!("  keepers = {{ generation = \"{generation}\" }}\n")
        };
        let _ = write!(
            text,
            "{kind} \"motherduck_token\" \"t{number:02}\" {{\n  username = \"{}\"\n  {name}\n  ttl = 3600\n{keepers}}}\n",
            username(number)
        );
    }
    if phase == Phase::Ephemeral {
        // Another resource uses the ephemeral tokens, so that they stay open for a while.
        let all: Vec<String> = (0..TOKENS)
            .map(|number| format!("ephemeral.motherduck_token.t{number:02}.token"))
            .collect();
        let _ = write!(
            text,
            "resource \"terraform_data\" \"use\" {{\n  provisioner \"local-exec\" {{\n    command     = \"sleep 1\"\n    \
             environment = {{ TOKENS = join(\",\", [{}]) }}\n  }}\n}}\n",
            all.join(", ")
        );
    }
    text
}

/// Returns the live tokens of the accounts.
fn live_tokens(emulator: &Emulator) -> Result<BTreeSet<Token>, Failure> {
    let mut tokens = BTreeSet::new();
    for account in emulator.accounts()? {
        let username = account["username"].as_str().unwrap_or_default();
        if !username.starts_with("svc_") {
            continue;
        }
        for token in account["tokens"].as_array().into_iter().flatten() {
            if token["expired"] == false {
                tokens.insert(Token {
                    id: token["id"].as_str().unwrap_or_default().to_owned(),
                    name: token["name"].as_str().unwrap_or_default().to_owned(),
                    username: username.to_owned(),
                });
            }
        }
    }
    Ok(tokens)
}

/// Returns the accounts for which the response to a token's creation was sent.
fn responded(emulator: &Emulator) -> Result<BTreeSet<String>, Failure> {
    let requests = emulator.requests()?;
    let created = requests
        .iter()
        .filter(|request| request["method"] == "POST" && request["status"] == 200);
    // `/v1/users/USERNAME/tokens`
    let accounts = created.filter_map(|request| request["path"].as_str()?.split('/').nth(3));
    Ok(accounts.map(str::to_owned).collect())
}

/// Returns the errors and warnings in the output of a command, with single blanks as white space. Progress
/// messages are ignored.
fn diagnostics(printed: &str) -> Vec<String> {
    let mut messages: Vec<String> = Vec::new();
    for line in printed.lines() {
        let is_progress =
            line.starts_with("motherduck_token.") || line.starts_with("ephemeral.motherduck_token.");
        if line.starts_with("Error: ") || line.starts_with("Warning: ") {
            messages.push(line.to_owned());
        } else if let Some(message) = messages.last_mut().filter(|_| !is_progress) {
            message.push(' ');
            message.push_str(line);
        }
    }
    let words = |message: &String| message.split_whitespace().collect::<Vec<_>>().join(" ");
    messages.iter().map(words).collect()
}

/// Polls until the function returns a value.
fn wait_for<T>(what: &str, mut look: impl FnMut() -> Result<Option<T>, Failure>) -> Result<T, Failure> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look()? {
            return Ok(seen);
        }
        if Instant::now() > deadline {
            return Failure::unexpected(format!("waited {} s for {what}", PATIENCE.as_secs()));
        }
        thread::sleep(BETWEEN_LOOKS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_named_by_a_message_and_not_by_progress() {
        let printed = "motherduck_token.t00: Creation complete [id=7]\n\nError: svc_01 has a token\n  named loader already\n\n\
                    Warning: see 8\n\nmotherduck_token.t00: Still creating [id=7]\n";
        let messages = diagnostics(printed);
        assert_eq!(
            messages,
            ["Error: svc_01 has a token named loader already", "Warning: see 8"]
        );

        let token = |id: &str, username: &str| Token {
            id: id.to_owned(),
            name: "loader".to_owned(),
            username: username.to_owned(),
        };
        assert!(token("1", "svc_01").is_named_in(&messages));
        assert!(token("8", "svc_02").is_named_in(&messages));
        assert!(!token("7", "svc_00").is_named_in(&messages));
    }
}
