//! Programs of the Python package index that tests use, in the versions of the lists in `python/`.

use std::path::Path;
use std::process::{Command, Output};

use xtask::cli::{Environment, target_dir_of};
use xtask::python;

/// Returns a program of the environment that has the name of its list.
#[track_caller]
pub(crate) fn program(list: &str, requirements: &str, name: &str) -> Command {
    let target = target_dir_of(Path::new(crate::PROVIDER)).unwrap();
    let programs = python::programs(&Environment::of_process(), &target, list, requirements)
        .unwrap_or_else(|error| panic!("{error}"));
    let mut command = Command::new(programs.join(name));
    command.current_dir(crate::SOURCES);
    command
}

/// Returns both output streams of a program.
pub(crate) fn printed(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
