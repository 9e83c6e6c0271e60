//! The state that all clones of a client share.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::BaseUrl;
use super::account_generations::AccountGenerations;
use super::credential::Credential;
use super::mask::Masker;
use super::rate_limiter::RateLimiter;
use super::retry::RetryPolicy;
use super::transport::Transport;

/// The parts of a client that its clones and all their operations share.
pub(super) struct ClientInner {
    pub(super) base_url: BaseUrl,
    pub(super) transport: Box<dyn Transport>,
    pub(super) policy: RetryPolicy,
    /// Limits the number of attempts in flight.
    pub(super) request_permits: Semaphore,
    pub(super) request_timeout: Duration,
    pub(super) credential: Credential,
    /// Masks the secrets of the settings.
    pub(super) masker: Masker,
    /// The address of the proxy for the requests.
    pub(super) proxy: Option<String>,
    /// Identifies the client in the log: distinguishes its operations from those of other processes in a shared log.
    pub(super) log_id: u32,
    pub(super) operations: AtomicU64,
    pub(super) generations: Arc<AccountGenerations>,
    pub(super) rate_limiter: RateLimiter,
}
