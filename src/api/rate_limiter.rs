//! Limits the rate of all requests to a host that refuses some with status 429.
//!
//! A 429 pauses every request of the client, until its `Retry-After` is over or, without it, for a growing
//! random time. After the pause requests are sent at equal intervals. Their rate is the one that the host
//! accepted before, if that was measured, and otherwise at most half of the rate before. It grows while
//! requests are accepted.

use std::sync::Mutex;
use std::time::Duration;

use backon::ExponentialBackoff;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::operation_clock::OperationClock;
use super::request_window::RequestWindow;
use super::retry::{MAX_RETRY_AFTER, RetryPolicy};
use super::transport::SendError;
use crate::lock::lock;

#[cfg(test)]
mod tests;

/// With fewer accepted requests than this, the host's rate is unknown.
const MIN_MEASURED: u32 = 5;

/// The fraction of the host's rate that is used, because the travel times of requests vary.
const SAFETY_FACTOR: f64 = 0.97;

/// How long a measured rate is kept before it grows.
const STABLE_TIME: Duration = Duration::from_secs(30);

/// The lowest rate that is not measured, in requests per second.
const LOWEST_RATE: f64 = 2.0;

/// The longest pause. A clock cannot represent a time that is much later.
const MAX_PAUSE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The growth of the rate in a second: as a fraction of the rate, and at least.
const GROWTH: f64 = 0.05;
const LEAST_GROWTH: f64 = 1.0;

/// The rate limiter of one client. All its requests go to one host.
pub(super) struct RateLimiter {
    state: Mutex<State>,
    /// Held by the request that waits to be sent next.
    send_lock: tokio::sync::Mutex<()>,
    /// Notifies the request that is sent next.
    changed: Notify,
    policy: RetryPolicy,
}

/// The permission to send one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct SendPermit {
    /// The number of earlier pauses.
    pauses: u64,
}

#[derive(Default)]
struct State {
    /// The number of pauses so far.
    pauses: u64,
    paused_until: Option<Instant>,
    /// The `Retry-After` of a response, if a request does not wait that long.
    too_long: Option<Duration>,
    /// The pauses without `Retry-After`; `None` after an accepted request.
    delays: Option<ExponentialBackoff>,
    /// `None` while the requests are not limited.
    rate: Option<Rate>,
    /// The beginning of the count of requests.
    since: Option<Instant>,
    /// The number of requests accepted since then.
    accepted: u32,
    last_sent: Option<Instant>,
}

struct Rate {
    per_second: f64,
    measured: Option<Measured>,
    /// When the rate begins to grow.
    grows_from: Instant,
    /// When the next request may be sent.
    next: Instant,
}

/// The requests that the host accepted before it refused one.
struct Measured {
    accepted: u32,
    seconds: f64,
    /// The maximum rate.
    limit: f64,
}

/// What a waiting request does next.
enum Next {
    Send(SendPermit),
    WaitUntil(Instant),
    /// The call fails, because `Retry-After` is too long.
    Fail {
        retry_after: Duration,
        left: Duration,
    },
}

impl RateLimiter {
    pub(super) fn new(policy: &RetryPolicy) -> Self {
        RateLimiter {
            state: Mutex::default(),
            send_lock: tokio::sync::Mutex::default(),
            changed: Notify::new(),
            policy: policy.clone(),
        }
    }

    /// Waits until a request may be sent. Requests are sent in the order in which they began to wait.
    pub(super) async fn acquire(
        &self,
        window: &RequestWindow,
        clock: &OperationClock,
    ) -> Result<SendPermit, SendError> {
        tokio::select! {
            biased;
            () = window.ended() => Err(SendError::Interrupted),
            () = clock.expired() => Err(SendError::Overdue { sent: false }),
            permit = self.wait() => permit,
        }
    }

    async fn wait(&self) -> Result<SendPermit, SendError> {
        let _lock = self.send_lock.lock().await;
        loop {
            // From here on no notification is missed.
            let changed = self.changed.notified();
            let next = lock(&self.state).next();
            match next {
                Next::Send(permit) => return Ok(permit),
                Next::Fail { retry_after, left } => return Err(SendError::Paused { retry_after, left }),
                Next::WaitUntil(at) => tokio::select! {
                    () = sleep_until(at) => {}
                    () = changed => {}
                },
            }
        }
    }

    /// Records that a request had a response other than 429.
    pub(super) fn accepted(&self, permit: SendPermit) {
        lock(&self.state).accepted(permit);
    }

    /// Records that a request had the response 429 with this `Retry-After`.
    pub(super) fn refused(&self, permit: SendPermit, retry_after: Option<Duration>) {
        lock(&self.state).refused(permit, retry_after, &self.policy);
        self.changed.notify_waiters();
    }
}

impl State {
    fn next(&mut self) -> Next {
        let now = Instant::now();
        if let Some(left) = self
            .paused_until
            .and_then(|until| until.checked_duration_since(now))
            && !left.is_zero()
        {
            return match self.too_long {
                Some(retry_after) => Next::Fail { retry_after, left },
                None => Next::WaitUntil(now + left),
            };
        }
        self.too_long = None;
        let mut pause = Duration::from_secs(1);
        if let Some(rate) = &mut self.rate {
            if now < rate.next {
                return Next::WaitUntil(rate.next);
            }
            let interval = rate.interval();
            pause = pause.max(2 * interval);
            // A timer that is late by less than an interval does not lower the rate.
            let due = now
                .checked_sub(interval)
                .map_or(rate.next, |due| rate.next.max(due));
            rate.next = due + interval;
        }
        // Requests that were accepted before an interval without requests say nothing about the host's rate.
        if self.last_sent.is_none_or(|last| now.duration_since(last) > pause) {
            self.since = None;
        }
        if self.since.is_none() {
            self.since = Some(now);
            self.accepted = 0;
        }
        self.last_sent = Some(now);
        Next::Send(SendPermit { pauses: self.pauses })
    }

    fn accepted(&mut self, permit: SendPermit) {
        let now = Instant::now();
        if permit.pauses == self.pauses {
            self.accepted += 1;
            self.delays = None;
            if let Some(rate) = &mut self.rate
                && now >= rate.grows_from
            {
                rate.grow();
            }
        } else if permit.pauses + 1 == self.pauses
            && self.paused_until.is_some_and(|until| now < until)
            && let Some(rate) = &mut self.rate
            && let Some(measured) = &mut rate.measured
        {
            // The request was sent before the pause, and its response arrived after the refusal of another
            // one.
            measured.accepted += 1;
            rate.per_second = measured.per_second();
        }
    }

    fn refused(&mut self, permit: SendPermit, retry_after: Option<Duration>, policy: &RetryPolicy) {
        let now = Instant::now();
        let too_long = retry_after.filter(|retry_after| *retry_after > MAX_RETRY_AFTER);
        self.too_long = self.too_long.max(too_long);
        let retry_after = retry_after.map(|retry_after| retry_after.min(MAX_PAUSE));
        if permit.pauses != self.pauses {
            // The request was sent before the current pause, which this response can only make longer.
            let until = now + retry_after.unwrap_or_default();
            self.paused_until = self.paused_until.max(Some(until));
            return;
        }
        let delays = self.delays.get_or_insert_with(|| policy.pauses());
        let until = now
            + retry_after
                .unwrap_or_default()
                .max(delays.next().unwrap_or_default());
        let seconds = until.duration_since(self.since.unwrap_or(now)).as_secs_f64();
        let rate = self.rate.as_ref().map_or(f64::INFINITY, |rate| rate.per_second);
        let counts_seconds = too_long.is_none()
            && retry_after.is_some_and(|retry_after| retry_after >= Duration::from_secs(1));
        let measured = (counts_seconds && self.accepted >= MIN_MEASURED).then(|| Measured {
            accepted: self.accepted,
            // A host that counts in windows of whole seconds rounds up the rest of a window.
            seconds: seconds.floor(),
            limit: rate * 0.95,
        });
        let (per_second, grows_from) = if let Some(measured) = &measured {
            (measured.per_second(), until + STABLE_TIME)
        } else {
            let accepted = f64::from(self.accepted) / seconds.max(0.001);
            (accepted.min(rate / 2.0).max(LOWEST_RATE), until)
        };
        self.rate = Some(Rate {
            per_second,
            measured,
            grows_from,
            next: until,
        });
        self.pauses += 1;
        self.paused_until = Some(until);
        self.since = None;
        self.accepted = 0;
    }
}

impl Rate {
    fn interval(&self) -> Duration {
        Duration::from_secs_f64(1.0 / self.per_second)
    }

    /// Increases the rate with each accepted request, so that the growth in a second does not depend on the
    /// rate.
    fn grow(&mut self) {
        let in_a_second = (self.per_second * GROWTH).max(LEAST_GROWTH);
        self.per_second += in_a_second / self.per_second;
    }
}

impl Measured {
    fn per_second(&self) -> f64 {
        (f64::from(self.accepted) / self.seconds * SAFETY_FACTOR).min(self.limit)
    }
}
