//! Open ephemeral resources. Terraform does not close them after a resource that uses them has failed or was
//! interrupted (seen in 1.11 and in 1.15), or when Terraform itself was killed. In that case they are closed
//! at the end of the connection or of the process.

use std::sync::Mutex;

use tokio::sync::Notify;

use super::super::private::Private;
use crate::lock::lock;

/// The open ephemeral resources. Closing one removes its entry from the list first, so that each is closed
/// once.
#[derive(Default)]
pub(super) struct OpenEphemeralResources {
    entries: Mutex<Vec<OpenEntry>>,
    added: Notify,
}

/// The data for closing an ephemeral resource.
pub(super) struct OpenEntry {
    pub(super) type_name: String,
    pub(super) private: Vec<u8>,
}

impl OpenEphemeralResources {
    /// Adds an opened resource. Empty private bytes mean that closing does nothing.
    pub(super) fn add(&self, type_name: &str, private: &[u8]) {
        if !private.is_empty() {
            lock(&self.entries).push(OpenEntry {
                type_name: type_name.to_owned(),
                private: private.to_vec(),
            });
            self.added.notify_one();
        }
    }

    /// Removes the entry of a resource that is about to be closed. Returns false if there is none, for
    /// example because it was already closed. The entry is not restored after a failure, which is reported to
    /// the caller that closes.
    pub(super) fn take(&self, type_name: &str, private: &[u8]) -> bool {
        let mut entries = lock(&self.entries);
        let position = entries
            .iter()
            .position(|entry| entry.type_name == type_name && entry.private == private);
        position.map(|position| entries.swap_remove(position)).is_some()
    }

    /// Whether nothing is open.
    pub(super) fn is_empty(&self) -> bool {
        lock(&self.entries).is_empty()
    }

    /// Returns when something was added since the last time.
    pub(super) async fn added(&self) {
        self.added.notified().await;
    }

    /// Removes all entries, which are about to be closed.
    pub(super) fn take_all(&self) -> Vec<OpenEntry> {
        std::mem::take(&mut *lock(&self.entries))
    }
}

/// Describes an ephemeral resource for the log. The private bytes are not secret.
pub(super) fn describe(type_name: &str, private: &[u8]) -> String {
    format!("ephemeral {type_name} {}", Private::decode(private))
}
