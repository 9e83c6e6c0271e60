//! Reads the resource usage of a child process and its descendants from `/proc`.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};
use std::{fs, thread};

use crate::programs::{Failure, is_provider};
use serde::{Deserialize, Serialize};

/// The interval of the measurements. At most this much CPU time of the end of each provider process is missed.
const INTERVAL: Duration = Duration::from_millis(5);

/// The clock ticks of a second in `/proc/PID/stat`, which are fixed on Linux.
const TICKS: f64 = 100.0;

#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Used {
    /// Seconds from start to end.
    pub(super) wall: f64,
    /// CPU seconds of the provider's processes.
    pub(super) provider: f64,
    /// CPU seconds of all others: Terraform.
    pub(super) cli: f64,
    /// The peak resident memory of one of the provider's processes, in KiB.
    pub(super) peak: u64,
}

/// Waits for a CLI that has just been started, and measures it and the provider's processes below it.
pub(super) fn measured(mut child: Child) -> Result<(ExitStatus, Used), Failure> {
    let started = Instant::now();
    let before = cpu_of_children()?;
    let mut providers: BTreeMap<u32, ProcessUsage> = BTreeMap::new();
    let status = loop {
        for pid in descendants(child.id()) {
            if is_provider(pid) {
                providers.entry(pid).or_default().update(pid);
            }
        }
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => thread::sleep(INTERVAL),
            Err(error) => return Err(Failure::new("wait for the CLI", error)),
        }
    };
    let all = cpu_of_children()? - before;
    let provider: f64 = providers.values().map(ProcessUsage::cpu).sum();
    let used = Used {
        wall: started.elapsed().as_secs_f64(),
        provider,
        cli: (all - provider).max(0.0),
        peak: providers.values().map(|usage| usage.peak).max().unwrap_or(0),
    };
    Ok((status, used))
}

/// Returns the CPU seconds of all ended child processes and their descendants.
fn cpu_of_children() -> Result<f64, Failure> {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike as _;

    let usage = getrusage(UsageWho::RUSAGE_CHILDREN);
    let usage = usage.map_err(|error| Failure::new("read the CPU time of children", error))?;
    let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Ok(Duration::from_micros(u64::try_from(micros).unwrap_or(0)).as_secs_f64())
}

fn descendants(pid: u32) -> BTreeSet<u32> {
    let mut found = BTreeSet::new();
    let mut open = vec![pid];
    while let Some(pid) = open.pop() {
        let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else {
            continue;
        };
        for task in tasks.flatten() {
            let children = fs::read_to_string(task.path().join("children")).unwrap_or_default();
            for child in children.split_whitespace().filter_map(|pid| pid.parse().ok()) {
                if found.insert(child) {
                    open.push(child);
                }
            }
        }
    }
    found
}

/// The resource usage of a process, as far as it was measured.
#[derive(Debug, Default)]
struct ProcessUsage {
    /// CPU seconds of the whole process, in hundredths.
    ticks: f64,
    /// CPU nanoseconds of each thread. An ended thread keeps its last measurement.
    threads: BTreeMap<u32, u64>,
    /// The peak resident memory in KiB.
    peak: u64,
}

impl ProcessUsage {
    /// Measures a process again. Nothing changes if it has ended.
    fn update(&mut self, pid: u32) {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok();
        if let (Some(ticks), Some(peak)) = (stat.as_deref().and_then(cpu), memory(pid, "VmHWM")) {
            (self.ticks, self.peak) = (ticks, peak);
        }
        let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else {
            return;
        };
        for thread in threads.flatten() {
            let id = thread.file_name().to_string_lossy().parse().ok();
            let schedule = fs::read_to_string(thread.path().join("schedstat")).ok();
            if let (Some(id), Some(nanoseconds)) = (id, schedule.as_deref().and_then(run_time)) {
                self.threads.insert(id, nanoseconds);
            }
        }
    }

    /// Returns CPU seconds: the exact ones of the threads, or those of the process if a thread was never measured or the
    /// system does not count the others.
    fn cpu(&self) -> f64 {
        let threads = Duration::from_nanos(self.threads.values().sum());
        threads.as_secs_f64().max(self.ticks)
    }
}

/// Returns the CPU nanoseconds in the `schedstat` file of a thread, which are its first number.
fn run_time(schedule: &str) -> Option<u64> {
    schedule.split_whitespace().next()?.parse().ok()
}

/// User and system time are the 12th and 13th field after the name, which is in parentheses.
fn cpu(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut ticks = fields.split(' ').skip(11).map(|field| field.parse::<u32>().ok());
    Some((f64::from(ticks.next()??) + f64::from(ticks.next()??)) / TICKS)
}

/// Reads a line of `/proc/PID/status`, in KiB.
pub(super) fn memory(pid: u32, key: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
    line?.trim().strip_suffix(" kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_parsed_after_a_process_name_with_brackets() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 1 0 5 1 1";
        assert_eq!(cpu(stat), Some(2.0));
        assert_eq!(cpu("7 (a"), None);
    }

    #[test]
    fn cpu_time_of_threads_is_exact_and_includes_ended_threads() {
        assert_eq!(run_time("1500000 20 3\n"), Some(1_500_000));
        assert_eq!(run_time(""), None);
        let usage = ProcessUsage {
            ticks: 0.01,
            threads: [(7, 11_000_000), (8, 1_500_000)].into(),
            peak: 0,
        };
        assert!((usage.cpu() - 0.0125).abs() < 1e-9, "{usage:?}");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn measured_returns_status_and_usage_of_a_child() {
        let child = std::process::Command::new("/bin/sh")
            .args(["-c", "exit 3"])
            .spawn()
            .unwrap();
        let (status, used) = measured(child).unwrap();
        assert_eq!(status.code(), Some(3));
        assert!(used.provider == 0.0 && used.peak == 0, "{used:?}");
        assert!(memory(std::process::id(), "VmRSS").is_some_and(|kib| kib > 0));
    }
}
