//! The machine of the measurements.

use std::{fs, thread};

/// Returns processors and memory in one line.
pub(super) fn described() -> String {
    let processors = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = value(&cpuinfo, "model name").unwrap_or("unknown processor");
    let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = value(&meminfo, "MemTotal")
        .and_then(|text| text.strip_suffix(" kB"))
        .and_then(|text| text.trim().parse::<u64>().ok())
        .map_or_else(String::new, |kib| format!(", {} GiB of memory", kib >> 20));
    format!("{processors} processors ({model}){memory}")
}

/// Returns the load average over the last minute.
pub(super) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}

fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim() == key)
        .map(|(_, value)| value.trim())
}
