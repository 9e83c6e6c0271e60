//! Reads that share a request.
//!
//! The API has no request for one token, so the refresh of a thousand tokens would list a thousand times.
//! Reads of managed objects that need the same listing share one request. Its response is also used by reads
//! that begin up to [`MAX_AGE`] after the request, unless a write to that account was in flight in between.
//! The section "Shared reads" of ARCHITECTURE.md states the reasons.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio::time::Instant;

use super::account_generations::AccountGenerations;
use super::accounts::Accounts;
use super::mask::{CallMasker, Masker};
use super::{Error, Reply};
use crate::lock::lock;
use crate::stop::Stop;

#[cfg(test)]
mod tests;

/// How long after a request its response may be used by reads that begin.
const MAX_AGE: Duration = Duration::from_secs(15);

/// The minimum time between a response and a request that confirms it.
pub const MIN_CONFIRMATION_INTERVAL: Duration = Duration::from_secs(1);

/// How recent a response must be for a read to use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// The request began at most 15 seconds ago.
    Recent,
    /// The request began at this time or later.
    StartedSince(Instant),
    /// The response belongs to a new request.
    NewRequest,
}

impl Freshness {
    fn accepts(self, started: Instant, now: Instant) -> bool {
        match self {
            Freshness::Recent => is_recent(started, now),
            Freshness::StartedSince(earliest) => started >= earliest,
            Freshness::NewRequest => false,
        }
    }
}

fn is_recent(started: Instant, now: Instant) -> bool {
    now.saturating_duration_since(started) <= MAX_AGE
}

/// The result of one request.
#[derive(Debug)]
pub struct ReadResult<T> {
    /// When the request began. It was sent then or later.
    started: Instant,
    /// When the response was received.
    pub received: Instant,
    /// The response, or why it cannot be used.
    pub result: Result<Arc<Reply<T>>, Arc<Error>>,
}

impl<T> Clone for ReadResult<T> {
    fn clone(&self) -> Self {
        ReadResult {
            started: self.started,
            received: self.received,
            result: self.result.clone(),
        }
    }
}

impl<T> ReadResult<T> {
    /// Whether the response says that the account does not exist.
    pub fn is_gone(&self) -> bool {
        self.result.as_ref().is_err_and(|error| error.is_gone())
    }

    /// Returns the result with the secrets of this masker replaced.
    fn masked(mut self, masker: &Masker) -> Self {
        if let Err(error) = &mut self.result {
            *error = Arc::new(error.masked(masker));
        }
        self
    }
}

/// The results that a read may use.
#[derive(Debug)]
pub struct ReadResults<T> {
    /// The result of the latest request.
    pub latest: ReadResult<T>,
    /// The result of an earlier request, which this read could also use and whose response was received at
    /// least a second before the latest request began.
    pub earlier: Option<ReadResult<T>>,
}

/// A request that reads wait for. It proceeds while at least one of them does.
type Request<T> = Shared<BoxFuture<'static, ReadResult<T>>>;

/// All shared requests of one kind.
pub(super) struct SharedReads<T> {
    /// The generations of the accounts: a new one ends the use of responses.
    generations: Arc<AccountGenerations>,
    /// Whether a response is complete, so that later reads may use it.
    is_complete: fn(&T) -> bool,
    accounts: Mutex<Accounts<AccountReads<T>>>,
}

/// The requests for one account.
struct AccountReads<T> {
    in_flight: Option<InFlight<T>>,
    cached: Option<Cached<T>>,
}

struct InFlight<T> {
    started: Instant,
    /// The account's generation at the start; `None` if a write was in flight.
    generation: Option<u64>,
    request: WeakShared<BoxFuture<'static, ReadResult<T>>>,
    readers: Weak<Readers>,
}

/// The results that later reads may use.
struct Cached<T> {
    /// The account's generation at the start of the requests.
    generation: u64,
    latest: ReadResult<T>,
    /// A result that was received at least a second before the latest request began.
    earlier: Option<ReadResult<T>>,
}

impl<T> Default for AccountReads<T> {
    fn default() -> Self {
        AccountReads {
            in_flight: None,
            cached: None,
        }
    }
}

impl<T: Send + Sync + 'static> SharedReads<T> {
    pub(super) fn new(generations: &Arc<AccountGenerations>, is_complete: fn(&T) -> bool) -> Arc<Self> {
        Arc::new(SharedReads {
            generations: Arc::clone(generations),
            is_complete,
            accounts: Mutex::default(),
        })
    }

    /// Returns the result of an earlier request that the read may use, or sends a request with `send`.
    /// `send` receives the masker for the texts and the stop of the request. When `stopped` returns, the
    /// request ends unless other calls wait for it.
    pub(super) async fn read<F>(
        self: &Arc<Self>,
        username: &str,
        freshness: Freshness,
        masker: &CallMasker,
        stopped: impl Future<Output = ()>,
        send: impl FnOnce(CallMasker, Stop) -> F,
    ) -> ReadResults<T>
    where
        F: Future<Output = Result<Reply<T>, Error>> + Send + 'static,
    {
        let results = match self.find(username, freshness, masker, send) {
            ReadSource::Cached(results) => results,
            ReadSource::InFlight(request, readers) => ReadResults {
                latest: wait(request, readers, stopped).await,
                earlier: None,
            },
        };
        ReadResults {
            latest: results.latest.masked(&masker.current()),
            ..results
        }
    }

    /// Returns the response that a read may use which begins now. If there is none, starts a request.
    fn find<F>(
        self: &Arc<Self>,
        username: &str,
        freshness: Freshness,
        masker: &CallMasker,
        send: impl FnOnce(CallMasker, Stop) -> F,
    ) -> ReadSource<T>
    where
        F: Future<Output = Result<Reply<T>, Error>> + Send + 'static,
    {
        let now = Instant::now();
        let mut accounts = lock(&self.accounts);
        let account = accounts.entry(username, |account| account.is_in_use(now));
        let accepts = |result: &&ReadResult<T>| freshness.accepts(result.started, now);
        if let Some(cached) = &account.cached
            && cached.generation == self.generations.generation(username)
            && accepts(&&cached.latest)
        {
            return ReadSource::Cached(ReadResults {
                latest: cached.latest.clone(),
                earlier: cached.earlier.as_ref().filter(accepts).cloned(),
            });
        }
        let generation = self.generations.settled_generation(username, now);
        if let Some(in_flight) = &account.in_flight
            && freshness.accepts(in_flight.started, now)
            && generation.is_some()
            && in_flight.generation == generation
            && let Some(request) = in_flight.request.upgrade()
            && let Some(readers) = in_flight.readers.upgrade()
        {
            readers.masker.merge(masker);
            return ReadSource::InFlight(request, readers);
        }
        let readers = Arc::new(Readers {
            masker: CallMasker::new(masker.current()),
            stop: Stop::default(),
        });
        let response = send(readers.masker.clone(), readers.stop.clone());
        let (reads, username, weak_readers) =
            (Arc::clone(self), username.to_owned(), Arc::downgrade(&readers));
        let request = async move {
            let result = response.await;
            let read_result = ReadResult {
                started: now,
                received: Instant::now(),
                result: result.map(Arc::new).map_err(Arc::new),
            };
            reads.finish(&username, &weak_readers, generation, &read_result);
            read_result
        };
        let request = request.boxed().shared();
        account.in_flight = request.downgrade().map(|weak| InFlight {
            started: now,
            generation,
            request: weak,
            readers: Arc::downgrade(&readers),
        });
        ReadSource::InFlight(request, readers)
    }

    /// Stores a response for later reads, if they may use it, and removes the request from those that reads
    /// can wait for.
    fn finish(
        &self,
        username: &str,
        readers: &Weak<Readers>,
        generation: Option<u64>,
        latest: &ReadResult<T>,
    ) {
        let mut accounts = lock(&self.accounts);
        let Some(account) = accounts.get_mut(username) else {
            return;
        };
        account
            .in_flight
            .take_if(|in_flight| Weak::ptr_eq(&in_flight.readers, readers));
        let is_usable = match &latest.result {
            Ok(reply) => (self.is_complete)(&reply.body),
            Err(error) => error.is_gone(),
        };
        if let Some(generation) = generation
            && generation == self.generations.generation(username)
            && is_usable
        {
            account.cache(generation, latest.clone());
        }
    }
}

/// Where the response of a read comes from.
enum ReadSource<T> {
    Cached(ReadResults<T>),
    InFlight(Request<T>, Arc<Readers>),
}

/// Waits for the response. A stop of the reader's call ends the request only if no other call waits for it.
async fn wait<T>(
    request: Request<T>,
    readers: Arc<Readers>,
    stopped: impl Future<Output = ()>,
) -> ReadResult<T> {
    let mut waiting = request.clone();
    tokio::select! {
        biased;
        () = stopped => {}
        result = &mut waiting => return result,
    }
    drop(readers);
    request.await
}

impl<T> AccountReads<T> {
    fn cache(&mut self, generation: u64, latest: ReadResult<T>) {
        let cached = self
            .cached
            .take()
            .filter(|cached| cached.generation == generation);
        let earlier = match cached {
            Some(cached) if cached.latest.started > latest.started => {
                self.cached = Some(cached);
                return;
            }
            // A result that contradicts the latest one invalidates it.
            Some(cached) if cached.latest.is_gone() != latest.is_gone() => None,
            Some(cached) if cached.latest.received + MIN_CONFIRMATION_INTERVAL <= latest.started => {
                Some(cached.latest)
            }
            Some(cached) => cached.earlier,
            None => None,
        };
        self.cached = Some(Cached {
            generation,
            latest,
            earlier,
        });
    }

    fn is_in_use(&self, now: Instant) -> bool {
        let (cached, in_flight) = (self.cached.as_ref(), self.in_flight.as_ref());
        cached.is_some_and(|cached| is_recent(cached.latest.started, now))
            || in_flight.is_some_and(|in_flight| in_flight.request.upgrade().is_some())
    }
}

/// The calls that wait for one request. Each holds a strong reference until it is stopped or ends.
struct Readers {
    /// The masker with the secrets of all waiting calls.
    masker: CallMasker,
    /// The stop that ends the request.
    stop: Stop,
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.stop.fire();
    }
}
