//! Undoes what was created for a response that is not delivered.

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

/// Undoes something when it is dropped, unless its response was delivered. The end of the process waits for it.
pub(super) struct Undo {
    instance: Arc<Instance>,
    /// What is undone, and its entry in the list of what the end of the process logs.
    undoing: Option<(BoxFuture<'static, ()>, Entry)>,
    /// A guard can be dropped outside of the runtime.
    runtime: Handle,
    _permit: TaskTrackerToken,
}

impl Undo {
    /// A guard that runs `undoing` when it is dropped too early. `what` names the object for the log: it must hold
    /// no secret.
    pub(super) fn new(
        instance: &Arc<Instance>,
        what: String,
        undoing: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        Undo {
            instance: Arc::clone(instance),
            undoing: Some((undoing.boxed(), instance.unfinished.add(what))),
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
        if let Some((undoing, entry)) = self.undoing.take() {
            self.instance.undo(&self.runtime, entry, undoing);
        }
    }
}

impl Instance {
    /// Undoes something in a task of its own, within [`LIMIT`]. What is not undone by then is logged.
    pub(super) fn undo(
        self: &Arc<Self>,
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

/// What may have to be undone or is being undone, in words for the log.
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

    /// Logs everything that is neither delivered nor undone.
    pub(super) fn log(&self) {
        for what in self.lock().what.values() {
            log(what);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something that is neither delivered nor undone until this is dropped.
pub(super) struct Entry {
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
    tracing::error!(
        object = what,
        "neither delivered nor undone in time: it may exist and be in no state"
    );
}
