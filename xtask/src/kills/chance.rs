//! Random moments that depend on a seed.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

/// The latest moment of a strike after the first write. By then the last response is being sent, or was sent.
const LATEST_MS: u64 = 1800;

/// The random generator of one strike.
pub(super) struct Chance(DefaultHasher);

impl Chance {
    pub(super) fn new(seed: u64, strike: usize) -> Self {
        let mut hasher = DefaultHasher::new();
        (seed, strike).hash(&mut hasher);
        Self(hasher)
    }

    /// Returns the time between the first write and the strike.
    pub(super) fn moment(&mut self) -> Duration {
        0_u8.hash(&mut self.0);
        Duration::from_millis(self.0.finish() % LATEST_MS)
    }
}
