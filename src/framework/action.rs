//! Actions: operations that run once on request and are not stored in the state.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::block::Block;
use super::diagnostics::Diagnostics;

/// A type of action.
#[async_trait]
pub trait Action: Block {
    /// Runs the action and reports its progress. Returns warnings.
    async fn invoke(&self, config: Self::Model, progress: &Progress) -> Result<Diagnostics, Diagnostics>;
}

/// Reports the progress of an action.
#[derive(Debug, Clone)]
pub struct Progress {
    listener: mpsc::Sender<String>,
    quiet: Quiet,
}

/// Whether an action may no longer report progress. This is so once the user has interrupted the run, because
/// Terraform 1.14 and 1.15 crash on progress events after an interrupt.
#[derive(Debug, Clone, Default)]
pub(super) struct Quiet(Arc<AtomicBool>);

impl Quiet {
    /// Ends the reporting of progress.
    pub(super) fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(super) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Progress {
    /// Creates a reporter that sends to this receiver until `quiet` begins.
    pub(super) fn new(listener: mpsc::Sender<String>, quiet: Quiet) -> Self {
        Progress { listener, quiet }
    }

    /// Reports progress to the user. After an interrupt nothing is reported. The action continues if the
    /// receiver was dropped.
    pub async fn report(&self, message: impl Into<String>) {
        if !self.quiet.has_begun() {
            let _ = self.listener.send(message.into()).await;
        }
    }
}
