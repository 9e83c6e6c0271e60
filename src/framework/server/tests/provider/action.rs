//! An action whose argument `what` selects its behaviour.

use async_trait::async_trait;

use super::Controls;
use crate::framework::action::{Action, Progress};
use crate::framework::block::Block;
use crate::framework::diagnostics::{Diagnostic, Diagnostics};

crate::model! {
    /// A configuration of the action.
    pub(crate) struct Config {
        /// Selects the behaviour of the action.
        #[attribute(required)]
        what: String,
    }
}

pub(crate) struct TestAction(pub(crate) Controls);

/// A number of messages that exceeds every channel's capacity.
pub(crate) const MANY: usize = 100;

impl Block for TestAction {
    type Model = Config;

    fn type_name(&self) -> &'static str {
        "test_action"
    }
}

#[async_trait]
impl Action for TestAction {
    async fn invoke(&self, config: Config, progress: &Progress) -> Result<Diagnostics, Diagnostics> {
        progress.report("begun").await;
        match config.what.text().unwrap_or_default() {
            "fails" => Err(Diagnostic::error("not done", "").into()),
            "panics" => panic!("a bug in the action"),
            "long" => {
                self.0.proceed.notified().await;
                for number in 0..MANY {
                    progress.report(format!("step {number}")).await;
                }
                self.0.done.notify_one();
                Ok(Diagnostics::new())
            }
            _ => Ok(Diagnostic::warning("done", "").into()),
        }
    }
}
