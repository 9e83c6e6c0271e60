//! Configures an emulator and starts it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::http::uri::Scheme;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use crate::app::{App, Limits};
use crate::behaviour::Behaviour;
use crate::clock::Clock;
use crate::connection::{Abortable, Connection};
use crate::delayed_requests::DelayedRequests;
use crate::emulator::{Emulator, Worker};
use crate::faults::Faults;
use crate::log::RequestLog;
use crate::memory::{self, Dialer, MemoryListener};
use crate::observe::{Exchange, Observer};
use crate::rate::{RateLimit, RateLimiter};
use crate::routes;
use crate::start_error::StartError;
use crate::state::Organization;
use crate::store::{StateError, StateFile, Storage};
use crate::tls::Identity;

/// The default admin token.
pub const DEFAULT_ADMIN_TOKEN: &str = "motherduck-emulator-admin";

/// How long requests in flight may take to finish after the emulator is stopped.
const STOPPING_LIMIT: Duration = Duration::from_secs(2);

/// The settings of an emulator that is not running yet. Every setting has a default.
#[derive(Clone, Debug)]
#[must_use = "an emulator does nothing until it is started"]
pub struct EmulatorBuilder {
    listen: SocketAddr,
    admin_token: SecretString,
    latency: Duration,
    rate_limit: Option<RateLimit>,
    faults: Faults,
    tls: bool,
    print_requests: bool,
    request_log_file: Option<PathBuf>,
    behaviour: Behaviour,
    observer: Option<Observer>,
    state_file: Option<PathBuf>,
}

impl Emulator {
    /// Returns the settings of an emulator on a free port of 127.0.0.1, over plain HTTP, with the more likely
    /// behaviour wherever the API is uncertain.
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }
}

impl Default for EmulatorBuilder {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            admin_token: DEFAULT_ADMIN_TOKEN.into(),
            latency: Duration::ZERO,
            rate_limit: None,
            faults: Faults::default(),
            tls: false,
            print_requests: false,
            request_log_file: None,
            behaviour: Behaviour::default(),
            observer: None,
            state_file: None,
        }
    }
}

impl EmulatorBuilder {
    /// Sets the address to listen on; port 0 chooses a free one. It must be a loopback address.
    pub fn listen(self, listen: SocketAddr) -> Self {
        Self { listen, ..self }
    }

    /// Sets the secret of the admin's token. The default is [`DEFAULT_ADMIN_TOKEN`].
    pub fn admin_token(mut self, secret: impl Into<SecretString>) -> Self {
        self.admin_token = secret.into();
        self
    }

    /// Returns the secret of the admin's token.
    pub fn admin_secret(&self) -> &SecretString {
        &self.admin_token
    }

    /// Stores everything in this file: accounts, tokens, configurations, Dives, embed sessions and the clock.
    /// The file is created if it does not exist. A change is stored before its response is sent. Without a
    /// file, everything is lost at the end.
    ///
    /// [`EmulatorBuilder::admin_token`] applies to this run, also if the file was created with another one.
    pub fn state_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.state_file = Some(path.into());
        self
    }

    /// Delays every API request. Control requests are not delayed.
    pub fn latency(self, latency: Duration) -> Self {
        Self { latency, ..self }
    }

    /// Returns 429 for API requests beyond this limit. The default is no limit.
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limit = Some(limit);
        self
    }

    /// Sets rules that make API requests fail from the start; [`Emulator::set_faults`] replaces them.
    pub fn faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }

    /// Serves HTTPS, with a certificate signed by [`Emulator::certificate_authority_pem`].
    pub fn tls(self, tls: bool) -> Self {
        Self { tls, ..self }
    }

    /// Prints a line for each API request to standard error.
    pub fn print_requests(mut self, print_requests: bool) -> Self {
        self.print_requests = print_requests;
        self
    }

    /// Appends each API request to this file as a line of JSON when it has ended. The file is created if it
    /// does not exist.
    pub fn request_log_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.request_log_file = Some(path.into());
        self
    }

    /// Calls `observer` with each response of the API's endpoints, body included, before it is sent, so that a
    /// test can check it. Requests to the emulator's own endpoints are excluded, and so are responses of the
    /// guard, the rate limit or a fault. A fault changes a response after `observer` was called.
    pub fn observe(mut self, observer: impl Fn(&Exchange) + Send + Sync + 'static) -> Self {
        self.observer = Some(Observer::new(observer));
        self
    }

    /// Sets the switches for undocumented behaviour of the API.
    pub fn behaviour(mut self, set: impl FnOnce(&mut Behaviour)) -> Self {
        set(&mut self.behaviour);
        self
    }

    /// Starts the emulator on the current Tokio runtime, which must keep running for as long as it is used.
    pub async fn start(self) -> Result<Emulator, StartError> {
        let server = self.bind().await?;
        server.run(|serving| Ok(Worker::Task(tokio::spawn(serving))))
    }

    /// Starts the emulator on its own threads and runtime, for callers that are not asynchronous.
    ///
    /// # Panics
    /// If it is called in an asynchronous task. Use [`EmulatorBuilder::start`] there.
    pub fn start_blocking(self) -> Result<Emulator, StartError> {
        // With two threads, slow responses and new connections continue while one thread writes to the disk.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("motherduck-emulator")
            .enable_all()
            .build()
            .map_err(StartError::Thread)?;
        let server = runtime.block_on(self.bind())?;
        server.run(|serving| {
            std::thread::Builder::new()
                .name("motherduck-emulator".to_owned())
                .spawn(move || runtime.block_on(serving))
                .map(Worker::Thread)
                .map_err(StartError::Thread)
        })
    }

    async fn bind(self) -> Result<Server, StartError> {
        if !self.listen.ip().is_loopback() {
            return Err(StartError::NotLoopback(self.listen));
        }
        let token = self.admin_token.expose_secret();
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(StartError::AdminToken);
        }
        let failed = |source| StartError::Bind {
            address: self.listen,
            source,
        };
        let listener = TcpListener::bind(self.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let identity = if self.tls {
            Some(Identity::new(address)?)
        } else {
            None
        };

        let log =
            RequestLog::new(self.print_requests, self.request_log_file.as_deref()).map_err(|source| {
                StartError::RequestLog {
                    path: self.request_log_file.unwrap_or_default(),
                    source,
                }
            })?;
        let limits = Limits {
            latency: self.latency,
            rate_limit: self.rate_limit.map(RateLimiter::new),
            faults: Mutex::new(self.faults),
        };
        let organization = Organization::new(self.behaviour, token, jiff::Timestamp::now());
        let (file, clock, mut organization) = match self.state_file {
            None => (None, Clock::default(), organization),
            Some(path) => {
                let admin_token = self.admin_token.clone();
                let opening = path.clone();
                // Reading and checking a large file takes a while.
                let opened = spawn_blocking(move || open(&opening, organization, &admin_token)).await;
                let opened = opened.map_err(|error| StateError::Io(io::Error::other(error)));
                let (file, clock, organization) = opened
                    .flatten()
                    .map_err(|source| StartError::State { path, source })?;
                (Some(file), clock, organization)
            }
        };
        organization.take_changes();
        let app = Arc::new(App {
            organization: Mutex::new(organization),
            storage: Storage::new(file),
            clock,
            log,
            limits,
            delayed_requests: DelayedRequests::default(),
            observer: self.observer,
        });
        let scheme = if identity.is_some() {
            Scheme::HTTPS
        } else {
            Scheme::HTTP
        };
        let router = routes::router(&app, scheme);
        let (dialer, memory) = memory::listener(address);
        Ok(Server {
            listener,
            dialer,
            memory,
            address,
            identity,
            router,
            app,
        })
    }
}

/// Opens the state file, or creates one that contains `initial`, and prepares it for this run.
fn open(
    path: &Path,
    mut initial: Organization,
    admin_token: &SecretString,
) -> Result<(StateFile, Clock, Organization), StateError> {
    let (file, content) = StateFile::open_or_create(path, &mut initial)?;
    let (mut organization, clock) = (
        content.organization,
        Clock::ahead_by(content.clock_offset_seconds),
    );
    organization.renew_admin_token(admin_token.expose_secret());
    organization.remove_expired_sessions(clock.now());
    file.write(&organization.take_changes())?;
    Ok((file, clock, organization))
}

struct Server {
    listener: TcpListener,
    dialer: Dialer,
    memory: MemoryListener,
    address: SocketAddr,
    identity: Option<Identity>,
    router: Router,
    app: Arc<App>,
}

impl Server {
    /// Serves in a task or thread that `begin` starts.
    fn run(
        self,
        begin: impl FnOnce(BoxFuture<'static, ()>) -> Result<Worker, StartError>,
    ) -> Result<Emulator, StartError> {
        let (stop, stopped) = oneshot::channel();
        Ok(Emulator {
            app: Arc::clone(&self.app),
            address: self.address,
            dialer: self.dialer.clone(),
            authority_pem: self.identity.as_ref().map(|tls| tls.authority_pem.clone()),
            stop: Some(stop),
            worker: Some(begin(self.serve(stopped).boxed())?),
        })
    }

    /// Serves until `stopped` receives a message or its sender is dropped, then finishes the requests in
    /// flight, within a limit.
    async fn serve(self, stopped: oneshot::Receiver<()>) {
        let (stopping, stop) = oneshot::channel::<()>();
        let stop = async {
            // A dropped sender stops the server too.
            let _ = stop.await;
        }
        .shared();
        let limit = async {
            let _ = stopped.await;
            drop(stopping);
            tokio::time::sleep(STOPPING_LIMIT).await;
        };
        let service = self.router.into_make_service_with_connect_info::<Connection>();
        let in_memory = axum::serve(Abortable::new(self.memory), service.clone())
            .with_graceful_shutdown(stop.clone())
            .into_future();
        let listening = async {
            match self.identity {
                None => {
                    axum::serve(Abortable::new(self.listener), service)
                        .with_graceful_shutdown(stop)
                        .await
                }
                Some(identity) => {
                    let listener = identity.listen(self.listener);
                    axum::serve(Abortable::new(listener), service)
                        .with_graceful_shutdown(stop)
                        .await
                }
            }
        };
        tokio::select! {
            _ = join(listening, in_memory) => {}
            () = limit => {}
        }
        self.app.delayed_requests.end().await;
    }
}
