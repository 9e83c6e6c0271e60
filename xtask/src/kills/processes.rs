//! Reads the processes of a run from `/proc`.

use std::fs;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Returns the live processes of a group, without zombies.
pub(super) fn group_members(group: u32) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &i32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            // The fields after the name, which may contain any character, are state, parent and group.
            let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
            let mut fields = rest.split(' ');
            let (state, group_of) = (fields.next(), fields.nth(1));
            state != Some("Z") && group_of == Some(&group.to_string())
        })
        .map(Pid::from_raw)
        .collect()
}

/// Sends a signal to processes, some of which may have ended.
pub(super) fn signal(processes: &[Pid], signal: Signal) {
    for pid in processes {
        let _ = kill(*pid, signal);
    }
}
