//! What was opened and is not closed yet. Terraform closes nothing once something that uses it has failed or
//! was interrupted (seen in 1.11 and in 1.15), and a killed one closes nothing at all: the last chance is the
//! end of the process, which a host that asks for it waits for.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio_util::task::TaskTracker;

use super::Shared;
use super::catch::answer;
use crate::proto::tfplugin6 as proto;
use proto::close_ephemeral_resource;

/// The ephemeral resources that are open, and the openings and closings under way. A handle is in the list
/// until a closing takes it, so that there is one closing for each.
#[derive(Default)]
pub(super) struct StillOpen {
    handles: Mutex<Vec<Handle>>,
    added: Notify,
    pub(super) tasks: TaskTracker,
}

/// What closing needs to know: the type's name and the private bytes.
type Handle = (String, Vec<u8>);

impl StillOpen {
    /// Remembers what was opened. Empty private bytes mean that closing has nothing to do.
    pub(super) fn add(&self, type_name: &str, private: &[u8]) {
        if !private.is_empty() {
            self.handles().push((type_name.to_owned(), private.to_vec()));
            self.added.notify_one();
        }
    }

    /// Removes the entry of what is about to be closed; false if there is none, or another closing has taken
    /// it. It does not come back after a failure, which is reported to whoever asked for the closing.
    pub(super) fn take(&self, type_name: &str, private: &[u8]) -> bool {
        let mut handles = self.handles();
        let position = handles
            .iter()
            .position(|(of, handle)| of == type_name && handle == private);
        position.map(|position| handles.swap_remove(position)).is_some()
    }

    fn take_all(&self) -> Vec<Handle> {
        std::mem::take(&mut *self.handles())
    }

    fn handles(&self) -> MutexGuard<'_, Vec<Handle>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the host may leave behind.
pub struct Leftovers(pub(super) Arc<Shared>);

impl Leftovers {
    /// Closes whatever is open, when the host has nothing more to ask, and waits for it no longer than
    /// `patience`.
    pub async fn close(self, patience: Duration) {
        let Leftovers(shared) = self;
        if tokio::time::timeout(patience, shared.close_all()).await.is_err() {
            tracing::warn!(
                unfinished = shared.open.tasks.len(),
                "the process ends before all that was opened is closed"
            );
        }
    }
}

impl Shared {
    /// Closes what is open at once, and what is still being opened as soon as it is: one that is stuck must
    /// not keep the others from being closed.
    async fn close_all(self: &Arc<Self>) {
        let open = &self.open;
        open.tasks.close();
        loop {
            for (type_name, private) in open.take_all() {
                tracing::debug!(tf_resource_type = type_name, "closing what the host left open");
                self.close_unasked(type_name, private);
            }
            tokio::select! {
                () = open.added.notified() => {}
                () = open.tasks.wait() => {
                    // What was added by the last of the tasks is seen here, if not above.
                    if open.handles().is_empty() {
                        break;
                    }
                }
            }
        }
    }

    /// Closes what nobody else would, and was taken from the list for it, in a task of its own. There is
    /// nobody to tell of a failure but the log.
    pub(super) fn close_unasked(self: &Arc<Self>, type_name: String, private: Vec<u8>) {
        let shared = Arc::clone(self);
        self.open.tasks.spawn(async move {
            let request = close_ephemeral_resource::Request {
                type_name: type_name.clone(),
                private: Some(private),
            };
            let closed = answer("CloseEphemeralResource", &type_name, shared.try_close(request)).await;
            for diagnostic in closed.diagnostics {
                tracing::warn!(
                    tf_resource_type = type_name,
                    diagnostic_summary = diagnostic.summary,
                    "while closing what the host did not"
                );
            }
        });
    }
}
