//! The tasks that must finish before an instance ends, and the deletion of objects whose response was not
//! delivered.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::calls::Calls;
use super::weak_list::WeakList;

/// The time limit for undoing one operation.
const LIMIT: Duration = Duration::from_secs(30);

/// The tasks of one instance.
#[derive(Default)]
pub(super) struct Tasks {
    pub(super) calls: Calls,
    /// The tasks for which the end of the process waits: writes, and undoing writes.
    pub(super) tracker: TaskTracker,
    /// Descriptions, for the log, of objects that may have to be deleted or are being deleted.
    pub(super) unfinished: WeakList<String>,
}

impl Tasks {
    /// Runs `undo` in its own task, within [`LIMIT`]. If it takes longer, `object` is logged.
    pub(super) fn undo(
        &self,
        runtime: &Handle,
        object: Arc<String>,
        undo: impl Future<Output = ()> + Send + 'static,
    ) {
        let call = self.calls.begin();
        let limited = async move {
            if tokio::time::timeout(LIMIT, call.run(undo)).await.is_err() {
                log_unfinished(&object);
            }
        };
        self.tracker.spawn_on(limited, runtime);
    }
}

/// Logs an object whose response was not delivered and that was not deleted.
pub(super) fn log_unfinished(object: &str) {
    tracing::error!(
        object,
        "neither delivered nor undone in time: it may exist and be in no state"
    );
}

/// Undoes an operation when it is dropped, unless it was disarmed. The end of the process waits for it.
pub(super) struct UndoGuard {
    tasks: Arc<Tasks>,
    /// The future that undoes the operation, and the object's entry in the list that the end of the process
    /// logs.
    undo: Option<(BoxFuture<'static, ()>, Arc<String>)>,
    /// The handle is stored because a guard can be dropped outside of the runtime.
    runtime: Handle,
    _permit: TaskTrackerToken,
}

impl UndoGuard {
    /// Creates a guard that runs `undo` when it is dropped before the delivery. `object` describes the object
    /// for the log and must not contain a secret.
    pub(super) fn new(
        tasks: &Arc<Tasks>,
        object: String,
        undo: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        UndoGuard {
            tasks: Arc::clone(tasks),
            undo: Some((undo.boxed(), tasks.unfinished.add(object))),
            runtime: Handle::current(),
            _permit: tasks.tracker.token(),
        }
    }

    /// Disarms the guard, because the response was delivered.
    pub(super) fn disarm(mut self) {
        self.undo = None;
    }
}

impl Drop for UndoGuard {
    fn drop(&mut self) {
        if let Some((undo, object)) = self.undo.take() {
            self.tasks.undo(&self.runtime, object, undo);
        }
    }
}
