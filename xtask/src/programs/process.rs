//! Runs a child to its end and passes on every line as it arrives.

use std::fmt::Display;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::{fs, thread};

use super::failure::Failure;
use super::interrupts::{Interrupts, own_group};

/// The exit status of a child and its output.
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs the command. `on_line` receives the lines of both streams without their ends, in no order between the
/// streams.
///
/// A signal is passed on to the child, and is returned as an error once the child has ended.
pub(crate) fn run(
    command: &mut Command,
    interrupts: &Interrupts,
    on_line: impl Fn(&str) + Sync,
) -> Result<Ended, Failure> {
    interrupts.check()?;
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = own_group(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(Failure::io(format!("start {program}")))?;
    let passed_on = interrupts.pass_to(&child);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr) = thread::scope(|scope| {
        let stderr = scope.spawn(|| read_lines(stderr, &on_line));
        let stdout = read_lines(stdout, &on_line);
        (stdout, stderr.join().unwrap_or_default())
    });
    drop(passed_on);
    let status = child.wait().map_err(Failure::io(format!("wait for {program}")))?;
    interrupts.check()?;
    Ok(Ended {
        status,
        stdout,
        stderr,
    })
}

/// Whether a process is a provider, by the name of its program.
pub(crate) fn is_provider(pid: impl Display) -> bool {
    fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|program| is_provider_program(&program))
}

/// Whether a file has the name of a provider's program.
pub(crate) fn is_provider_program(program: &Path) -> bool {
    let name = program.file_name().unwrap_or_default();
    name.to_string_lossy().starts_with("terraform-provider-")
}

/// Reads a stream to its end. A read error ends it too.
fn read_lines(stream: Option<impl Read>, on_line: impl Fn(&str)) -> String {
    let mut all = String::new();
    let Some(stream) = stream else { return all };
    let mut stream = BufReader::new(stream);
    let mut line = Vec::new();
    while stream.read_until(b'\n', &mut line).is_ok_and(|count| count > 0) {
        let text = String::from_utf8_lossy(&line);
        on_line(text.trim_end_matches(['\n', '\r']));
        all.push_str(&text);
        line.clear();
    }
    all
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn run_reports_and_returns_lines_of_both_streams() {
        let seen = Mutex::new(Vec::new());

        let ended = run(
            Command::new("/bin/sh").args(["-c", "echo one; echo two >&2; printf three; exit 4"]),
            &Interrupts::default(),
            |line| seen.lock().unwrap().push(line.to_owned()),
        )
        .unwrap();

        let mut seen = seen.into_inner().unwrap();
        seen.sort();
        assert_eq!(seen, ["one", "three", "two"]);
        assert_eq!(ended.status.code(), Some(4));
        assert_eq!(
            (ended.stdout.as_str(), ended.stderr.as_str()),
            ("one\nthree", "two\n")
        );
    }

    #[test]
    fn missing_program_is_an_error_that_names_it() {
        let Err(error) = run(
            &mut Command::new("/no/such/program"),
            &Interrupts::default(),
            |_| (),
        ) else {
            panic!("it was started");
        };

        assert!(error.to_string().contains("/no/such/program"), "{error}");
    }
}
