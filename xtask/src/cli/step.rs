//! Runs a program of which only a failure is shown.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::Environment;

/// Runs a program to its end. The error names the command and why it failed.
pub(crate) fn step(environment: &Environment, command: &mut Command) -> Result<(), String> {
    command.env_clear().envs(environment.iter()).stdin(Stdio::null());
    let why = match command.output() {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => last_lines(&output),
        Err(error) => error.to_string(),
    };
    Err(format!("`{}` failed: {why}", command_line(command)))
}

/// Creates a virtual environment of Python, and installs what these arguments of pip name.
pub(crate) fn install_in_venv<I: IntoIterator<Item: AsRef<OsStr>>>(
    environment: &Environment,
    python: &Path,
    venv: &Path,
    arguments: I,
) -> Result<(), String> {
    step(environment, Command::new(python).args(["-m", "venv"]).arg(venv))?;
    let mut pip = Command::new(venv.join("bin/python3"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ])
    .args(["--no-deps", "--only-binary", ":all:"])
    .args(arguments);
    step(environment, &mut pip)
}

/// Returns program and arguments. `Command`'s own `Debug` would print the whole environment too.
pub(crate) fn command_line(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Returns the last lines of a failed program, from either stream: `venv` prints its errors to stdout.
pub(crate) fn last_lines(output: &Output) -> String {
    const LINES: usize = 6;
    let text = [&output.stdout, &output.stderr]
        .map(|stream| String::from_utf8_lossy(stream).trim().to_owned())
        .join("\n");
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    if lines.is_empty() {
        return format!("{} without output", output.status);
    }
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}
