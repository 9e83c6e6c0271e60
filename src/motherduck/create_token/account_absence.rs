//! Decides when an account counts as absent.

use tokio::time::Instant;

use crate::api::{Error, MIN_CONFIRMATION_INTERVAL};
use crate::motherduck::settle::READ_DELAY;

/// Since when the account is not found.
#[derive(Default)]
pub(super) struct AccountAbsence(Option<Instant>);

impl AccountAbsence {
    /// Records a failed look. Returns whether the account counts as absent: two looks at least a second apart
    /// have not found it, or, if it is new, none has for 10 seconds.
    pub(super) fn record_failed_look(&mut self, error: &Error, is_new: bool) -> bool {
        if error.method() != "GET" || !error.is_gone() {
            self.0 = None;
            return false;
        }
        let first = *self.0.get_or_insert_with(Instant::now);
        first.elapsed()
            >= if is_new {
                READ_DELAY
            } else {
                MIN_CONFIRMATION_INTERVAL
            }
    }
}
