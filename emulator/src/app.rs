//! What all handlers share, and the way every API call goes: authenticate, act on the organization, answer.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde::Serialize;

use crate::clock::{Clock, ClockError};
use crate::error::Refusal;
use crate::faults::Faults;
use crate::late::Late;
use crate::log::RequestLog;
use crate::observe::Observer;
use crate::rate::RateLimiter;
use crate::state::{Caller, Organization};
use crate::store::{Keeper, NotKept};

/// One running emulator.
#[derive(Debug)]
pub(crate) struct App {
    organization: Mutex<Organization>,
    pub(crate) keeper: Keeper,
    pub(crate) clock: Clock,
    pub(crate) log: RequestLog,
    pub(crate) hindrances: Hindrances,
    pub(crate) late: Late,
    /// Who sees every API answer before it leaves.
    pub(crate) observer: Option<Observer>,
}

/// What stands between an API request and its endpoint.
#[derive(Debug, Default)]
pub(crate) struct Hindrances {
    /// How long a request waits before it is looked at.
    pub(crate) latency: Duration,
    pub(crate) rate_limit: Option<RateLimiter>,
    pub(crate) faults: Mutex<Faults>,
}

/// An authenticated call, alone with the organization.
pub(crate) struct Call<'a> {
    pub(crate) organization: &'a mut Organization,
    pub(crate) caller: Caller,
    pub(crate) now: Timestamp,
}

impl App {
    pub(crate) fn new(
        organization: Organization,
        keeper: Keeper,
        clock: Clock,
        log: RequestLog,
        hindrances: Hindrances,
        observer: Option<Observer>,
    ) -> Self {
        Self {
            organization: Mutex::new(organization),
            keeper,
            clock,
            log,
            hindrances,
            late: Late::default(),
            observer,
        }
    }

    /// The organization, for as long as the guard lives. A panic under the lock would leave nothing half done: every change
    /// is made in one piece, after all checks.
    pub(crate) fn organization(&self) -> MutexGuard<'_, Organization> {
        self.organization.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The faults, for as long as the guard lives.
    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.hindrances
            .faults
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Serves a call. `handler` is the API's inner name of the operation, which its errors show.
    pub(crate) fn answer<T: Serialize>(
        &self,
        handler: &'static str,
        headers: &HeaderMap,
        act: impl FnOnce(Call<'_>) -> Result<T, Refusal>,
    ) -> Response {
        let now = self.clock.now();
        let result = self.lasting(|organization| {
            let caller = organization.authenticate(bearer(headers), now)?;
            act(Call {
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

    /// Looks at the organization, unless what is in memory is ahead of what lasts: that is shown to nobody.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Organization) -> T) -> Result<T, NotKept> {
        let organization = self.organization();
        self.keeper.is_up_to_date()?;
        Ok(look(&organization))
    }

    /// Does something to the organization, and gives the result once it lasts. The lock is held while the disk is waited for:
    /// nobody may be told of a change that could still be lost. The thread waits too, for some milliseconds: whoever else asks
    /// for the organization would wait anyway, and a runtime with another thread goes on with what does not.
    pub(crate) fn lasting<T, E: From<NotKept>>(
        &self,
        act: impl FnOnce(&mut Organization) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut organization = self.organization();
        self.keeper.is_up_to_date()?;
        let result = act(&mut organization);
        self.keeper.keep(&organization.take_changes())?;
        result
    }

    /// Moves the clock and gives the new time, once that lasts.
    pub(crate) fn advance_clock(&self, seconds: i64) -> Result<Timestamp, ClockError> {
        // One at a time, in the order in which they are stored.
        let _organization = self.organization();
        let offset = self.clock.moved(seconds)?;
        self.keeper.keep_clock(offset)?;
        self.clock.set_offset_seconds(offset);
        Ok(self.clock.now())
    }
}

/// The token of an `Authorization` header. The name of the scheme knows no case.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
