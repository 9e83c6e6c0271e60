//! Decides when an account counts as absent.

use std::time::Duration;

use tokio::time::Instant;

use crate::api::Error;
use crate::motherduck::settle::INVISIBLE;

/// The minimum time between two looks that do not find the account, after which it counts as absent.
const APART: Duration = Duration::from_secs(1);

/// Since when the account is not found.
#[derive(Default)]
pub(super) struct NoAccount(Option<Instant>);

impl NoAccount {
    /// Records a failed look. Returns whether the account counts as absent: two looks at least a second apart
    /// have not found it, or, if it is new, none has for 10 seconds.
    pub(super) fn is_certain(&mut self, error: &Error, is_new: bool) -> bool {
        if error.method() != "GET" || !error.is_gone() {
            self.0 = None;
            return false;
        }
        let first = *self.0.get_or_insert_with(Instant::now);
        first.elapsed() >= if is_new { INVISIBLE } else { APART }
    }
}
