//! Actions: operations that run once on request and are not stored in the state.

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

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
    pub(super) sender: mpsc::Sender<String>,
    /// Cancelled when the user interrupts the run, because Terraform 1.14 and 1.15 crash on progress events after
    /// an interrupt.
    pub(super) interrupted: CancellationToken,
}

impl Progress {
    /// Reports progress to the user. After an interrupt nothing is reported. The action continues if the
    /// receiver was dropped.
    pub async fn report(&self, message: impl Into<String>) {
        if !self.interrupted.is_cancelled() {
            let _ = self.sender.send(message.into()).await;
        }
    }
}
