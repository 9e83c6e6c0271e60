//! The provider's part of the end of the process.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::instance::{Instance, Instances};
use super::undo::log_unfinished;
use crate::count::Count;

/// The part of `limit` that is reserved for `Provider::finish`, even if calls take longer.
const PROVIDER_LIMIT: Duration = Duration::from_secs(10);

/// The operations with which a process ends without losing created objects.
#[derive(Clone)]
pub struct Lifecycle {
    pub(super) instances: Arc<Instances>,
    pub(super) calls: Count,
}

impl Lifecycle {
    /// Returns the number of calls in flight. A call is in flight until its response is written to the
    /// connection.
    pub fn calls(&self) -> watch::Receiver<usize> {
        self.calls.subscribe()
    }

    /// Ends progress events: the user has interrupted the run, and Terraform crashes on a progress event
    /// after that. The host will stop the calls.
    pub fn end_progress_events(&self) {
        for instance in self.instances.all() {
            instance.tasks.calls.end_progress_events();
        }
    }

    /// Stops the calls in flight and refuses new writes, because the process received a request to end.
    pub fn stop(&self) {
        self.instances.write_gate.close();
        for instance in self.instances.all() {
            instance.tasks.calls.stop();
        }
    }

    /// Stops the calls, waits for writes in flight, undoes those whose response was not delivered, closes
    /// open ephemeral resources, and lets the provider complete its outstanding work. Takes no longer than
    /// `limit`. Objects that remain are logged one by one.
    pub async fn finish(self, limit: Duration) {
        self.stop();
        let instances = self.instances.all();
        let all = join_all(instances.iter().map(Instance::finish));
        let overdue = async {
            sleep(limit.saturating_sub(PROVIDER_LIMIT)).await;
            join_all(instances.iter().map(|instance| instance.provider.block.finish())).await;
            pending::<()>().await;
        };
        let finished = async {
            tokio::select! {
                _ = all => {}
                () = overdue => {}
            }
        };
        if timeout(limit, finished).await.is_err() {
            let unfinished: usize = instances
                .iter()
                .map(|instance| instance.tasks.tracker.len())
                .sum();
            tracing::warn!(
                unfinished,
                "the process ends before all that was begun is finished"
            );
            for instance in instances {
                instance.tasks.calls.log_creations();
                for object in instance.tasks.unfinished.all() {
                    log_unfinished(&object);
                }
            }
        }
    }
}
