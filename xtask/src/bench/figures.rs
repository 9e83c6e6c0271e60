//! Medians of several runs, and their units.

use super::sandbox::RunStats;
use super::statistics::median;

/// The medians of one command in one case.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) runs: usize,
    pub(super) wall: f64,
    /// CPU seconds of the provider, and of Terraform.
    pub(super) provider: f64,
    pub(super) cli: f64,
    /// The peak memory of the provider, in MiB.
    pub(super) peak: f64,
    pub(super) requests: usize,
    pub(super) refused: usize,
}

impl Row {
    /// Returns `None` if there are no runs.
    pub(super) fn of<'a>(runs: impl Iterator<Item = &'a RunStats> + Clone) -> Option<Self> {
        Some(Row {
            runs: runs.clone().count(),
            wall: median(runs.clone().map(|stats| stats.used.wall))?,
            provider: median(runs.clone().map(|stats| stats.used.provider))?,
            cli: median(runs.clone().map(|stats| stats.used.cli))?,
            peak: median(runs.clone().map(|stats| mib(stats.used.peak)))?,
            requests: median(runs.clone().map(|stats| stats.requests))?,
            refused: median(runs.map(|stats| stats.refused))?,
        })
    }
}

pub(super) fn mib(kib: u64) -> f64 {
    f64::from(u32::try_from(kib).unwrap_or(u32::MAX)) / 1024.0
}

pub(super) fn megabytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1e6
}

pub(super) fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
