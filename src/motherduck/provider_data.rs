//! The provider data: what the configuration of the provider passes to resources, data sources and so on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use tokio::sync::OwnedMutexGuard;

use super::locks::Locks;
use super::recent::RecentWrites;
use super::token_memory::TokenMemory;
use super::{account_name, errors};
use crate::api::transport::Transport;
use crate::api::{Client, RequestWindow, Settings};
use crate::framework::{Diagnostic, Diagnostics, Path, current_stop};
use crate::lock::lock;

/// The API client of the latest configuration, and what is remembered between calls. Clones share it.
#[derive(Clone, Default)]
pub struct ProviderData(Arc<Inner>);

/// A function that creates the transport for requests with these settings.
pub type TransportFactory = Box<dyn Fn(&Settings) -> Box<dyn Transport> + Send + Sync>;

#[derive(Default)]
struct Inner {
    /// Creates transports in place of the HTTP transport.
    transport_factory: Option<TransportFactory>,
    /// The client of the latest configuration; `None` before the first one.
    client: Mutex<Option<ClientFuture>>,
    /// The number of configurations so far.
    configure_count: AtomicU64,
    /// A lock for each account whose Ducklings are being changed, by its folded username.
    accounts: Locks<String>,
    recent: RecentWrites,
    tokens: TokenMemory,
}

/// The client, which is created when it is awaited for the first time because most processes never need it. An
/// invalid configuration is reported then, and not before, because many calls do not need the API.
type ClientFuture = Shared<BoxFuture<'static, Result<Client, Diagnostic>>>;

impl ProviderData {
    /// Creates provider data with other transports than the network.
    pub fn with_transport_factory(factory: TransportFactory) -> Self {
        ProviderData(Arc::new(Inner {
            transport_factory: Some(factory),
            ..Inner::default()
        }))
    }

    /// Sets the settings of the API, or why it cannot be called.
    pub fn configure(&self, settings: Result<Settings, Diagnostic>) {
        let transport = match (&settings, &self.0.transport_factory) {
            (Ok(settings), Some(factory)) => Some(factory(settings)),
            _ => None,
        };
        let client = async move { create_client(settings?, transport).await };
        *lock(&self.0.client) = Some(client.boxed().shared());
        self.0.configure_count.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns how often [`configure`](Self::configure) was called. Core configures a provider for every plan
    /// and every apply, so the data of one run is obsolete when this number changes, also in a process that
    /// serves many runs.
    pub fn configure_count(&self) -> u64 {
        self.0.configure_count.load(Ordering::Relaxed)
    }

    /// Returns the objects that were created and deleted with this configuration.
    pub(crate) fn recent(&self) -> &RecentWrites {
        &self.0.recent
    }

    /// Returns the client for the current call. A stop of the call prevents all its further requests, and ends
    /// the wait for the creation of the client.
    pub async fn client(&self) -> Result<Client, Diagnostics> {
        let window = RequestWindow::until(current_stop());
        let client = lock(&self.0.client).clone();
        let client = client
            .ok_or_else(|| Diagnostic::bug("The API was needed before the provider was configured."))?;
        tokio::select! {
            biased;
            client = client => Ok(client?.bound_to(window)),
            () = window.ended() => Err(Diagnostic::error(
                "Interrupted before the MotherDuck API was called",
                "The run was interrupted while the connection was set up. Nothing was sent. Run again.",
            )
            .into()),
        }
    }

    /// Returns the memory of the tokens that this configuration creates.
    pub(crate) fn tokens(&self) -> &TokenMemory {
        &self.0.tokens
    }

    /// Whether a token certainly does not belong to an attempt of unknown outcome with a configured name.
    pub(crate) fn is_known_token(&self, username: &str, id: &str) -> bool {
        self.tokens().is_known(username, id) || self.recent().is_token_deleted(username, id)
    }

    /// Records that this process deleted the account.
    pub(crate) fn account_deleted(&self, username: &str) {
        self.recent().account_deleted(username);
        self.tokens().account_deleted(username);
    }

    /// Locks this account's Ducklings: they are read and written in one step, and no other call may change
    /// them in between.
    pub async fn lock_account(&self, username: &str) -> OwnedMutexGuard<()> {
        self.0.accounts.lock(account_name::folded(username)).await
    }
}

/// Creates a client that sends its requests over this transport, or over HTTP.
async fn create_client(
    settings: Settings,
    transport: Option<Box<dyn Transport>>,
) -> Result<Client, Diagnostic> {
    if let Some(transport) = transport {
        return Ok(Client::with_transport(settings, transport));
    }
    Client::new(settings).await.map_err(|error| {
        let diagnostic = Diagnostic::error(
            "The connection to the MotherDuck API cannot be set up",
            format!(
                "{}\n\nNothing was sent. Correct the provider's configuration and run again.",
                errors::with_full_stop(&errors::capitalized(&error.to_string()))
            ),
        );
        match error.attribute() {
            Some(name) => diagnostic.at(Path::attribute(name)),
            None => diagnostic,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::fake;
    use crate::framework::stopped_by;
    use crate::stop::Stop;

    #[tokio::test]
    async fn lock_account_is_exclusive_regardless_of_case() {
        let provider_data = ProviderData::default();
        let first = provider_data.lock_account("Ada").await;
        let other = provider_data.lock_account("bob").await;
        let mut second = Box::pin(provider_data.lock_account("ada"));
        assert!(futures_util::poll!(&mut second).is_pending());
        drop((first, other));
        second.await;
        assert!(provider_data.0.accounts.len() <= 2);
    }

    #[tokio::test]
    async fn stop_ends_a_hanging_read_of_the_certificate_file() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe.pem");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
        let provider_data = ProviderData::default();
        provider_data.configure(Ok(Settings {
            ca_certificate_file: Some(pipe),
            ..fake::settings()
        }));
        let stop = Stop::default();
        let mut call = Box::pin(stopped_by(stop.clone(), provider_data.client()));
        // This test has one thread, which a blocking read would block.
        assert!(futures_util::poll!(&mut call).is_pending());
        stop.fire();
        let errors = call.await.unwrap_err();
        assert!(
            errors
                .iter()
                .all(|error| error.summary.starts_with("Interrupted"))
        );
    }

    #[tokio::test]
    async fn unreadable_certificate_file_is_an_error_at_its_attribute() {
        let provider_data = ProviderData::default();
        provider_data.configure(Ok(Settings {
            ca_certificate_file: Some("/does/not/exist.pem".into()),
            ..fake::settings()
        }));
        for _ in 0..2 {
            let errors = provider_data.client().await.unwrap_err();
            let error = errors.iter().next().unwrap();
            assert_eq!(error.path, Some(Path::attribute("ca_certificate_file")));
            assert!(error.detail.contains("/does/not/exist.pem"), "{}", error.detail);
        }
    }
}
