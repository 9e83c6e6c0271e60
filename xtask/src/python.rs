//! Python programs for tests. Each set has its own virtual environment below the target folder.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::cli::{Environment, install_in_venv};
use crate::file_error::FileError;
use crate::programs::Failure;

/// Written when an environment is complete.
const COMPLETE: &str = "complete";

/// Returns the folder of the programs that `requirements`, a list with exact versions, installs.
///
/// The first call installs them. Later calls, and calls of other processes, wait for it. Another list has
/// another environment.
pub fn programs(
    environment: &Environment,
    target_dir: &Path,
    name: &str,
    requirements: &str,
) -> Result<PathBuf, Failure> {
    let root = target_dir.join("python");
    let digest = HEXLOWER.encode(&Sha256::digest(requirements)[..6]);
    let home = root.join(format!("{name}-{digest}"));
    fs::create_dir_all(&root).map_err(FileError::io("write below", &root))?;
    let lock =
        File::create(root.join(format!(".{name}.lock"))).map_err(FileError::io("write below", &root))?;
    // The lock is released when the file is closed, and thus also when this process is killed.
    lock.lock().map_err(FileError::io("write below", &root))?;
    let programs = home.join("bin");
    if home.join(COMPLETE).is_file() {
        return Ok(programs);
    }
    let python = environment.find_program("python3").ok_or_else(|| {
        Failure::Unexpected(
            "there is no python3 on PATH; install Python 3.10 or newer with its module venv (Debian: apt install python3-venv)"
                .to_owned(),
        )
    })?;
    if home.exists() {
        fs::remove_dir_all(&home).map_err(FileError::io("write below", &home))?;
    }
    eprintln!("Preparing Python programs ({name}) in {} (once).", home.display());
    fs::create_dir(&home).map_err(FileError::io("write below", &home))?;
    let list = home.join("requirements.txt");
    fs::write(&list, requirements).map_err(FileError::io("write below", &list))?;
    let arguments = [OsStr::new("--requirement"), list.as_os_str()];
    install_in_venv(environment, &python, &home, arguments).map_err(|error| {
        Failure::Unexpected(format!(
            "{error}\nThe Python package index has to be reached, once."
        ))
    })?;
    fs::write(home.join(COMPLETE), "").map_err(FileError::io("write below", &home))?;
    Ok(programs)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::testing::fake;

    /// Replaces `python3`; each call adds a line to `log`.
    const PYTHON: &str = r#"
        PATH=/usr/bin:/bin
        echo "$1 $2" >> "$(dirname "$0")/log"
        case "$1 $2" in
            "-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python3" ;;
            "-m pip") [ ! -e "$(dirname "$0")/../../no-network" ] || { echo 'no network' >&2; exit 1; } ;;
        esac"#;

    #[test]
    fn environment_is_created_once_for_each_list() {
        let root = TempDir::new().unwrap();
        let bin = root.path().join("bin");
        fake(&bin, "python3", PYTHON);
        let environment = Environment::of_path([&bin]);
        let programs = |list| programs(&environment, root.path(), "lint", list).unwrap();

        let first = programs("a==1\n");
        assert_eq!(programs("a==1\n"), first);
        assert_ne!(programs("a==2\n"), first);
        assert_eq!(fs::read_to_string(bin.join("log")).unwrap(), "-m venv\n-m venv\n");
    }

    #[test]
    fn failed_installation_is_an_error_and_is_retried() {
        let root = TempDir::new().unwrap();
        let bin = root.path().join("bin");
        fake(&bin, "python3", PYTHON);
        let environment = Environment::of_path([&bin]);
        let blocked = root.path().join("python/no-network");
        fs::create_dir_all(blocked.parent().unwrap()).unwrap();
        fs::write(&blocked, "").unwrap();

        let error = programs(&environment, root.path(), "lint", "a==1\n").unwrap_err();
        assert!(error.to_string().contains("no network"), "{error}");
        fs::remove_file(&blocked).unwrap();
        programs(&environment, root.path(), "lint", "a==1\n").unwrap();
    }

    #[test]
    fn missing_python_is_an_error_with_instructions() {
        let root = TempDir::new().unwrap();
        let environment = Environment::of_path([root.path()]);
        let error = programs(&environment, root.path(), "lint", "").unwrap_err();
        assert!(error.to_string().contains("python3-venv"), "{error}");
    }
}
