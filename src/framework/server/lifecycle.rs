//! The end of the process, as far as the provider has a part in it.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::delivery::CallCount;
use super::instance::{Instance, Instances};

/// The part of the patience that is left to the provider's own end, also where calls take all of the time.
const FOR_THE_PROVIDER: Duration = Duration::from_secs(10);

/// What the process has to know, and to do, to end without loss.
#[derive(Clone)]
pub struct Lifecycle {
    pub(super) instances: Arc<Instances>,
    pub(super) calls: CallCount,
}

impl Lifecycle {
    /// How many calls are under way. A call is under way until its response is written to the connection.
    pub fn calls(&self) -> watch::Receiver<usize> {
        self.calls.subscribe()
    }

    /// The user has interrupted the run, and the host will stop the calls that are under way: until then they tell
    /// no more of their progress, on which an interrupted Terraform crashes.
    pub fn interrupted(&self) {
        for instance in self.instances.all() {
            instance.calls.silence();
        }
    }

    /// The process was asked to end: stops the calls that are under way, and refuses new writes from here on.
    pub fn stop(&self) {
        self.instances.gate.close();
        for instance in self.instances.all() {
            instance.calls.stop();
        }
    }

    /// Stops, waits for the writes that are under way, undoes those whose response reached no caller, closes what is
    /// open, and lets the provider complete what is left to do. Takes no longer than `patience`. What is not done by
    /// then is logged, each object with its name.
    pub async fn finish(self, patience: Duration) {
        self.stop();
        let instances = self.instances.all();
        let all = join_all(instances.iter().map(Instance::finish));
        let overdue = async {
            sleep(patience.saturating_sub(FOR_THE_PROVIDER)).await;
            join_all(instances.iter().map(|instance| instance.provider.finish())).await;
            pending::<()>().await;
        };
        let finished = async {
            tokio::select! {
                _ = all => {}
                () = overdue => {}
            }
        };
        if timeout(patience, finished).await.is_err() {
            let unfinished: usize = instances.iter().map(|instance| instance.tasks.len()).sum();
            tracing::warn!(
                unfinished,
                "the process ends before all that was begun is finished"
            );
            for instance in instances {
                instance.calls.log_creations();
                instance.unfinished.log();
            }
        }
    }
}
