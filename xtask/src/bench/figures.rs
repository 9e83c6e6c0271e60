//! Medians of several runs, and their units.

use super::sandbox::RunStats;

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
    pub(super) fn medians<'a>(runs: impl Iterator<Item = &'a RunStats> + Clone) -> Option<Self> {
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

/// Returns the median, or the lower of the two middle values; `None` if there are no values.
pub(super) fn median<T: Copy + PartialOrd>(values: impl IntoIterator<Item = T>) -> Option<T> {
    let mut values: Vec<T> = values.into_iter().collect();
    values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    values.get(values.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_does_not_depend_on_order() {
        assert_eq!(median([3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median([4, 1, 3, 2]), Some(2));
        assert_eq!(median::<u64>([]), None);
    }
}
