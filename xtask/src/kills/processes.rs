//! The processes of a run, as `/proc` shows them.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The live processes of a group, without those that have ended and wait to be collected.
pub(super) fn of_group(group: u32) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &i32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // After the name, which may hold anything: state, parent, group.
            let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
            let mut fields = rest.split(' ');
            let (state, group_of) = (fields.next(), fields.nth(1));
            state != Some("Z") && group_of == Some(&group.to_string())
        })
        .map(Pid::from_raw)
        .collect()
}

/// Whether a process runs a program whose name begins so.
pub(super) fn runs(pid: Pid, name: &str) -> bool {
    let program = fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    program
        .file_name()
        .is_some_and(|program| program.to_string_lossy().starts_with(name))
}

/// Sends a signal to processes of which some may have ended.
pub(super) fn signal(processes: &[Pid], signal: Signal) {
    for pid in processes {
        let _ = kill(*pid, signal);
    }
}
