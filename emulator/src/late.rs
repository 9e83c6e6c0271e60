//! Requests that are acted on later, whether or not the client still waits.

use std::sync::{Mutex, PoisonError};

use tokio::task::JoinSet;

/// The tasks that act on such requests. They end with the emulator, so that nothing is changed after it has stopped.
#[derive(Debug, Default)]
pub(crate) struct Late {
    tasks: Mutex<JoinSet<()>>,
}

impl Late {
    /// Runs a task that no connection can end.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that have ended are let go of.
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Ends all tasks, and waits until they have ended.
    pub(crate) async fn end(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        tasks.shutdown().await;
    }
}
