//! A story: a configuration, a Terraform, and an emulator.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use motherduck_contract::{CheckedEmulator, Secrets};
use motherduck_emulator::{DEFAULT_ADMIN_TOKEN, Emulator, EmulatorBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use tempfile::TempDir;
use xtask::cli::{Cli, Environment, Feature};
use xtask::terraform::{REQUIRED_PROVIDERS, Run, Terraform};

use super::leaks::{Leaks, logs_and_generated, public_output};
use super::{Outcome, program};

/// The default admin token of stories. It contains characters that some encoding escapes, to test that the
/// search for leaks finds every encoding.
pub(crate) const ADMIN_TOKEN: &str = r#"kT9/w+Q2v"xL&5Zr=7<Hd>8s~Jp4\nB6yFg"#;

/// Environment variables that may contain a secret.
const SECRET_VARIABLES: [&str; 3] = ["MOTHERDUCK_ADMIN_TOKEN", "MOTHERDUCK_TOKEN", "TF_VAR_admin_token"];

/// A folder with a configuration, in which the provider is installed, and the emulator that it calls.
///
/// The provider reads the emulator's address and token from the environment, so a configuration needs no
/// provider block. A story that fails prints all commands so far and the requests that the API received.
///
/// All commands log at TRACE. At its end each story searches for its secrets: in the printed output and the
/// logs of commands, in their plans as JSON, and in the arguments and environment of the provider.
pub(crate) struct Story {
    emulator: Option<CheckedEmulator>,
    /// The secrets of this emulator and of others.
    secrets: Mutex<Vec<Secrets>>,
    /// The secrets in the environment, which a started provider inherits.
    in_environment: Vec<SecretString>,
    /// The files that the story itself has written.
    written: Mutex<BTreeSet<PathBuf>>,
    pub(super) terraform: Terraform,
    /// The arguments and result of each command so far.
    pub(super) runs: Mutex<Vec<(String, Run)>>,
    /// The number of files with the output of commands that the story has started itself.
    output_files: AtomicUsize,
    /// Dropped last, because the other fields use it.
    folder: TempDir,
}

impl Story {
    /// A story with this `main.tf` and a default emulator.
    #[track_caller]
    pub(crate) fn new(main: &str) -> Self {
        Self::with(Emulator::builder(), main)
    }

    /// A story with this `main.tf` and emulator.
    #[track_caller]
    pub(crate) fn with(emulator: EmulatorBuilder, main: &str) -> Self {
        let story = Self::without_init(emulator);
        story.init(main);
        story
    }

    /// A story without a configuration, before `init`.
    #[track_caller]
    pub(crate) fn without_init(emulator: EmulatorBuilder) -> Self {
        Self::on(program::usual(), emulator)
    }

    /// Like [`Story::new`], for a feature that not every version has: a program that is too old is replaced
    /// by a newer one. The story's file is in the folder named after Terraform's first version with the
    /// feature.
    #[track_caller]
    pub(crate) fn since(feature: Feature, main: &str) -> Self {
        Self::since_with(feature, Emulator::builder(), main)
    }

    /// Like [`Story::with`], for a feature that not every version has.
    #[track_caller]
    pub(crate) fn since_with(feature: Feature, emulator: EmulatorBuilder, main: &str) -> Self {
        let story = Self::since_without_init(feature, emulator);
        story.init(main);
        story
    }

    /// Like [`Story::without_init`], for a feature that not every version has.
    #[track_caller]
    pub(crate) fn since_without_init(feature: Feature, emulator: EmulatorBuilder) -> Self {
        Self::on(program::with(feature), emulator)
    }

    fn on(cli: &Cli, emulator: EmulatorBuilder) -> Self {
        let emulator = if emulator.admin_secret().expose_secret() == DEFAULT_ADMIN_TOKEN {
            emulator.admin_token(ADMIN_TOKEN)
        } else {
            emulator
        };
        let emulator = CheckedEmulator::start_blocking(emulator).unwrap();
        // On the file system of the build the provider can be linked instead of copied.
        let folder = tempfile::Builder::new()
            .prefix("story-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .unwrap();
        let environment = Environment::of_process();
        let provider = program::write_recording_wrapper(folder.path());
        let mut terraform = Terraform::new(cli, &environment, &provider, folder.path()).unwrap();
        terraform.set("TF_CLI_ARGS", "-no-color");
        terraform.set("TF_LOG", "TRACE");
        terraform.set("TF_LOG_PATH", folder.path().join("trace.log"));
        let url = emulator.url();
        let mut story = Self {
            secrets: Mutex::new(vec![emulator.secrets()]),
            emulator: Some(emulator),
            in_environment: Vec::new(),
            written: Mutex::default(),
            terraform,
            runs: Mutex::default(),
            output_files: AtomicUsize::default(),
            folder,
        };
        story.set("MOTHERDUCK_API_BASE_URL", url);
        story.set("MOTHERDUCK_ADMIN_TOKEN", ADMIN_TOKEN);
        story
    }

    /// Writes `main.tf` and `versions.tf`, and runs `init`.
    #[track_caller]
    pub(crate) fn init(&self, main: &str) {
        self.write("versions.tf", REQUIRED_PROVIDERS);
        self.write_main(main);
        self.run(["init"]);
    }

    /// Writes `main.tf`.
    pub(crate) fn write_main(&self, text: &str) {
        self.write("main.tf", text);
    }

    /// Writes a file and creates its folders.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        lock(&self.written).insert(path);
    }

    /// Writes a program, such as a shell script, which the configuration runs.
    pub(crate) fn write_program(&self, name: &str, text: &str) {
        self.write(name, text);
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Returns the path of a file of the configuration.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.terraform.module().join(name)
    }

    /// Sets a variable for the following commands. The provider treats an empty one as unset.
    pub(crate) fn set(&mut self, name: &str, value: impl AsRef<OsStr>) {
        if let Some(secret) = value.as_ref().to_str()
            && (SECRET_VARIABLES.contains(&name) || name.ends_with("_admin_token"))
            && !secret.is_empty()
        {
            self.in_environment.push(secret.into());
        }
        self.terraform.set(name, value);
    }

    /// Writes the logs of the following commands, from this level on, to a file of the configuration's folder,
    /// and returns its path.
    pub(crate) fn log_to(&mut self, name: &str, level: &str) -> PathBuf {
        let path = self.path(name);
        self.set("TF_LOG", level);
        self.set("TF_LOG_PATH", &path);
        path
    }

    /// Starts another emulator, whose secrets are searched for too.
    #[track_caller]
    pub(crate) fn start_another_emulator(&self, emulator: EmulatorBuilder) -> CheckedEmulator {
        let emulator = CheckedEmulator::start_blocking(emulator).unwrap();
        lock(&self.secrets).push(emulator.secrets());
        emulator
    }

    /// Returns the path of a new file for the output of a command that the story starts itself. The file is
    /// searched for secrets.
    pub(crate) fn output_file(&self) -> PathBuf {
        let number = self.output_files.fetch_add(1, Ordering::Relaxed);
        self.folder.path().join(format!("output-{number}.log"))
    }

    /// Returns the output of a command that the story has started itself. It is searched for secrets.
    pub(crate) fn record(&self, output: &Output) -> Outcome {
        let both = [&*output.stdout, b"\n", &output.stderr].concat();
        fs::write(self.output_file(), both).unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Outcome::new(text(&output.stdout), &text(&output.stderr))
    }

    /// Searches for secrets in all places that must not contain them, and returns the places with one.
    fn leaks(&self) -> Vec<String> {
        let of_emulators: Vec<SecretString> = lock(&self.secrets).iter().flat_map(Secrets::all).collect();
        let of_environment: Vec<&str> = expose(&self.in_environment).collect();
        let everywhere = Leaks::of(expose(&of_emulators).chain(of_environment.iter().copied()));
        let inherited = Leaks::of(expose(&of_emulators).filter(|secret| !of_environment.contains(secret)));

        let mut found = Vec::new();
        let mut search = |leaks: &Leaks, place: &str, text: &[u8]| {
            found.extend(leaks.first_in(text).map(|line| format!("{place}, {line}")));
        };
        for (arguments, run) in lock(&self.runs).iter() {
            let stdout = public_output(arguments, &run.stdout);
            search(
                &everywhere,
                &format!("standard output of `{arguments}`"),
                stdout.as_bytes(),
            );
            search(
                &everywhere,
                &format!("standard error of `{arguments}`"),
                run.stderr.as_bytes(),
            );
        }
        for path in logs_and_generated(self.folder.path(), &lock(&self.written)) {
            let leaks = match path.file_name() {
                Some(name) if name == program::ENVIRONMENTS => &inherited,
                _ => &everywhere,
            };
            search(
                leaks,
                &path.display().to_string(),
                &fs::read(&path).unwrap_or_default(),
            );
        }
        found
    }

    /// Installs a stand-in for another provider, such as `hashicorp/random`, for `init`, which reads only its
    /// schema.
    #[track_caller]
    pub(crate) fn install_stand_in(&self, provider: &str) {
        self.terraform
            .install(provider, "0.0.1", Path::new(program::PROVIDER))
            .unwrap();
    }

    /// Returns the name of the program: `Terraform` or `OpenTofu`.
    pub(crate) fn cli_name(&self) -> &str {
        self.terraform.cli().name()
    }

    /// Returns the emulator.
    #[track_caller]
    pub(crate) fn emulator(&self) -> &Emulator {
        self.emulator.as_deref().expect("the emulator was stopped")
    }

    /// Stops the emulator. Afterwards no server listens at the API's address.
    pub(crate) fn stop_emulator(&mut self) {
        self.emulator = None;
    }
}

pub(super) fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn expose(secrets: &[SecretString]) -> impl Iterator<Item = &str> {
    secrets.iter().map(SecretString::expose_secret)
}

/// Prints everything if a story has failed, and fails it if a secret has leaked.
impl Drop for Story {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let leaks = self.leaks();
            assert!(leaks.is_empty(), "secrets were found:\n{}", leaks.join("\n"));
            return;
        }
        let cli = self.terraform.cli();
        let name = cli.name().to_lowercase();
        eprintln!("ran with {name} {}, {}", cli.version(), cli.program().display());
        for (arguments, run) in self.runs.get_mut().unwrap_or_else(PoisonError::into_inner) {
            eprintln!("$ {name} {arguments}\n{}", run.status);
            eprintln!("--- stdout\n{}\n--- stderr\n{}", run.stdout, run.stderr);
        }
        if self.emulator.is_some() {
            eprintln!("--- requests that the API received since the log was cleared");
            for request in self.requests() {
                eprintln!("{request}");
            }
        }
    }
}
