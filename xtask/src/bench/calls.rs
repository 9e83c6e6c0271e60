//! Counts the instructions of single calls of the provider with callgrind. The counts hardly depend on the
//! machine's load.

use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tempfile::TempDir;

use super::failure::Failure;
use crate::cli::Environment;
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
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<Result<u64, Failure>>>> = names.iter().map(|_| Mutex::new(None)).collect();
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    let (Some(name), Some(result)) = (names.get(index), results.get(index)) else {
                        break;
                    };
                    let file = folder.path().join(index.to_string());
                    let counted = of_call(&valgrind, &program, name, &file);
                    *result.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(counted);
                }
            });
        }
    });
    let results = results.into_iter().map(|result| {
        let result = result
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        result.unwrap_or_else(|| Err(Failure::new("count instructions", "a thread ended early")))
    });
    names
        .into_iter()
        .zip(results)
        .map(|(name, count)| Ok((name, count?)))
        .collect()
}

/// Returns the number of instructions of one call.
fn of_call(valgrind: &Path, program: &Path, name: &str, file: &Path) -> Result<u64, Failure> {
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
