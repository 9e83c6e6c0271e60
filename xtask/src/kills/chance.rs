//! Random moments that a seed repeats.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

/// The latest moment of a strike, counted from the first write: by then the last response is on its way, or was given.
const LATEST_MS: u64 = 1800;

/// What is left to chance about one strike.
pub(super) struct Chance(DefaultHasher);

impl Chance {
    pub(super) fn new(seed: u64, strike: usize) -> Self {
        let mut hasher = DefaultHasher::new();
        (seed, strike).hash(&mut hasher);
        Self(hasher)
    }

    /// How long after the first write the strike comes.
    pub(super) fn moment(&mut self) -> Duration {
        0_u8.hash(&mut self.0);
        Duration::from_millis(self.0.finish() % LATEST_MS)
    }
}
