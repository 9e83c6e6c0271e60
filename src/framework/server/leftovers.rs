//! What was opened and is not closed yet. Terraform closes nothing once something that uses it has failed or
//! was interrupted (seen in 1.11 and in 1.15), and a killed one closes nothing at all: the last chance is the
//! end of the process.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::join_all;
use tokio_util::task::TaskTracker;

use super::Shared;
use super::catch::answer;
use crate::proto::tfplugin6 as proto;
use proto::close_ephemeral_resource;

/// The ephemeral resources that are open, and the openings and closings under way that nobody may be waiting
/// for.
#[derive(Default)]
pub(super) struct StillOpen {
    handles: Mutex<Vec<Handle>>,
    pub(super) tasks: TaskTracker,
}

/// What closing needs to know: the type's name and the private bytes.
type Handle = (String, Vec<u8>);

impl StillOpen {
    /// Remembers what was opened. What remembers nothing needs no closing.
    pub(super) fn add(&self, type_name: &str, private: &[u8]) {
        if !private.is_empty() {
            self.handles().push((type_name.to_owned(), private.to_vec()));
        }
    }

    /// Forgets what was closed, or could not be, which its user was told.
    pub(super) fn remove(&self, type_name: &str, private: &[u8]) {
        self.handles()
            .retain(|(of, handle)| of != type_name || handle != private);
    }

    fn handles(&self) -> MutexGuard<'_, Vec<Handle>> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the host may leave behind.
pub struct Leftovers(pub(super) Arc<Shared>);

impl Leftovers {
    /// Closes whatever is open, when no call comes any more. How long to wait for it is the caller's to say.
    pub async fn close(self) {
        let Leftovers(shared) = self;
        shared.open.tasks.close();
        shared.open.tasks.wait().await;
        let left = shared.open.handles().clone();
        join_all(left.into_iter().map(|(type_name, private)| {
            let shared = &shared;
            async move {
                tracing::debug!(tf_resource_type = type_name, "closing what the host left open");
                shared.close_unasked(type_name, Some(private)).await;
            }
        }))
        .await;
    }
}

impl Shared {
    /// Closes what nobody else would. There is nobody to tell of a failure but the log.
    pub(super) async fn close_unasked(&self, type_name: String, private: Option<Vec<u8>>) {
        let request = close_ephemeral_resource::Request {
            type_name: type_name.clone(),
            private,
        };
        let closed = answer("CloseEphemeralResource", &type_name, self.close(request)).await;
        for diagnostic in closed.diagnostics {
            tracing::warn!(
                tf_resource_type = type_name,
                diagnostic_summary = diagnostic.summary,
                "while closing what the host did not"
            );
        }
    }
}
