//! Locks of data that a panic cannot leave in a bad state.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex. A panic of another call that held it is ignored: each change of the data is one step.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
