//! The steps of the demo, and the expected result of each.

use std::cell::RefCell;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use motherduck_emulator::DEFAULT_ADMIN_TOKEN;
use serde_json::Value;
use tempfile::TempDir;

use super::comparison::compare;
use super::reporter::Reporter;
use super::requests;
use super::secrets::secrets;
use crate::cli::{Cli, Environment, target_dir_of};
use crate::programs::{self, EmulatorProcess, Ended, Failure, Interrupts, Programs, build};
use crate::terraform::Terraform;
use crate::workspace;

/// Exit codes of `plan -detailed-exitcode`.
const NO_CHANGES: i32 = 0;
const CHANGES: i32 = 2;

/// Runs the demo. It fails if any step ends otherwise than expected, and removes everything in any case.
pub fn run(environment: &Environment) -> ExitCode {
    let mut reporter = Reporter::new(environment);
    match steps(environment, &mut reporter) {
        Ok(()) => {
            reporter.done();
            ExitCode::SUCCESS
        }
        Err(failure) => {
            reporter.failed(&failure);
            ExitCode::from(failure.exit_code())
        }
    }
}

fn steps(environment: &Environment, reporter: &mut Reporter) -> Result<(), Failure> {
    let interrupts = Interrupts::install().map_err(Failure::io("listen for signals"))?;
    let workspace = workspace::root();

    let programs = reporter.step("Build the provider and the emulator", |_| {
        let programs = build(environment, &workspace, &interrupts)?;
        let outcome = programs.provider.display().to_string();
        Ok((programs, outcome))
    })?;
    let cli = reporter.step("Find a Terraform or OpenTofu", |_| {
        let target = target_dir_of(&programs.provider).unwrap_or_else(|| workspace.join("target"));
        let cli = Cli::find(environment, &target)?;
        let outcome = format!("{} {}, {}", cli.name(), cli.version(), cli.program().display());
        Ok((cli, outcome))
    })?;
    let emulator = reporter.step(
        "Start the emulator, MotherDuck's REST admin API on loopback",
        |_| {
            let emulator = EmulatorProcess::start(&programs.emulator, None, &interrupts)?;
            let outcome = emulator.url();
            Ok((emulator, outcome))
        },
    )?;
    let sandbox = Sandbox::new(environment, &cli, &programs, &emulator, &interrupts, &workspace)?;
    let before = emulator.accounts()?;

    reporter.step("init: install the provider as a user would", |reporter| {
        sandbox.succeed(reporter, &["init", "-input=false"])?;
        Ok(done("the provider is installed from a local mirror"))
    })?;
    reporter.step("plan: show what would be created", |reporter| {
        let output = sandbox.plan(reporter, CHANGES, &["-out=demo.tfplan"])?;
        if !output.contains("(sensitive value)") {
            return Failure::unexpected("the plan does not mark the tokens as sensitive");
        }
        Ok(done("nothing exists yet, and the tokens will be sensitive"))
    })?;
    reporter.step("apply: the saved plan", |reporter| {
        sandbox.succeed(reporter, &["apply", "-input=false", "demo.tfplan"])?;
        sandbox.store_secrets()?;
        Ok(done(sandbox.compare_with_api()?))
    })?;
    reporter.step("plan: expect no changes", |reporter| {
        sandbox.plan(reporter, NO_CHANGES, &[])?;
        Ok(done("no changes"))
    })?;
    reporter.step("destroy", |reporter| {
        sandbox.succeed(reporter, &["destroy", "-input=false", "-auto-approve"])?;
        Ok(done("everything that was created is deleted"))
    })?;
    reporter.step(
        "Requests that the API received, and objects that remain",
        |reporter| {
            for line in requests::lines(&emulator.requests()?) {
                reporter.quote(line);
            }
            if emulator.accounts()? != before {
                return Failure::unexpected("the organization is not as it was before the demo");
            }
            if !sandbox.addresses()?.is_empty() {
                return Failure::unexpected("Terraform's state is not empty");
            }
            let hidden = sandbox.check_secrets()?;
            Ok(done(format!(
                "the state is empty, no created object remains, and none of the {hidden} tokens was printed"
            )))
        },
    )
}

/// Returns the result of a step that is only printed.
fn done(outcome: impl Into<String>) -> ((), String) {
    ((), outcome.into())
}

/// Terraform in its scratch folder, the emulator, and all output so far.
struct Sandbox<'a> {
    terraform: Terraform,
    emulator: &'a EmulatorProcess,
    interrupts: &'a Interrupts,
    transcript: RefCell<String>,
    secrets: RefCell<Vec<String>>,
    /// Removed when the sandbox is dropped.
    _scratch: TempDir,
}

impl<'a> Sandbox<'a> {
    fn new(
        environment: &Environment,
        cli: &Cli,
        programs: &Programs,
        emulator: &'a EmulatorProcess,
        interrupts: &'a Interrupts,
        workspace: &Path,
    ) -> Result<Self, Failure> {
        let scratch = tempfile::Builder::new()
            .prefix("motherduck-demo-")
            .tempdir()
            .map_err(Failure::io("create a scratch folder"))?;
        let mut terraform = Terraform::new(cli, environment, &programs.provider, scratch.path())
            .map_err(Failure::io("lay out the scratch folder"))?;
        terraform
            .set("MOTHERDUCK_ADMIN_TOKEN", DEFAULT_ADMIN_TOKEN)
            .set("MOTHERDUCK_API_BASE_URL", emulator.url());
        copy_configuration(&workspace.join("examples/quickstart"), &terraform.module())
            .map_err(Failure::io("copy examples/quickstart"))?;
        Ok(Self {
            terraform,
            emulator,
            interrupts,
            transcript: RefCell::default(),
            secrets: RefCell::default(),
            _scratch: scratch,
        })
    }

    /// Runs a command, which must succeed, and prints its output.
    fn succeed(&self, reporter: &Reporter, arguments: &[&str]) -> Result<(), Failure> {
        let ended = self.show(reporter, arguments)?;
        if !ended.status.success() {
            return Failure::unexpected(format!("`{}` failed: {}", arguments[0], ended.status));
        }
        Ok(())
    }

    /// Plans, prints the output and expects this exit code of `-detailed-exitcode`. Returns the output.
    fn plan(&self, reporter: &Reporter, expected: i32, more: &[&str]) -> Result<String, Failure> {
        let arguments = [&["plan", "-input=false", "-detailed-exitcode"], more].concat();
        let ended = self.show(reporter, &arguments)?;
        match ended.status.code() {
            Some(code) if code == expected => Ok(ended.stdout),
            Some(NO_CHANGES) => Failure::unexpected("`plan` has no changes, but changes are expected"),
            Some(CHANGES) => Failure::unexpected("`plan` has changes, but no changes are expected"),
            _ => Failure::unexpected(format!("`plan` failed: {}", ended.status)),
        }
    }

    fn show(&self, reporter: &Reporter, arguments: &[&str]) -> Result<Ended, Failure> {
        let colour = if reporter.colour() {
            &[][..]
        } else {
            &["-no-color"]
        };
        let mut command = self.terraform.command(arguments.iter().copied().take(1));
        command.args(colour).args(&arguments[1..]);
        let ended = programs::run(&mut command, self.interrupts, |line| reporter.quote(line))?;
        let mut transcript = self.transcript.borrow_mut();
        transcript.push_str(&ended.stdout);
        transcript.push_str(&ended.stderr);
        Ok(ended)
    }

    /// Runs a command and returns its output without printing it.
    fn output_of(&self, arguments: &[&str]) -> Result<String, Failure> {
        let mut command = self.terraform.command(arguments);
        let ended = programs::run(&mut command, self.interrupts, |_| ())?;
        if !ended.status.success() {
            return Failure::unexpected(format!("`{}` failed: {}", arguments.join(" "), ended.stderr));
        }
        Ok(ended.stdout)
    }

    fn addresses(&self) -> Result<Vec<String>, Failure> {
        Ok(self
            .output_of(&["state", "list"])?
            .lines()
            .map(str::to_owned)
            .collect())
    }

    /// Compares Terraform's state with the API. Returns a sentence which says that they agree.
    fn compare_with_api(&self) -> Result<String, Failure> {
        let state: Value = serde_json::from_str(&self.output_of(&["show", "-json"])?)
            .map_err(|error| Failure::Unexpected(format!("`show -json` is not JSON: {error}")))?;
        compare(&state, &self.emulator.accounts()?).map_err(Failure::Unexpected)
    }

    /// Stores the values of the sensitive outputs for the final search.
    fn store_secrets(&self) -> Result<(), Failure> {
        let outputs: Value = serde_json::from_str(&self.output_of(&["output", "-json"])?)
            .map_err(|error| Failure::Unexpected(format!("`output -json` is not JSON: {error}")))?;
        let found = secrets(&outputs)
            .map_err(|name| Failure::Unexpected(format!("the output {name} is not marked sensitive")))?;
        if found.is_empty() {
            return Failure::unexpected("no output holds a token");
        }
        self.secrets.replace(found);
        Ok(())
    }

    /// Checks that no output so far contains a secret. Returns the number of secrets.
    fn check_secrets(&self) -> Result<usize, Failure> {
        let transcript = self.transcript.borrow();
        let secrets = self.secrets.borrow();
        let shown = secrets
            .iter()
            .map(String::as_str)
            .chain([DEFAULT_ADMIN_TOKEN])
            .any(|secret| transcript.contains(secret));
        if shown {
            return Failure::unexpected("a secret was printed in the output above");
        }
        Ok(secrets.len())
    }
}

/// Copies only the configuration files, because trying the example by hand may have left other files beside
/// them.
fn copy_configuration(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        if let (Some("tf"), Some(name)) = (path.extension().and_then(|it| it.to_str()), path.file_name()) {
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}
