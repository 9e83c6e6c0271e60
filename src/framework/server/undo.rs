//! What has to be undone when the response that tells of it reaches no caller.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::runtime::Handle;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::instance::Instance;

/// How long one undoing may take.
const LIMIT: Duration = Duration::from_secs(30);

/// Undoes something when it is dropped, unless the response that tells of it was delivered. The end of the
/// process waits for it.
pub(super) struct Undo {
    instance: Arc<Instance>,
    /// What is undone, for the log. Nothing secret.
    what: String,
    undoing: Option<BoxFuture<'static, ()>>,
    /// A guard can be dropped outside of the runtime.
    runtime: Handle,
    _permit: TaskTrackerToken,
}

impl Undo {
    /// A guard that runs `undoing` when it is dropped too early.
    pub(super) fn new(
        instance: &Arc<Instance>,
        what: String,
        undoing: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        Undo {
            instance: Arc::clone(instance),
            what,
            undoing: Some(undoing.boxed()),
            runtime: Handle::current(),
            _permit: instance.tasks.token(),
        }
    }

    /// The response was delivered.
    pub(super) fn delivered(mut self) {
        self.undoing = None;
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        if let Some(undoing) = self.undoing.take() {
            let what = std::mem::take(&mut self.what);
            self.instance.undo(&self.runtime, what, undoing);
        }
    }
}

impl Instance {
    /// Undoes something in a task of its own, within [`LIMIT`]. What is not undone by then is logged.
    pub(super) fn undo(
        self: &Arc<Self>,
        runtime: &Handle,
        what: String,
        undoing: impl Future<Output = ()> + Send + 'static,
    ) {
        let entry = self.unfinished.add(what);
        let call = self.calls.begin();
        let limited = async move {
            if tokio::time::timeout(LIMIT, call.run(undoing)).await.is_err() {
                entry.log();
            }
        };
        self.tasks.spawn_on(limited, runtime);
    }
}

/// What is being undone, in words for the log.
#[derive(Default)]
pub(super) struct Unfinished(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    added: u64,
    what: BTreeMap<u64, String>,
}

impl Unfinished {
    fn add(self: &Arc<Self>, what: String) -> Entry {
        let mut entries = self.lock();
        entries.added += 1;
        let number = entries.added;
        entries.what.insert(number, what);
        drop(entries);
        Entry {
            number,
            of: Arc::clone(self),
        }
    }

    /// Logs everything that is still being undone.
    pub(super) fn log(&self) {
        for what in self.lock().what.values() {
            log(what);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something that is being undone until this is dropped.
struct Entry {
    number: u64,
    of: Arc<Unfinished>,
}

impl Entry {
    fn log(&self) {
        if let Some(what) = self.of.lock().what.get(&self.number) {
            log(what);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.of.lock().what.remove(&self.number);
    }
}

fn log(what: &str) {
    tracing::error!(object = what, "not undone in time: it may still exist");
}
