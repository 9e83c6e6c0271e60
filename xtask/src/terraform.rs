//! Runs Terraform in a separate folder, with the provider that was just built and without the user's
//! configuration.
//!
//! `init` installs the provider from a mirror in that folder, as it does for users, so that the demo and the
//! CLI tests include the lock file, the handshake and the shutdown of a real run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::{fmt, fs, io};

use crate::cli::{Cli, Environment, command_line};
use crate::platform::Platform;

/// The address of this provider in a registry: namespace and type.
pub const PROVIDER_ADDRESS: &str = "motherduck-rs/motherduck";

/// The `terraform` block that every configuration with this provider needs.
pub const REQUIRED_PROVIDERS: &str = r#"terraform {
  required_providers {
    motherduck = {
      source = "motherduck-rs/motherduck"
    }
  }
}
"#;

/// The version under which the provider is installed.
pub const PROVIDER_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The hosts of a source address without a host: Terraform's and OpenTofu's.
pub(crate) const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// A scratch folder laid out for one Terraform or OpenTofu:
///
/// ```text
/// cli.tfrc   the CLI configuration: providers come from the mirror and from nowhere else
/// home/      an empty home
/// mirror/    HOST/NAMESPACE/TYPE/VERSION/OS_ARCH/terraform-provider-TYPE_vVERSION
/// module/    the configuration, and the folder that commands run in
/// ```
#[derive(Debug)]
pub struct Terraform {
    cli: Cli,
    environment: Environment,
    folder: PathBuf,
}

impl Terraform {
    /// Prepares `folder`, which must exist, and installs the provider in its mirror.
    ///
    /// Variables that change Terraform or the provider are removed from `environment`, see
    /// [`Environment::cleaned`]. The caller removes the folder.
    pub fn new(
        cli: &Cli,
        environment: &Environment,
        provider_binary: &Path,
        folder: &Path,
    ) -> io::Result<Self> {
        let folder = std::path::absolute(folder)?;
        for name in ["home", "mirror", "module"] {
            fs::create_dir_all(folder.join(name))?;
        }
        let cli_config = folder.join("cli.tfrc");
        fs::write(&cli_config, cli_configuration(&folder.join("mirror")))?;

        let mut environment = environment.cleaned();
        environment.set("HOME", folder.join("home"));
        environment.set("TF_CLI_CONFIG_FILE", cli_config);
        environment.set("TF_IN_AUTOMATION", "1");
        environment.set("TF_INPUT", "0");
        let terraform = Self {
            cli: cli.clone(),
            environment,
            folder,
        };
        terraform.install(PROVIDER_ADDRESS, PROVIDER_VERSION, provider_binary)?;
        Ok(terraform)
    }

    /// Uses another program in the same folder.
    #[must_use]
    pub fn with(&self, cli: &Cli) -> Self {
        Self {
            cli: cli.clone(),
            environment: self.environment.clone(),
            folder: self.folder.clone(),
        }
    }

    /// Adds a provider to the mirror, under both registries' hosts.
    ///
    /// `address` is namespace and type (`motherduck-rs/motherduck`), `version` one such as `0.1.0`.
    pub fn install(&self, address: &str, version: &str, binary: &Path) -> io::Result<()> {
        for host in REGISTRIES {
            let installed = package_file(&self.folder.join("mirror"), host, address, version);
            fs::create_dir_all(installed.parent().unwrap_or(&self.folder))?;
            // A link of an earlier call must not be overwritten, because it is the build's own file.
            match fs::remove_file(&installed) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            // A debug build is large. A hard link needs no space, and unlike a symbolic link it counts as a
            // file when `init` computes the package's checksum.
            if fs::hard_link(binary, &installed).is_err() {
                fs::copy(binary, &installed)?;
            }
        }
        Ok(())
    }

    /// Returns the folder with the configuration, in which commands run.
    pub fn module(&self) -> PathBuf {
        self.folder.join("module")
    }

    /// Returns the program that runs here.
    pub fn cli(&self) -> &Cli {
        &self.cli
    }

    /// Sets a variable for the following commands, for example `MOTHERDUCK_ADMIN_TOKEN`.
    pub fn set(&mut self, name: &str, value: impl AsRef<OsStr>) -> &mut Self {
        self.environment.set(name, value.as_ref());
        self
    }

    /// Returns a command that is not started yet, with an empty standard input.
    pub fn command<I: IntoIterator<Item: AsRef<OsStr>>>(&self, arguments: I) -> Command {
        let mut command = Command::new(self.cli.program());
        command
            .args(arguments)
            .current_dir(self.module())
            .env_clear()
            .envs(self.environment.iter())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command and returns its output. A failing command is a result, not an error.
    pub fn run<I: IntoIterator<Item: AsRef<OsStr>>>(&self, arguments: I) -> io::Result<Run> {
        let mut command = self.command(arguments);
        let output = command.output()?;
        Ok(Run {
            command: command_line(&command),
            status: output.status,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }
}

/// A command that has ended. Its `Display` contains everything that a failed test needs to print.
#[derive(Clone, Debug)]
pub struct Run {
    command: String,
    /// The exit status.
    pub status: ExitStatus,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Run {
    /// Whether it ended with exit code 0.
    pub fn success(&self) -> bool {
        self.status.success()
    }
}

/// Returns printed text in one line, without the frames and line breaks of diagnostics.
pub fn words(printed: &str) -> String {
    let words = printed.split(|c: char| c.is_whitespace() || "╷│╵".contains(c));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}", self.command, self.status)?;
        write!(f, "--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr)
    }
}

/// Returns the path of a provider's program in a folder with the layout of a filesystem mirror.
pub(crate) fn package_file(mirror: &Path, host: &str, address: &str, version: &str) -> PathBuf {
    let provider_type = address.rsplit('/').next().unwrap_or(address);
    mirror
        .join(host)
        .join(address)
        .join(version)
        .join(Platform::of_this_build().to_string())
        .join(format!("terraform-provider-{provider_type}_v{version}"))
}

fn cli_configuration(mirror: &Path) -> String {
    // Slashes work on every system, and a backslash would need escaping.
    let mirror = mirror.to_string_lossy().replace('\\', "/");
    // `${` starts an expression in this file too.
    let mirror = mirror.replace('"', "\\\"").replace("${", "$${");
    format!("provider_installation {{\n  filesystem_mirror {{\n    path = \"{mirror}\"\n  }}\n}}\n")
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::testing::fake;

    /// A Terraform whose program is `script`, with a provider of a few bytes.
    fn terraform(script: &str, extra: &[(&str, &str)]) -> (TempDir, Terraform) {
        let root = TempDir::new().unwrap();
        let bin = root.path().join("bin");
        fake(
            &bin,
            "terraform",
            &format!("[ \"$1\" = version ] && echo 'Terraform v1.11.4' && exit\n{script}"),
        );
        let provider = root.path().join("built");
        fs::write(&provider, "the provider").unwrap();
        let scratch = root.path().join("scratch");
        fs::create_dir(&scratch).unwrap();
        let mut environment = Environment::of_path([&bin, Path::new("/usr/bin"), Path::new("/bin")]);
        for (name, value) in extra {
            environment.set(*name, *value);
        }
        let cli = Cli::find(&environment, root.path()).unwrap();
        let terraform = Terraform::new(&cli, &environment, &provider, &scratch).unwrap();
        (root, terraform)
    }

    #[test]
    fn mirror_contains_the_provider_for_both_registries() {
        let (root, _) = terraform("", &[]);

        for host in REGISTRIES {
            let installed = root
                .path()
                .join("scratch/mirror")
                .join(host)
                .join("motherduck-rs/motherduck")
                .join(PROVIDER_VERSION)
                .join(Platform::of_this_build().to_string())
                .join(format!("terraform-provider-motherduck_v{PROVIDER_VERSION}"));
            assert_eq!(
                fs::read_to_string(&installed).unwrap(),
                "the provider",
                "{}",
                installed.display()
            );
        }
    }

    #[test]
    fn commands_have_own_settings_and_no_user_settings() {
        let (root, mut terraform) = terraform(
            "env; pwd; cat \"$TF_CLI_CONFIG_FILE\"",
            &[
                ("TF_LOG", "trace"),
                ("MOTHERDUCK_TOKEN", "a real one"),
                ("HOME", "/home/someone"),
            ],
        );
        terraform.set("MOTHERDUCK_ADMIN_TOKEN", "the emulator's");

        let run = terraform.run(["plan"]).unwrap();

        let scratch = root.path().join("scratch");
        for expected in [
            "MOTHERDUCK_ADMIN_TOKEN=the emulator's".to_owned(),
            format!("HOME={}", scratch.join("home").display()),
            format!("path = \"{}\"", scratch.join("mirror").display()),
            scratch.join("module").display().to_string(),
        ] {
            assert!(run.stdout.contains(&expected), "{expected} is not in:\n{run}");
        }
        for unexpected in ["TF_LOG", "a real one", "/home/someone"] {
            assert!(!run.stdout.contains(unexpected), "{unexpected} is in:\n{run}");
        }
    }

    #[test]
    fn failed_command_is_a_result_with_its_output() {
        let (_root, terraform) = terraform("echo planned; echo 'no credentials' >&2; exit 7", &[]);

        let run = terraform.run(["plan", "-out=plan"]).unwrap();

        assert!(!run.success());
        assert_eq!(run.status.code(), Some(7));
        let printed = run.to_string();
        for expected in ["-out=plan", "planned", "no credentials", "7"] {
            assert!(printed.contains(expected), "{expected} is not in:\n{printed}");
        }
        // The environment may contain secrets.
        assert!(!printed.contains("TF_CLI_CONFIG_FILE"), "{printed}");
    }
}
