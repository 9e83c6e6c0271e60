//! The client: its parts, its construction, and the type of every reply.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

use self::ducklings::Instances;
use self::tokens::Listing;
use super::account_generations::AccountGenerations;
use super::client_inner::ClientInner;
use super::credential::Credential;
use super::http::HttpTransport;
use super::mask::{CallMasker, Masker};
use super::operation::Operation;
use super::rate_limiter::RateLimiter;
use super::request_window::RequestWindow;
use super::retry::RetryPolicy;
use super::shared_reads::{Freshness, ReadResults, SharedReads};
use super::transport::Transport;
use super::{BaseUrl, Error, Proxy, Reply, Settings, SetupError};

pub(super) mod active_accounts;
pub(super) mod ducklings;
pub(super) mod embed_session;
pub(super) mod tokens;
pub(super) mod users;

/// Calls the MotherDuck REST admin API for one call of the provider. Clones share connections and permits.
#[derive(Clone)]
pub struct Client {
    inner: Arc<ClientInner>,
    pub(super) token_reads: Arc<SharedReads<Listing>>,
    instance_reads: Arc<SharedReads<Instances>>,
    window: RequestWindow,
    /// Masks secrets in everything printed about the call.
    masker: CallMasker,
}

impl Client {
    /// Creates a client. This reads the certificate file and the system's roots and sends no request.
    pub async fn new(settings: Settings) -> Result<Self, SetupError> {
        let transport = HttpTransport::new(&settings).await?;
        Ok(Client::with_transport(settings, Box::new(transport)))
    }

    /// Creates a client that sends its requests with this transport.
    pub fn with_transport(settings: Settings, transport: Box<dyn Transport>) -> Self {
        let policy = RetryPolicy::new(settings.max_retries);
        Client::assemble(settings, policy, transport)
    }

    pub(super) fn assemble(settings: Settings, policy: RetryPolicy, transport: Box<dyn Transport>) -> Self {
        let permits = settings.max_concurrent_requests.clamp(1, Semaphore::MAX_PERMITS);
        // The hash is the standard library's only source of randomness, and sufficient for a name.
        let log_id = RandomState::new().hash_one(std::process::id()) >> 32;
        let mut masker = Masker::new(&settings.token);
        let proxy = settings.proxy.filter(|_| !settings.base_url.is_loopback());
        if let Some(password) = proxy.as_ref().and_then(Proxy::password) {
            masker = masker.with_secret(password);
        }
        let rate_limiter = RateLimiter::new(&policy);
        let generations = Arc::new(AccountGenerations::default());
        let inner = ClientInner {
            base_url: settings.base_url,
            transport,
            policy,
            request_permits: Semaphore::new(permits),
            request_timeout: settings.request_timeout,
            credential: Credential::new(&settings.token_source, settings.token.expose_secret()),
            proxy: proxy.map(|proxy| proxy.to_string()),
            masker: masker.clone(),
            log_id: u32::try_from(log_id).unwrap_or_default(),
            operations: AtomicU64::new(1),
            generations: Arc::clone(&generations),
            rate_limiter,
        };
        Client {
            inner: Arc::new(inner),
            token_reads: SharedReads::new(&generations, |_| true),
            instance_reads: SharedReads::new(&generations, |instances| instances.ducklings.is_ok()),
            window: RequestWindow::default(),
            masker: CallMasker::new(masker),
        }
    }

    /// Starts an operation of this client's call.
    pub(super) fn operation(&self) -> Operation {
        Operation::new(&self.inner, &self.window, &self.masker)
    }

    /// Reads for a managed object. Reads of the same account share a request, which `send` sends.
    async fn shared_read<T, F>(
        &self,
        reads: &Arc<SharedReads<T>>,
        username: &str,
        freshness: Freshness,
        send: impl FnOnce(Client, String) -> F,
    ) -> ReadResults<T>
    where
        T: Send + Sync + 'static,
        F: Future<Output = Result<Reply<T>, Error>> + Send + 'static,
    {
        let send = |masker, stop| {
            let client = Client {
                window: RequestWindow::until(stop),
                masker,
                ..self.clone()
            };
            send(client, username.to_owned())
        };
        reads
            .read(username, freshness, &self.masker, self.stopped(), send)
            .await
    }

    /// Returns the address of the API.
    pub fn base_url(&self) -> &BaseUrl {
        &self.inner.base_url
    }

    /// Returns the client for one call. A stop of the call prevents all its further requests.
    #[must_use]
    pub fn bound_to(&self, window: RequestWindow) -> Self {
        Client {
            window,
            masker: CallMasker::new(self.inner.masker.clone()),
            ..self.clone()
        }
    }

    /// Returns the client for requests that settle or undo a write of this call. After a stop it may send
    /// requests for 30 more seconds.
    #[must_use]
    pub fn settling(&self) -> Self {
        Client {
            window: self.window.settling(),
            ..self.clone()
        }
    }

    /// Masks a secret of the state or of a response in all texts about later requests of this call.
    pub fn mask_secret(&self, secret: &SecretString) {
        self.masker.add(secret);
    }

    /// Returns how often a request may be repeated after its first attempt.
    pub fn max_retries(&self) -> u32 {
        self.inner.policy.max_retries
    }

    /// Whether the call of this client was stopped.
    pub fn is_stopped(&self) -> bool {
        self.window.is_stopped()
    }

    /// Returns when this client may send no more requests because of a stop.
    pub async fn stopped(&self) {
        self.window.ended().await;
    }
}

/// Prints the address and no secret.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("base_url", &self.inner.base_url.to_string())
            .finish_non_exhaustive()
    }
}
