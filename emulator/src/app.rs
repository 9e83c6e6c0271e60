//! The state shared by all handlers, and the steps of every API call: authenticate, handle, respond.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::Serialize;

use crate::clock::{Clock, ClockError};
use crate::delayed_requests::DelayedRequests;
use crate::error::{ApiError, StorageError};
use crate::faults::Faults;
use crate::log::RequestLog;
use crate::observe::Observer;
use crate::rate::RateLimiter;
use crate::state::{Caller, Organization};
use crate::store::Storage;

#[derive(Debug)]
pub(crate) struct App {
    pub(crate) organization: Mutex<Organization>,
    pub(crate) storage: Storage,
    pub(crate) clock: Clock,
    pub(crate) log: RequestLog,
    pub(crate) limits: Limits,
    pub(crate) delayed_requests: DelayedRequests,
    /// Called with every response of the API before it is sent.
    pub(crate) observer: Option<Observer>,
}

/// What delays or refuses an API request before it reaches its endpoint.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    /// The delay before a request is handled.
    pub(crate) latency: Duration,
    pub(crate) rate_limit: Option<RateLimiter>,
    pub(crate) faults: Mutex<Faults>,
}

/// An authenticated call with exclusive access to the organization.
pub(crate) struct Call<'a> {
    pub(crate) organization: &'a mut Organization,
    pub(crate) caller: Caller,
    pub(crate) now: Timestamp,
}

impl App {
    /// Locks the organization. A poisoned lock can be used: all checks precede a change, so a panic leaves no
    /// partial change.
    pub(crate) fn organization(&self) -> MutexGuard<'_, Organization> {
        self.organization.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.limits.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Handles a call. `handler` is the API's internal name of the operation, which errors contain.
    pub(crate) fn respond<T: Serialize>(
        &self,
        handler: &'static str,
        headers: &HeaderMap,
        handle: impl FnOnce(Call<'_>) -> Result<T, ApiError>,
    ) -> Response {
        let now = self.clock.now();
        let result = self.persist(|organization| {
            let caller = organization.authenticate(bearer(headers), now)?;
            handle(Call {
                organization,
                caller,
                now,
            })
        });
        match result {
            Ok(body) => Json(body).into_response(),
            Err(refusal) => refusal.into_response(handler),
        }
    }

    /// Reads the organization. Fails if the organization in memory has changes that could not be stored.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Organization) -> T) -> Result<T, StorageError> {
        let organization = self.organization();
        self.storage.check_up_to_date()?;
        Ok(read(&organization))
    }

    /// Changes the organization and returns the result once the change is stored. The lock is held during the
    /// write, because no response may show a change that can still be lost. The thread blocks for these few
    /// milliseconds: other calls need the lock anyway, and the runtime has a second thread for everything
    /// else.
    pub(crate) fn persist<T, E: From<StorageError>>(
        &self,
        change: impl FnOnce(&mut Organization) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut organization = self.organization();
        self.storage.check_up_to_date()?;
        let result = change(&mut organization);
        self.storage.store(&organization.take_changes())?;
        result
    }

    /// Moves the clock and returns the new time once it is stored.
    pub(crate) fn advance_clock(&self, seconds: i64) -> Result<Timestamp, ClockError> {
        // The lock keeps moves of the clock in the order in which they are stored.
        let _organization = self.organization();
        let offset = self.clock.moved(seconds)?;
        self.storage.store_clock(offset)?;
        self.clock.set_offset_seconds(offset);
        Ok(self.clock.now())
    }
}

/// Returns the token of an `Authorization` header. The scheme is compared ignoring letter case.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
