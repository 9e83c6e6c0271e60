//! The client: its parts, its construction, and the type of every reply.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

use super::credential::Credential;
use super::http::Http;
use super::mask::Masker;
use super::pace::Pace;
use super::retry::Policy;
use super::shared_reads::SharedReads;
use super::stop::Scope;
use super::transport::Transport;
use super::{BaseUrl, Proxy, Settings, SetupError};

/// Calls the MotherDuck REST admin API for one call of the provider. Clones share connections and slots.
#[derive(Clone)]
pub struct Client {
    pub(super) shared: Arc<Shared>,
    pub(super) scope: Scope,
    /// Masks secrets in all texts about the call. Clones share it.
    masker: Arc<Mutex<Masker>>,
}

/// The data that all clones of a client share.
pub(super) struct Shared {
    pub(super) base_url: BaseUrl,
    pub(super) transport: Box<dyn Transport>,
    pub(super) policy: Policy,
    /// Limits the number of attempts in flight.
    pub(super) slots: Semaphore,
    pub(super) request_timeout: Duration,
    pub(super) credential: Credential,
    /// Masks the secrets of the settings.
    masker: Masker,
    /// The address of the proxy for the requests.
    pub(super) proxy: Option<String>,
    /// The local clock.
    pub(super) now: fn() -> SystemTime,
    /// Distinguishes the operations of this client from those of other processes in a shared log.
    pub(super) instance: u32,
    pub(super) operations: AtomicU64,
    pub(super) reads: SharedReads,
    pub(super) pace: Pace,
}

/// The response to a call.
#[derive(Debug, Clone)]
pub struct Reply<T> {
    /// The content of the response.
    pub body: T,
    /// The time of the response by the API's clock (the `Date` header); for several pages, that of the last
    /// one.
    pub date: Option<Timestamp>,
    /// The address of the request, without the query.
    pub url: String,
}

impl Client {
    /// Creates a client. This reads the certificate file and the system's roots and sends no request.
    pub async fn new(settings: Settings) -> Result<Self, SetupError> {
        let transport = Http::new(&settings).await?;
        Ok(Client::over(settings, Box::new(transport)))
    }

    /// Creates a client that sends its requests with this transport.
    pub fn over(settings: Settings, transport: Box<dyn Transport>) -> Self {
        let policy = Policy::new(settings.max_retries);
        Client::assemble(settings, policy, transport)
    }

    /// Creates a client from settings, policy and transport.
    pub(super) fn assemble(settings: Settings, policy: Policy, transport: Box<dyn Transport>) -> Self {
        let slots = settings.max_concurrent_requests.clamp(1, Semaphore::MAX_PERMITS);
        // The hash is the standard library's only source of randomness, and sufficient for a name.
        let instance = RandomState::new().hash_one(std::process::id()) >> 32;
        let mut masker = Masker::new(&settings.token);
        let proxy = settings.proxy.filter(|_| !settings.base_url.is_loopback());
        if let Some(password) = proxy.as_ref().and_then(Proxy::password) {
            masker = masker.and(password);
        }
        let pace = Pace::new(&policy);
        let shared = Shared {
            base_url: settings.base_url,
            transport,
            now: policy.now,
            policy,
            slots: Semaphore::new(slots),
            request_timeout: settings.request_timeout,
            credential: Credential::new(&settings.token_source, settings.token.expose_secret()),
            proxy: proxy.map(|proxy| proxy.to_string()),
            masker,
            instance: u32::try_from(instance).unwrap_or_default(),
            operations: AtomicU64::new(1),
            reads: SharedReads::default(),
            pace,
        };
        Client {
            scope: Scope::default(),
            masker: Arc::new(Mutex::new(shared.masker.clone())),
            shared: Arc::new(shared),
        }
    }

    /// Returns the address of the API.
    pub fn base_url(&self) -> &BaseUrl {
        &self.shared.base_url
    }

    /// Returns the client for one call. A stop of the call prevents all its further requests.
    #[must_use]
    pub fn bound_to(&self, scope: Scope) -> Self {
        Client {
            scope,
            masker: Arc::new(Mutex::new(self.shared.masker.clone())),
            ..self.clone()
        }
    }

    /// Returns the client for requests that settle or undo a write of this call. After a stop it may send
    /// requests for 30 more seconds.
    #[must_use]
    pub fn settling(&self) -> Self {
        Client {
            scope: self.scope.settling(),
            ..self.clone()
        }
    }

    /// Masks a secret of the state or of a response in all texts about later requests of this call.
    pub fn keep_secret(&self, secret: &SecretString) {
        let mut masker = self.masker.lock().unwrap_or_else(PoisonError::into_inner);
        *masker = masker.clone().and(secret);
    }

    /// Also masks the secrets of another call.
    pub(super) fn keep_secrets_of(&self, other: &Client) {
        let theirs = other.masker();
        let mut masker = self.masker.lock().unwrap_or_else(PoisonError::into_inner);
        masker.merge(&theirs);
    }

    /// Returns a masker with the secrets that the call knows so far.
    pub(super) fn masker(&self) -> Masker {
        self.masker.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the masker that also gets the secrets that the call learns later.
    pub(super) fn shared_masker(&self) -> Arc<Mutex<Masker>> {
        Arc::clone(&self.masker)
    }

    /// Returns how often a request may be repeated after its first attempt.
    pub fn max_retries(&self) -> u32 {
        self.shared.policy.max_retries
    }

    /// Whether the call of this client was stopped.
    pub fn is_stopped(&self) -> bool {
        self.scope.is_stopped()
    }

    /// Returns when this client may send no more requests because of a stop.
    pub async fn stopped(&self) {
        self.scope.ended().await;
    }
}

/// Prints the address and no secret.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.shared.base_url.to_string())
            .finish_non_exhaustive()
    }
}
