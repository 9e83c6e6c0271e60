//! A list of values that are in use elsewhere.

use std::sync::{Arc, Mutex, Weak};

use crate::lock::lock;

/// A list from which a value is removed after its last owner has dropped it.
#[derive(Default)]
pub(super) struct WeakList<T>(Mutex<Vec<Weak<T>>>);

impl<T> WeakList<T> {
    pub(super) fn add(&self, value: T) -> Arc<T> {
        let value = Arc::new(value);
        let mut list = lock(&self.0);
        list.retain(|value| value.strong_count() > 0);
        list.push(Arc::downgrade(&value));
        value
    }

    /// Returns the values that are in use, in the order in which they were added.
    pub(super) fn all(&self) -> Vec<Arc<T>> {
        lock(&self.0).iter().filter_map(Weak::upgrade).collect()
    }
}
