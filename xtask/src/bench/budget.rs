//! The time budget of a run.

use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    began: Instant,
    limit: Duration,
}

impl Budget {
    pub(super) fn of_minutes(minutes: u64) -> Self {
        Budget {
            began: Instant::now(),
            limit: Duration::from_secs(minutes * 60),
        }
    }

    /// Returns the whole seconds since the start, for progress messages.
    pub(super) fn seconds(self) -> u64 {
        self.began.elapsed().as_secs()
    }

    /// Returns why a step that takes this many seconds must not start; `None` if it may.
    pub(super) fn refuses(self, seconds: f64) -> Option<String> {
        let left = self.limit.saturating_sub(self.began.elapsed()).as_secs_f64();
        if left <= 0.0 {
            let minutes = self.limit.as_secs() / 60;
            return Some(format!(
                "the {minutes} minutes of the run were over (`--minutes`)"
            ));
        }
        (seconds > left).then(|| {
            format!("it would take about {seconds:.0} s, and {left:.0} s of the run were left (`--minutes`)")
        })
    }
}

/// Estimates the seconds of a case with `factor` times the tokens of one that took `seconds`. Terraform's own
/// time grows faster than the number of resources, and slower than its square.
pub(super) fn estimate(seconds: f64, factor: f64) -> f64 {
    seconds * factor.powf(1.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn step_longer_than_the_remaining_time_is_refused() {
        let budget = Budget::of_minutes(10);
        assert_eq!(budget.refuses(estimate(4.0, 10.0)), None);
        let refusal = budget.refuses(estimate(100.0, 5.0)).unwrap();
        assert!(refusal.starts_with("it would take about 1118 s"), "{refusal}");
        let refusal = Budget::of_minutes(0).refuses(0.0).unwrap();
        assert!(refusal.contains("were over"), "{refusal}");
    }
}
