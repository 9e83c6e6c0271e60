//! Counts connections or calls. A caller can wait until the number changes.

use std::sync::Arc;

use tokio::sync::watch;

/// Counts open connections or calls in flight. Clones share the number.
#[derive(Debug, Clone, Default)]
pub struct Count(Arc<watch::Sender<usize>>);

/// Counts as one until it is dropped.
#[derive(Debug)]
pub struct Counted(Arc<watch::Sender<usize>>);

impl Count {
    /// Returns the number and its later changes.
    pub fn subscribe(&self) -> watch::Receiver<usize> {
        self.0.subscribe()
    }

    /// Increases the number until the returned guard is dropped.
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
