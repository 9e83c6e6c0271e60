//! A story's stage: a configuration, a Terraform to run on it, and an emulator for it to change.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};

use motherduck_emulator::{DEFAULT_ADMIN_TOKEN, Emulator, Listening};
use serde_json::Value;
use tempfile::TempDir;
use xtask::cli::{Cli, Environment, target_dir_of};
use xtask::terraform::{Run, Terraform};

use super::{Outcome, Plan};

/// The `terraform` block that every configuration needs.
pub(crate) const VERSIONS: &str = r#"
terraform {
  required_providers {
    motherduck = {
      source = "motherduck-rs/motherduck"
    }
  }
}
"#;

/// The first version with all that the stories use: `removed` blocks came last.
const OLDEST: [u32; 2] = [1, 7];

const PROVIDER_BINARY: &str = env!("CARGO_BIN_EXE_terraform-provider-motherduck");
/// The name of the file that saved plans go to.
const SAVED_PLAN: &str = "saved.tfplan";

/// A folder with a configuration, in which the provider is installed, and the emulator it talks to.
///
/// The provider gets the emulator's address and token from the environment, so that a configuration without a
/// provider block works. A story that fails prints all commands so far and what the API saw.
pub(crate) struct Story {
    emulator: Option<Listening>,
    terraform: Terraform,
    /// Arguments and result of each command so far.
    runs: Mutex<Vec<(String, Run)>>,
    /// Removed at last, when nothing uses it any more.
    _folder: TempDir,
}

impl Story {
    /// A story with this `main.tf` and an emulator as it is by default.
    #[track_caller]
    pub(crate) fn new(main: &str) -> Self {
        Self::with(Emulator::builder(), main)
    }

    /// The same with an emulator of one's own making.
    #[track_caller]
    pub(crate) fn with(emulator: Emulator, main: &str) -> Self {
        let story = Self::without_init(emulator);
        story.write("versions.tf", VERSIONS);
        story.main(main);
        story.run(["init"]);
        story
    }

    /// A stage without a configuration: `init` is still to come.
    #[track_caller]
    pub(crate) fn without_init(emulator: Emulator) -> Self {
        let emulator = emulator.start_blocking().unwrap();
        // Beside the build's own files, where the provider can be linked to instead of copied.
        let folder = tempfile::Builder::new()
            .prefix("story-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .unwrap();
        let environment = Environment::of_process();
        let mut terraform =
            Terraform::new(cli(), &environment, Path::new(PROVIDER_BINARY), folder.path()).unwrap();
        terraform.set("TF_CLI_ARGS", "-no-color");
        terraform.set("MOTHERDUCK_API_BASE_URL", emulator.url());
        terraform.set("MOTHERDUCK_ADMIN_TOKEN", DEFAULT_ADMIN_TOKEN);
        Self {
            emulator: Some(emulator),
            terraform,
            runs: Mutex::default(),
            _folder: folder,
        }
    }

    /// Writes `main.tf`.
    pub(crate) fn main(&self, text: &str) {
        self.write("main.tf", text);
    }

    /// Writes a file, making the folders it is in.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The path of a file of the configuration.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.terraform.module().join(name)
    }

    /// Sets a variable for the commands that follow; an empty one counts as unset for the provider.
    pub(crate) fn set(&mut self, name: &str, value: impl AsRef<OsStr>) {
        self.terraform.set(name, value);
    }

    /// The emulator.
    #[track_caller]
    pub(crate) fn emulator(&self) -> &Listening {
        self.emulator.as_ref().expect("the emulator was stopped")
    }

    /// From here on nobody answers at the API's address.
    pub(crate) fn stop_emulator(&mut self) {
        self.emulator = None;
    }

    /// A command that is still to be started.
    pub(crate) fn command<const N: usize>(&self, arguments: [&str; N]) -> Command {
        self.terraform.command(arguments)
    }

    /// Runs a command that has to succeed.
    #[track_caller]
    pub(crate) fn run<'a>(&self, arguments: impl AsRef<[&'a str]>) -> Outcome {
        self.expect(0, arguments.as_ref())
    }

    /// Runs a command that has to fail.
    #[track_caller]
    pub(crate) fn fail<'a>(&self, arguments: impl AsRef<[&'a str]>) -> Outcome {
        self.expect(1, arguments.as_ref())
    }

    #[track_caller]
    fn expect(&self, exit_code: i32, arguments: &[&str]) -> Outcome {
        let run = self.terraform.run(arguments).unwrap();
        let outcome = Outcome::new(&run);
        let code = run.status.code();
        self.runs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((arguments.join(" "), run));
        assert_eq!(code, Some(exit_code), "exit code of {arguments:?}");
        outcome
    }

    /// Plans and applies.
    #[track_caller]
    pub(crate) fn apply(&self) -> Outcome {
        self.run(["apply", "-auto-approve"])
    }

    /// Plans and applies, which has to fail.
    #[track_caller]
    pub(crate) fn apply_fails(&self) -> Outcome {
        self.fail(["apply", "-auto-approve"])
    }

    /// Plans the end of everything and applies that.
    #[track_caller]
    pub(crate) fn destroy(&self) -> Outcome {
        self.run(["destroy", "-auto-approve"])
    }

    /// Makes a plan and saves it.
    #[track_caller]
    pub(crate) fn plan(&self) -> Plan {
        self.plan_with([])
    }

    /// The same with further arguments.
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

    /// Plans, and expects nothing to do and nothing to say.
    #[track_caller]
    pub(crate) fn expect_clean(&self) {
        let outcome = self.run(["plan", "-detailed-exitcode"]);
        outcome.hides("Warning:");
    }

    /// The attributes of a resource in the state.
    #[track_caller]
    pub(crate) fn resource(&self, address: &str) -> Value {
        let state = self.state();
        resources(&state["values"]["root_module"])
            .find(|resource| resource["address"] == address)
            .unwrap_or_else(|| panic!("{address} is not in the state"))["values"]
            .clone()
    }

    /// An attribute of a resource in the state, as text.
    #[track_caller]
    pub(crate) fn text(&self, address: &str, attribute: &str) -> String {
        let value = &self.resource(address)[attribute];
        value
            .as_str()
            .unwrap_or_else(|| panic!("{address}.{attribute} is {value}"))
            .to_owned()
    }

    /// What `show -json` says of the state.
    #[track_caller]
    pub(crate) fn state(&self) -> Value {
        self.run(["show", "-json"]).json()
    }

    /// The addresses of everything in the state, sorted.
    #[track_caller]
    pub(crate) fn addresses(&self) -> Vec<String> {
        let state = self.state();
        let mut addresses: Vec<String> = resources(&state["values"]["root_module"])
            .map(|resource| resource["address"].as_str().unwrap().to_owned())
            .collect();
        addresses.sort();
        addresses
    }
}

/// The resources of a module and of all below it.
fn resources(module: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    let here = module["resources"].as_array().into_iter().flatten();
    let below = module["child_modules"].as_array().into_iter().flatten();
    Box::new(here.chain(below.flat_map(resources)))
}

/// The program that all stories run. There is none to skip for: without one every story fails and says what
/// to install.
#[track_caller]
fn cli() -> &'static Cli {
    static CLI: OnceLock<Result<Cli, String>> = OnceLock::new();
    let found = CLI.get_or_init(|| {
        let target = target_dir_of(Path::new(PROVIDER_BINARY)).ok_or("the build has no target folder")?;
        let cli = Cli::find(&Environment::of_process(), &target).map_err(|error| error.to_string())?;
        if is_older(cli.version(), OLDEST) {
            return Err(format!(
                "the stories use what {name} has from {}.{} on, and {} is {name} {}; put a newer one on PATH or name one in \
                 TF_ACC_TERRAFORM_PATH",
                OLDEST[0],
                OLDEST[1],
                cli.program().display(),
                cli.version(),
                name = cli.name(),
            ));
        }
        Ok(cli)
    });
    match found {
        Ok(cli) => cli,
        Err(why) => panic!("{why}"),
    }
}

/// All the evidence at once, where a story has failed.
impl Drop for Story {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        for (arguments, run) in self.runs.get_mut().unwrap_or_else(PoisonError::into_inner) {
            eprintln!("$ {} {arguments}\n{}", cli().name().to_lowercase(), run.status);
            eprintln!("--- stdout\n{}\n--- stderr\n{}", run.stdout, run.stderr);
        }
        if self.emulator.is_some() {
            eprintln!("--- what the API saw since it was last asked to forget");
            for request in self.sent() {
                eprintln!("{request}");
            }
        }
    }
}

/// Whether a version such as `1.11.4` comes before this major and minor one.
fn is_older(version: &str, oldest: [u32; 2]) -> bool {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    [parts.next().unwrap_or(0), parts.next().unwrap_or(0)] < oldest
}
