//! A running emulator.

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use tokio::sync::oneshot;

use crate::app::App;
use crate::clock::ClockError;
use crate::faults::{Faults, FaultsError};
use crate::log::LoggedRequest;
use crate::seed::{self, SeedError};
use crate::snapshot::Snapshot;

/// A running emulator, which stops when this is dropped: it takes no more connections and finishes, within two seconds,
/// the requests under way.
#[derive(Debug)]
pub struct Listening {
    app: Arc<App>,
    address: SocketAddr,
    authority_pem: Option<String>,
    stop: Option<oneshot::Sender<()>>,
    worker: Option<Worker>,
}

/// Where the emulator runs.
#[derive(Debug)]
pub(crate) enum Worker {
    Task(tokio::task::JoinHandle<()>),
    Thread(std::thread::JoinHandle<()>),
}

impl Listening {
    pub(crate) fn new(
        app: Arc<App>,
        address: SocketAddr,
        authority_pem: Option<String>,
        stop: oneshot::Sender<()>,
        worker: Worker,
    ) -> Self {
        Self {
            app,
            address,
            authority_pem,
            stop: Some(stop),
            worker: Some(worker),
        }
    }

    /// The base URL, without a slash at the end.
    pub fn url(&self) -> String {
        let scheme = if self.authority_pem.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address)
    }

    /// The address that is listened on, with the port that was found.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate authority to trust, made for this run; none without TLS.
    pub fn certificate_authority_pem(&self) -> Option<&str> {
        self.authority_pem.as_deref()
    }

    /// The API requests so far, in the order of their arrival; the latest 10,000 are remembered.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.app.log.requests()
    }

    /// How many of the oldest requests are not remembered any more.
    pub fn dropped_requests(&self) -> u64 {
        self.app.log.dropped()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.app.log.clear();
    }

    /// The time on the emulator's clock, in whole seconds.
    pub fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// Moves the emulator's clock, back if negative, and gives the new time.
    ///
    /// # Errors
    /// If the clock would leave the years 1970 to 8999, or the state file cannot be written; it then stays as it is.
    pub fn advance_clock(&self, seconds: i64) -> Result<Timestamp, ClockError> {
        self.app.advance_clock(seconds)
    }

    /// What is in the organization, without secrets: the same as `GET /_emulator/state`. Null once the state file could not
    /// be written, for what is in memory is then not what lasts.
    pub fn state(&self) -> Value {
        let clock = &self.app.clock;
        let shown = self.app.read(|organization| {
            // Nothing in it has a form that JSON lacks.
            serde_json::to_value(Snapshot::new(organization, clock)).unwrap_or_default()
        });
        shown.unwrap_or_default()
    }

    /// Adds users, Dives and running Ducklings: the same as `PUT /_emulator/seed`.
    ///
    /// # Errors
    /// If something is wrong with the seed, and nothing is changed then; or if the state file cannot be written.
    pub fn seed(&self, seed: &Value) -> Result<(), SeedError> {
        let now = self.app.clock.now();
        self.app.lasting(|organization| {
            seed::apply(seed, organization, now).map_err(|issues| SeedError::invalid(&issues))
        })
    }

    /// The rules that make requests fail, with their counts: the same as `GET /_emulator/faults`.
    pub fn faults(&self) -> Value {
        self.app.faults().to_json()
    }

    /// Replaces the rules that make requests fail: the same as `PUT /_emulator/faults`. An empty list ends all trouble.
    ///
    /// # Errors
    /// If something is wrong with the rules; those that are there stay then.
    pub fn set_faults(&self, rules: &Value) -> Result<(), FaultsError> {
        *self.app.faults() = Faults::from_json(rules)?;
        Ok(())
    }

    /// Stops the emulator and waits until it has. Its state file is free then.
    pub async fn stop(mut self) {
        self.stop.take();
        match self.worker.take() {
            // A task that was cancelled with its runtime has stopped as well.
            Some(Worker::Task(task)) => drop(task.await),
            Some(Worker::Thread(thread)) => {
                drop(tokio::task::spawn_blocking(move || thread.join()).await);
            }
            None => {}
        }
        self.app.keeper.close();
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.stop.take();
        // A task cannot be waited for here; it ends by itself.
        if let Some(Worker::Thread(thread)) = self.worker.take() {
            drop(thread.join());
            self.app.keeper.close();
        }
    }
}
