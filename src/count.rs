//! A number of connections or calls that can be waited for.

use std::sync::Arc;

use tokio::sync::watch;

/// Counts what is open or under way. Clones share the number.
#[derive(Debug, Clone, Default)]
pub struct Count(Arc<watch::Sender<usize>>);

/// Counts as one until it is dropped.
#[derive(Debug)]
pub struct Counted(Arc<watch::Sender<usize>>);

impl Count {
    /// The number, now and whenever it changes.
    pub fn subscribe(&self) -> watch::Receiver<usize> {
        self.0.subscribe()
    }

    /// Counts one more.
    #[must_use]
    pub fn add(&self) -> Counted {
        self.0.send_modify(|count| *count += 1);
        Counted(Arc::clone(&self.0))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
