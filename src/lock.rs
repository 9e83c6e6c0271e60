//! Locks data that is consistent even after a panic.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex. It ignores the panic of another holder, because each change of the data is a single step.
pub(crate) fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
