//! A list of values that are in use elsewhere.

use std::sync::{Arc, Mutex, Weak};

use crate::lock::lock;

/// A list whose values leave it when their last owner drops them. Clones share the list.
pub(super) struct WeakList<T>(Arc<Mutex<Vec<Weak<T>>>>);

impl<T> WeakList<T> {
    /// Adds a value.
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

impl<T> Clone for WeakList<T> {
    fn clone(&self) -> Self {
        WeakList(Arc::clone(&self.0))
    }
}

impl<T> Default for WeakList<T> {
    fn default() -> Self {
        WeakList(Arc::default())
    }
}
