//! A running emulator.

use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;
use tokio::io::DuplexStream;
use tokio::sync::oneshot;

use crate::app::App;
use crate::clock::ClockError;
use crate::faults::{Faults, FaultsError};
use crate::log::LoggedRequest;
use crate::memory::Dialer;
use crate::seed::{self, SeedError};
use crate::snapshot::Snapshot;

/// A running emulator. Dropping it stops it: it accepts no more connections and finishes the requests in
/// flight within two seconds.
#[derive(Debug)]
pub struct Emulator {
    pub(crate) app: Arc<App>,
    pub(crate) address: SocketAddr,
    pub(crate) dialer: Dialer,
    pub(crate) authority_pem: Option<String>,
    pub(crate) stop: Option<oneshot::Sender<()>>,
    pub(crate) worker: Option<Worker>,
}

/// The task or thread that runs the emulator.
#[derive(Debug)]
pub(crate) enum Worker {
    Task(tokio::task::JoinHandle<()>),
    Thread(std::thread::JoinHandle<()>),
}

impl Emulator {
    /// Returns the base URL without a trailing slash.
    pub fn url(&self) -> String {
        let scheme = if self.authority_pem.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address)
    }

    /// Returns the address with the actual port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Opens a connection within the process. HTTP on it is the same as on a connection to
    /// [`Emulator::address`] without TLS. It needs no socket, so a test can pause Tokio's clock.
    pub fn connect(&self) -> DuplexStream {
        self.dialer.connect()
    }

    /// Returns the certificate authority of this run in PEM form; `None` without TLS.
    pub fn certificate_authority_pem(&self) -> Option<&str> {
        self.authority_pem.as_deref()
    }

    /// Returns the API requests so far in the order of arrival. Only the latest 10,000 are kept.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.app.log.requests()
    }

    /// Returns how many of the oldest requests were dropped.
    pub fn dropped_requests(&self) -> u64 {
        self.app.log.dropped()
    }

    /// Clears the request log.
    pub fn clear_requests(&self) {
        self.app.log.clear();
    }

    /// Returns the time of the emulator's clock in whole seconds.
    pub fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// Advances the emulator's clock, or moves it back if `seconds` is negative. Returns the new time.
    ///
    /// # Errors
    /// If the clock would leave the years 1970 to 8999, or the state file cannot be written. The clock is
    /// then unchanged.
    pub fn advance_clock(&self, seconds: i64) -> Result<Timestamp, ClockError> {
        self.app.advance_clock(seconds)
    }

    /// Returns the organization without secrets, as `GET /_emulator/state` does. The result is null after the
    /// state file could not be written, because the organization in memory then has changes that are not
    /// stored.
    pub fn state(&self) -> Value {
        let clock = &self.app.clock;
        let shown = self.app.read(|organization| {
            // Every snapshot can be serialized.
            serde_json::to_value(Snapshot::new(organization, clock)).unwrap_or_default()
        });
        shown.unwrap_or_default()
    }

    /// Adds users, Dives and running Ducklings, as `PUT /_emulator/seed` does.
    ///
    /// # Errors
    /// If the seed is not valid or the state file cannot be written. Nothing is changed if the seed is not
    /// valid.
    pub fn seed(&self, seed: &Value) -> Result<(), SeedError> {
        let now = self.app.clock.now();
        self.app.persist(|organization| {
            seed::apply(seed, organization, now).map_err(|issues| SeedError::invalid(&issues))
        })
    }

    /// Returns the fault rules with their counts, as `GET /_emulator/faults` does.
    pub fn faults(&self) -> Value {
        self.app.faults().to_json()
    }

    /// Replaces the fault rules, as `PUT /_emulator/faults` does. An empty list removes all of them.
    ///
    /// # Errors
    /// If the rules are not valid. The present rules then remain.
    pub fn set_faults(&self, rules: &Value) -> Result<(), FaultsError> {
        *self.app.faults() = Faults::from_json(rules)?;
        Ok(())
    }

    /// Stops the emulator and waits until it has stopped. The state file can then be opened again.
    pub async fn stop(mut self) {
        self.stop.take();
        match self.worker.take() {
            // A task that was cancelled with its runtime has stopped too.
            Some(Worker::Task(task)) => drop(task.await),
            Some(Worker::Thread(thread)) => {
                drop(tokio::task::spawn_blocking(move || thread.join()).await);
            }
            None => {}
        }
        self.app.storage.close();
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        self.stop.take();
        // `drop` cannot wait for a task; the task ends by itself.
        if let Some(Worker::Thread(thread)) = self.worker.take() {
            drop(thread.join());
            self.app.storage.close();
        }
    }
}
