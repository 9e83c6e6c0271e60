//! Requests that are handled later, whether or not the client still waits.

use std::sync::{Mutex, PoisonError};

use tokio::task::JoinSet;

/// The tasks that handle delayed requests. They are aborted with the emulator, so that nothing changes after it
/// has stopped.
#[derive(Debug, Default)]
pub(crate) struct DelayedRequests {
    tasks: Mutex<JoinSet<()>>,
}

impl DelayedRequests {
    /// Spawns a task that continues when the client disconnects.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // Removes tasks that have ended.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Aborts all tasks, and waits until they have ended.
    pub(crate) async fn end(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.shutdown().await;
    }
}
