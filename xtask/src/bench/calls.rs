//! Counts the instructions of single calls of the provider with callgrind. The counts hardly depend on the
//! machine's load.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::{iter, thread};

use tempfile::TempDir;

use crate::cli::Environment;
use crate::programs::Failure;
use crate::{package, workspace};

/// The number of repetitions in the shorter and in the longer run. The difference excludes the start.
const REPETITIONS: (u64, u64) = (10, 110);

/// The number of instructions of each call, by name.
pub(super) type Counts = Vec<(String, u64)>;

/// Builds the benchmark program with the profile of releases, and counts.
pub(super) fn counted(environment: &Environment) -> Result<Counts, Failure> {
    let Some(valgrind) = environment.find_program("valgrind") else {
        return Err(Failure::new(
            "count instructions",
            "valgrind is not installed (Debian: apt install valgrind)",
        ));
    };
    let program = package::calls(environment, &workspace::root())
        .map_err(|error| Failure::new("build the program of the calls", error))?;
    let listed = Command::new(&program)
        .output()
        .map_err(Failure::io("list the calls"))?;
    let names: Vec<String> = String::from_utf8_lossy(&listed.stdout)
        .lines()
        .map(str::to_owned)
        .collect();
    let folder = TempDir::new().map_err(Failure::io("create a folder"))?;
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let next = Mutex::new(names.iter().enumerate());
    let count_next = || {
        let (index, name) = next.lock().unwrap_or_else(PoisonError::into_inner).next()?;
        let count = count_call(&valgrind, &program, name, &folder.path().join(index.to_string()));
        Some((index, count.map(|count| (name.clone(), count))))
    };
    let mut counts = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| iter::from_fn(count_next).collect::<Vec<_>>()))
            .collect();
        let counts = workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| resume_unwind(panic)));
        counts.flatten().collect::<Vec<_>>()
    });
    counts.sort_by_key(|(index, _)| *index);
    counts.into_iter().map(|(_, count)| count).collect()
}

/// Returns the number of instructions of one call.
fn count_call(valgrind: &Path, program: &Path, name: &str, file: &Path) -> Result<u64, Failure> {
    let (few, many) = REPETITIONS;
    let run = |times: u64| {
        let failed = |reason: String| Failure::new(format!("count the instructions of `{name}`"), reason);
        let mut out = std::ffi::OsString::from("--callgrind-out-file=");
        out.push(file);
        let output = Command::new(valgrind)
            .args(["--quiet", "--tool=callgrind"])
            .arg(out)
            .arg(program)
            .args([name, &times.to_string()])
            .output()
            .map_err(|error| failed(error.to_string()))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            return Err(failed(format!("{}: {text}", output.status)));
        }
        let text = std::fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
        total(&text).ok_or_else(|| failed("callgrind wrote no total".to_owned()))
    };
    Ok(run(many)?.saturating_sub(run(few)?) / (many - few))
}

/// Reads the total number of instructions from a file of callgrind.
fn total(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| {
        line.strip_prefix("summary:")
            .or_else(|| line.strip_prefix("totals:"))
    })?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn total_is_parsed_from_callgrind_output() {
        assert_eq!(total("events: Ir\nsummary: 1234\n\nfn=(1)\n"), Some(1234));
        assert_eq!(total("events: Ir\nfn=(1)\n1 5\ntotals: 99\n"), Some(99));
        assert_eq!(total("events: Ir\n"), None);
    }
}
