//! The tasks that must finish before an instance ends, and the deletion of objects whose response was not
//! delivered.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::calls::Calls;
use crate::lock::lock;

/// The time limit for undoing one operation.
const LIMIT: Duration = Duration::from_secs(30);

/// The tasks of one instance. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Work {
    pub(super) calls: Arc<Calls>,
    /// The tasks for which the end of the process waits: writes, and undoing writes.
    pub(super) tasks: TaskTracker,
    pub(super) unfinished: Arc<Unfinished>,
}

/// Undoes an operation when it is dropped, unless the response was delivered. The end of the process waits
/// for it.
pub(super) struct Undo {
    work: Work,
    /// The future that undoes the operation, and the object's entry in the list that the end of the process
    /// logs.
    undoing: Option<(BoxFuture<'static, ()>, Entry)>,
    /// The handle is stored because a guard can be dropped outside of the runtime.
    runtime: Handle,
    _permit: TaskTrackerToken,
}

impl Undo {
    /// Creates a guard that runs `undoing` when it is dropped before the delivery. `what` describes the
    /// object for the log and must not contain a secret.
    pub(super) fn new(work: &Work, what: String, undoing: impl Future<Output = ()> + Send + 'static) -> Self {
        Undo {
            work: work.clone(),
            undoing: Some((undoing.boxed(), work.unfinished.add(what))),
            runtime: Handle::current(),
            _permit: work.tasks.token(),
        }
    }

    /// Disarms the guard, because the response was delivered.
    pub(super) fn delivered(mut self) {
        self.undoing = None;
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        if let Some((undoing, entry)) = self.undoing.take() {
            self.work.undo(&self.runtime, entry, undoing);
        }
    }
}

impl Work {
    /// Runs `undoing` in its own task, within [`LIMIT`]. If it takes longer, the object is logged.
    pub(super) fn undo(
        &self,
        runtime: &Handle,
        entry: Entry,
        undoing: impl Future<Output = ()> + Send + 'static,
    ) {
        let call = self.calls.begin();
        let limited = async move {
            if tokio::time::timeout(LIMIT, call.run(undoing)).await.is_err() {
                entry.log();
            }
        };
        self.tasks.spawn_on(limited, runtime);
    }
}

/// Descriptions, for the log, of objects that may have to be deleted or are being deleted.
#[derive(Default)]
pub(super) struct Unfinished(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    added: u64,
    what: BTreeMap<u64, String>,
}

impl Unfinished {
    /// Adds an object until the entry is dropped.
    pub(super) fn add(self: &Arc<Self>, what: String) -> Entry {
        let mut entries = lock(&self.0);
        entries.added += 1;
        let number = entries.added;
        entries.what.insert(number, what);
        drop(entries);
        Entry {
            number,
            of: Arc::clone(self),
        }
    }

    /// Logs every object whose response was not delivered and that was not deleted.
    pub(super) fn log(&self) {
        for what in lock(&self.0).what.values() {
            log(what);
        }
    }
}

/// An entry of the list, which dropping it removes.
pub(super) struct Entry {
    number: u64,
    of: Arc<Unfinished>,
}

impl Entry {
    fn log(&self) {
        if let Some(what) = lock(&self.of.0).what.get(&self.number) {
            log(what);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        lock(&self.of.0).what.remove(&self.number);
    }
}

fn log(what: &str) {
    tracing::error!(
        object = what,
        "neither delivered nor undone in time: it may exist and be in no state"
    );
}
