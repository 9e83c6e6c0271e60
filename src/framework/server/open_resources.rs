//! What was opened and is not closed yet. Terraform closes nothing once something that uses it has failed or
//! was interrupted (seen in 1.11 and in 1.15), and a killed one closes nothing at all: the last chance is the
//! end of the connection, or that of the process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::super::private::Private;
use super::instance::Instance;

/// The ephemeral resources that are open. A handle is in the list until a closing takes it, so that there is one
/// closing for each.
#[derive(Default)]
pub(super) struct OpenEphemeralResources {
    handles: Mutex<Vec<Handled>>,
    added: Notify,
}

/// What closing needs to know: the type's name and the private bytes.
type Handled = (String, Vec<u8>);

impl OpenEphemeralResources {
    /// Remembers what was opened. Empty private bytes mean that closing has nothing to do.
    pub(super) fn add(&self, type_name: &str, private: &[u8]) {
        if !private.is_empty() {
            self.handles().push((type_name.to_owned(), private.to_vec()));
            self.added.notify_one();
        }
    }

    /// Removes the entry of what is about to be closed; false if there is none, or another closing has taken
    /// it. It does not come back after a failure, which is reported to the caller of the closing.
    pub(super) fn take(&self, type_name: &str, private: &[u8]) -> bool {
        let mut handles = self.handles();
        let position = handles
            .iter()
            .position(|(of, handle)| of == type_name && handle == private);
        position.map(|position| handles.swap_remove(position)).is_some()
    }

    fn take_all(&self) -> Vec<Handled> {
        std::mem::take(&mut *self.handles())
    }

    fn handles(&self) -> MutexGuard<'_, Vec<Handled>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Instance {
    /// Closes what is open, at once, and what is still being opened as soon as it is open: one opening that does
    /// not end must not keep the others from being closed. Returns when nothing is left and all writes are over.
    pub(super) async fn finish(self: &Arc<Self>) {
        self.tasks.close();
        loop {
            // While this is held, another task that finishes this instance does not take it for finished.
            let closing = self.tasks.token();
            for (type_name, private) in self.open.take_all() {
                tracing::debug!(tf_resource_type = type_name, "closing what the caller left open");
                let what = opened(&type_name, &private);
                self.undo(
                    &Handle::current(),
                    self.unfinished.add(what),
                    Arc::clone(self).close_unasked(type_name, private),
                );
            }
            drop(closing);
            tokio::select! {
                () = self.open.added.notified() => {}
                () = self.tasks.wait() => {
                    // What was added by the last of the tasks is seen here, if not above.
                    if self.open.handles().is_empty() && self.tasks.is_empty() {
                        break;
                    }
                }
            }
        }
        self.provider.finish().await;
    }
}

/// An ephemeral resource in words for the log. What closing needs to know is not secret.
pub(super) fn opened(type_name: &str, private: &[u8]) -> String {
    format!("ephemeral {type_name} {}", Private::decode(private))
}
