//! Reads that share a request.
//!
//! The API has no request for one token, so the refresh of a thousand tokens would list a thousand times.
//! Reads of managed objects that need the same listing share one request. Its response is also used by reads
//! that begin up to [`SERVES`] after the request, unless a write to that account was in flight in between.
//! The section "Shared reads" of ARCHITECTURE.md states the reasons.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use tokio::time::Instant;

use super::mask::Masker;
use super::{Client, Error, Instances, Listing, Reply, Scope, folded_username};
use crate::stop::Stop;

#[cfg(test)]
mod tests;

/// How long after a request its response may be used by reads that begin.
const SERVES: Duration = Duration::from_secs(15);

/// The minimum time between two requests that confirm each other.
pub const APART: Duration = Duration::from_secs(1);

/// How long a write whose response was lost may still be carried out.
const LATE_WRITE: Duration = Duration::from_secs(60);

/// With fewer accounts than this, none is removed from memory.
const PRUNED_FROM: usize = 64;

/// The requests whose response a read may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// Requests that began at most 15 seconds ago.
    Recently,
    /// Requests that began at this time or later.
    At(Instant),
    /// A new request.
    Now,
}

impl Since {
    fn serves(self, started: Instant, now: Instant) -> bool {
        match self {
            Since::Recently => is_recent(started, now),
            Since::At(earliest) => started >= earliest,
            Since::Now => false,
        }
    }
}

fn is_recent(started: Instant, now: Instant) -> bool {
    now.saturating_duration_since(started) <= SERVES
}

/// The outcome of one request.
#[derive(Debug)]
pub struct Look<T> {
    /// When the request began. It was sent then or later.
    started: Instant,
    /// When the response was received.
    pub received: Instant,
    /// The response, or why it cannot be used.
    pub result: Result<Arc<Reply<T>>, Arc<Error>>,
}

impl<T> Clone for Look<T> {
    fn clone(&self) -> Self {
        Look {
            started: self.started,
            received: self.received,
            result: self.result.clone(),
        }
    }
}

impl<T> Look<T> {
    /// Whether the response says that the account does not exist.
    pub fn is_gone(&self) -> bool {
        self.result.as_ref().is_err_and(|error| error.is_gone())
    }

    /// Returns the outcome with the secrets of this masker replaced.
    fn masked(mut self, masker: &Masker) -> Self {
        if let Err(error) = &mut self.result {
            *error = Arc::new(error.masked(masker));
        }
        self
    }
}

/// The outcomes that a read uses.
#[derive(Debug)]
pub struct Looked<T> {
    /// The outcome of the latest request.
    pub latest: Look<T>,
    /// The outcome of an earlier request, which this read could also use and whose response was received at
    /// least a second before the latest request began.
    pub earlier: Option<Look<T>>,
}

/// A response that reads can share.
#[async_trait]
pub(super) trait Shareable: Sized + Send + Sync + 'static {
    /// Sends the request.
    async fn fetch(client: &Client, username: &str) -> Result<Reply<Self>, Error>;

    /// Returns its part of the memory of an account.
    fn slot(account: &mut Account) -> &mut Slot<Self>;

    /// Whether the response is complete, so that later reads may use it.
    fn is_whole(&self) -> bool;
}

#[async_trait]
impl Shareable for Listing {
    async fn fetch(client: &Client, username: &str) -> Result<Reply<Self>, Error> {
        let Reply { body, date, url } = client.list_tokens(username).await?;
        let body = Listing::new(body);
        Ok(Reply { body, date, url })
    }

    fn slot(account: &mut Account) -> &mut Slot<Self> {
        &mut account.tokens
    }

    fn is_whole(&self) -> bool {
        true
    }
}

#[async_trait]
impl Shareable for Instances {
    async fn fetch(client: &Client, username: &str) -> Result<Reply<Self>, Error> {
        client.instances(username).await
    }

    fn slot(account: &mut Account) -> &mut Slot<Self> {
        &mut account.instances
    }

    fn is_whole(&self) -> bool {
        self.ducklings.is_ok()
    }
}

impl Client {
    /// Lists the tokens of a user for the read of a managed object, which may share the request with others.
    pub async fn look_at_tokens(&self, username: &str, since: Since) -> Looked<Listing> {
        self.look(username, since).await
    }

    /// Reads the configuration of a user for the read of a managed object, which may share the request with
    /// others.
    pub async fn look_at_instances(&self, username: &str, since: Since) -> Looked<Instances> {
        self.look(username, since).await
    }

    async fn look<T: Shareable>(&self, username: &str, since: Since) -> Looked<T> {
        let mut looked = match self.shared.reads.find(self, username, since) {
            Found::Kept(looked) => looked,
            Found::UnderWay(request, reader) => Looked {
                latest: wait(self, request, reader).await,
                earlier: None,
            },
        };
        looked.latest = looked.latest.masked(&self.masker());
        looked
    }
}

/// Waits for the response. A stop of the reader's call ends the request only if no other call waits for it.
async fn wait<T>(client: &Client, request: Request<T>, reader: Reader) -> Look<T> {
    let mut waiting = request.clone();
    tokio::select! {
        biased;
        () = client.stopped() => {}
        look = &mut waiting => return look,
    }
    drop(reader);
    request.await
}

/// A request that reads wait for. It proceeds while at least one of them does.
type Request<T> = Shared<BoxFuture<'static, Look<T>>>;

/// The source of a read's response.
enum Found<T> {
    Kept(Looked<T>),
    UnderWay(Request<T>, Reader),
}

/// The shared requests of one client, and the writes that invalidate their responses.
#[derive(Default)]
pub(super) struct SharedReads(Mutex<Accounts>);

#[derive(Default)]
struct Accounts {
    by_name: HashMap<String, Account>,
    /// The latest of all generations.
    generation: u64,
    /// The number of accounts from which on unused ones are removed.
    prune_from: usize,
}

/// The shared requests about one account.
pub(super) struct Account {
    /// Changes when a write begins or ends, and with a response that is not shared. A response may be used by
    /// reads of the generation in which its request began.
    generation: u64,
    /// The number of writes in flight.
    writes: usize,
    /// Until when a write whose response was lost may be carried out.
    unsettled_until: Option<Instant>,
    tokens: Slot<Listing>,
    instances: Slot<Instances>,
}

/// The requests of one kind about one account.
pub(super) struct Slot<T> {
    under_way: Option<UnderWay<T>>,
    /// The latest outcome that reads may use, and one that was received at least a second before its request
    /// began.
    latest: Option<Look<T>>,
    earlier: Option<Look<T>>,
}

struct UnderWay<T> {
    id: u64,
    started: Instant,
    /// The account's generation at the start; `None` if a write was in flight.
    generation: Option<u64>,
    request: WeakShared<BoxFuture<'static, Look<T>>>,
    readers: Arc<Readers>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Slot {
            under_way: None,
            latest: None,
            earlier: None,
        }
    }
}

impl SharedReads {
    /// Returns the response that a read may use which begins now. If there is none, starts a request.
    fn find<T: Shareable>(&self, client: &Client, username: &str, since: Since) -> Found<T> {
        let (now, key) = (Instant::now(), folded_username(username));
        let mut accounts = self.accounts();
        accounts.generation += 1;
        let id = accounts.generation;
        let account = accounts.account(&key, now);
        let generation = account.clean_generation(now);
        let slot = T::slot(account);
        let serves = |look: &&Look<T>| since.serves(look.started, now);
        if let Some(latest) = slot.latest.as_ref().filter(serves) {
            return Found::Kept(Looked {
                latest: latest.clone(),
                earlier: slot.earlier.as_ref().filter(serves).cloned(),
            });
        }
        if let Some(under_way) = &slot.under_way
            && since.serves(under_way.started, now)
            && generation.is_some()
            && under_way.generation == generation
            && let Some(request) = under_way.request.upgrade()
            && let Some(reader) = under_way.readers.join(client)
        {
            return Found::UnderWay(request, reader);
        }
        let readers = Arc::new(Readers::new(client));
        let request = begin(
            Arc::clone(&readers.client),
            key,
            username.to_owned(),
            id,
            now,
            generation,
        );
        slot.under_way = request.downgrade().map(|weak| UnderWay {
            id,
            started: now,
            generation,
            request: weak,
            readers: Arc::clone(&readers),
        });
        Found::UnderWay(request, Reader(readers))
    }

    /// Stores a response for later reads, if they may use it, and removes the request from those that reads
    /// can wait for.
    fn ended<T: Shareable>(&self, key: &str, id: u64, generation: Option<u64>, look: &Look<T>) {
        let mut accounts = self.accounts();
        let Some(account) = accounts.by_name.get_mut(key) else {
            return;
        };
        let is_clean = generation == Some(account.generation);
        let slot = T::slot(account);
        if slot
            .under_way
            .as_ref()
            .is_some_and(|under_way| under_way.id == id)
        {
            slot.under_way = None;
        }
        let is_of_use = match &look.result {
            Ok(reply) => reply.body.is_whole(),
            Err(error) => error.is_gone(),
        };
        if is_clean && is_of_use {
            slot.keep(look.clone());
        }
    }

    /// Records that a write to an account begins. It ends when the result is dropped.
    pub(super) fn write(&self, username: &str) -> Write<'_> {
        let key = folded_username(username);
        self.end_use(&key, |account| account.writes += 1);
        Write {
            reads: self,
            key,
            may_be_late: true,
        }
    }

    /// Records a response to a request that was not shared, because no later read may show an older state.
    pub(super) fn asked_anew(&self, username: &str) {
        self.end_use(&folded_username(username), |_| {});
    }

    /// Invalidates the responses of all requests that have begun.
    fn end_use(&self, key: &str, note: impl FnOnce(&mut Account)) {
        let mut accounts = self.accounts();
        accounts.generation += 1;
        let generation = accounts.generation;
        let account = accounts.account(key, Instant::now());
        account.generation = generation;
        account.tokens.forget();
        account.instances.forget();
        note(account);
    }

    fn accounts(&self) -> MutexGuard<'_, Accounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn begin<T: Shareable>(
    client: Arc<Client>,
    key: String,
    username: String,
    id: u64,
    started: Instant,
    generation: Option<u64>,
) -> Request<T> {
    async move {
        let result = T::fetch(&client, &username).await;
        let look = Look {
            started,
            received: Instant::now(),
            result: result.map(Arc::new).map_err(Arc::new),
        };
        client.shared.reads.ended(&key, id, generation, &look);
        look
    }
    .boxed()
    .shared()
}

impl Accounts {
    fn account(&mut self, key: &str, now: Instant) -> &mut Account {
        if !self.by_name.contains_key(key) && self.by_name.len() >= self.prune_from.max(PRUNED_FROM) {
            self.by_name.retain(|_, account| account.is_in_use(now));
            self.prune_from = 2 * self.by_name.len();
        }
        let generation = self.generation;
        self.by_name.entry(key.to_owned()).or_insert_with(|| Account {
            generation,
            writes: 0,
            unsettled_until: None,
            tokens: Slot::default(),
            instances: Slot::default(),
        })
    }
}

impl Account {
    /// Returns the generation of a request that begins now; `None` if a write may be carried out at the same
    /// time.
    fn clean_generation(&self, now: Instant) -> Option<u64> {
        let is_clean = self.writes == 0 && self.unsettled_until.is_none_or(|until| until <= now);
        is_clean.then_some(self.generation)
    }

    fn is_in_use(&self, now: Instant) -> bool {
        self.clean_generation(now).is_none() || self.tokens.is_in_use(now) || self.instances.is_in_use(now)
    }
}

impl<T> Slot<T> {
    fn keep(&mut self, look: Look<T>) {
        let Some(latest) = self.latest.take_if(|latest| latest.started <= look.started) else {
            self.latest.get_or_insert(look);
            return;
        };
        // An outcome that contradicts the latest one invalidates it.
        if latest.is_gone() != look.is_gone() {
            self.earlier = None;
        } else if latest.received + APART <= look.started {
            self.earlier = Some(latest);
        }
        self.latest = Some(look);
    }

    fn forget(&mut self) {
        self.earlier = None;
        self.latest = None;
    }

    fn is_in_use(&self, now: Instant) -> bool {
        self.latest
            .as_ref()
            .is_some_and(|latest| is_recent(latest.started, now))
            || self
                .under_way
                .as_ref()
                .is_some_and(|under_way| under_way.request.upgrade().is_some())
    }
}

/// A write to an account in flight.
pub(super) struct Write<'a> {
    reads: &'a SharedReads,
    key: String,
    may_be_late: bool,
}

impl Write<'_> {
    /// Records that the write has ended and nothing of it will be carried out later.
    pub(super) fn settled(mut self) {
        self.may_be_late = false;
    }
}

impl Drop for Write<'_> {
    fn drop(&mut self) {
        let late = self.may_be_late.then(|| Instant::now() + LATE_WRITE);
        self.reads.end_use(&self.key, |account| {
            account.writes = account.writes.saturating_sub(1);
            account.unsettled_until = account.unsettled_until.max(late);
        });
    }
}

/// The calls that wait for one request.
struct Readers {
    /// The client of the request, which knows the secrets of all of them.
    client: Arc<Client>,
    /// Ends the request.
    stop: Stop,
    /// The number of waiting calls that are not stopped.
    count: Mutex<usize>,
}

impl Readers {
    fn new(first: &Client) -> Self {
        let stop = Stop::default();
        let client = first.bound_to(Scope::until(stop.clone()));
        client.keep_secrets_of(first);
        Readers {
            client: Arc::new(client),
            stop,
            count: Mutex::new(1),
        }
    }

    /// Adds a waiting call, unless all others have left and the request ends.
    fn join(self: &Arc<Self>, client: &Client) -> Option<Reader> {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        if *count == 0 {
            return None;
        }
        *count += 1;
        self.client.keep_secrets_of(client);
        Some(Reader(Arc::clone(self)))
    }
}

/// A call that waits for a request. It leaves when it is stopped or ends.
struct Reader(Arc<Readers>);

impl Drop for Reader {
    fn drop(&mut self) {
        let mut count = self.0.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count = count.saturating_sub(1);
        if *count == 0 {
            self.0.stop.fire();
        }
    }
}
