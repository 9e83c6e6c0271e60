//! The process from the handshake to its end.

use std::io::{self, Write as _};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, watch};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::accept::{Acceptor, HostConnection};
use super::ending;
use super::handshake::{HandshakeLine, HostSettings, PROTOCOL_VERSION};
use super::listener::{ListenError, Listener};
use super::orphan::{self, Parent};
use super::reattach::Reattach;
use super::services::{GrpcService, Services};
use super::signals::{self, EndRequests, Interrupt};
use super::tls::{Certificates, TlsError};
use crate::count::Count;
use crate::peer::Peers;

/// The largest message to receive and to send, in bytes, as in Go's provider SDK. Services must set it in
/// both directions: their default of 4 MiB is less than one large attribute.
pub const MESSAGE_LIMIT: usize = 256 << 20;

/// The time limit of calls in flight after the stop. The host kills the process two seconds after the
/// response to `Shutdown`.
const GRACE: Duration = Duration::from_secs(1);

/// The starter of the plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode<'a> {
    /// A host, which starts and ends the process.
    Hosted,
    /// A developer, who starts and ends the process by hand. Hosts attach to it without encryption.
    Debug {
        /// The provider's source address without its host name.
        provider: &'a str,
    },
}

/// Why the plugin could not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Signal handlers could not be installed.
    #[error("cannot listen for signals: {0}")]
    Signals(#[source] io::Error),
    /// TLS could not be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// No socket could be bound.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The handshake line could not be written.
    #[error("cannot write the handshake to standard output: {0}")]
    Output(#[source] io::Error),
}

/// The service of a plugin, and its work at the end.
pub struct PluginService {
    /// The gRPC service of this kind of plugin.
    pub service: GrpcService,
    /// The number of its calls in flight.
    pub calls: watch::Receiver<usize>,
    /// Called when the user interrupts a run of the host that has started the process. The host will stop the
    /// calls.
    pub interrupted: Box<dyn Fn() + Send>,
    /// Stops the calls and refuses new writes. It is called when a signal requests the end of the process while
    /// callers are connected.
    pub stop: Box<dyn FnOnce() + Send>,
    /// The work before the process ends. It runs once: before the response to the host's `Shutdown`, or after
    /// serving if that ended otherwise. It is dropped if serving does not begin.
    pub before_end: BoxFuture<'static, ()>,
}

/// Serves the plugin's services and go-plugin's own until the host or a signal ends it.
///
/// While callers are connected, a signal stops their calls but does not disconnect them: the process ends
/// when they disconnect, or some time after their last call. The socket is removed when this returns. Calls
/// that take longer than a second after the end are dropped.
pub async fn serve(
    host: &HostSettings,
    mode: Mode<'_>,
    parent: Parent,
    plugin: PluginService,
) -> Result<(), ServeError> {
    let PluginService {
        service,
        calls,
        interrupted,
        stop,
        before_end,
    } = plugin;
    let before_end = before_end.shared();
    let end_requests = EndRequests::default();
    let shutdown = end_requests.now.clone();
    let (interrupt, peers) = match mode {
        Mode::Hosted => (Interrupt::Notifies(interrupted), None),
        Mode::Debug { .. } => (Interrupt::Stops, Some(Peers::default())),
    };
    signals::listen(interrupt, end_requests.clone()).map_err(ServeError::Signals)?;

    // A host that attaches has no certificate, so only the permissions of the socket's directory protect it.
    let client_certificate = host
        .client_certificate
        .as_deref()
        .filter(|_| mode == Mode::Hosted);
    let certificates = client_certificate.map(Certificates::generate).transpose()?;
    let listener = Listener::bind(host)?;
    print_address(host, mode, &listener, certificates.as_ref())?;
    // In a box of its own, so that the memory for serving is first used after the handshake line.
    let serving = Box::pin(async move {
        let tls = certificates
            .map(Certificates::settings)
            .transpose()?
            .map(TlsAcceptor::from);

        let open = Count::default();
        if mode == Mode::Hosted {
            orphan::watch(parent, &open, shutdown.clone());
        }
        let open_connections = open.subscribe();
        tokio::spawn(async move {
            end_requests.requested.cancelled().await;
            stop();
            ending::callers_are_done(open_connections, calls).await;
            end_requests.now.cancel();
        });
        let (accepted, connections) = mpsc::channel(1);
        let acceptor = Acceptor {
            tls,
            peers,
            open,
            accepted,
        };
        let accepting = acceptor.accept_all(listener);
        let accepting = tokio::spawn(shutdown.clone().run_until_cancelled_owned(accepting));

        let services = Services::new(service, shutdown.clone(), before_end.clone()).await;
        let served = serve_connections(connections, services, shutdown.clone());
        let grace_is_over = async {
            shutdown.cancelled().await;
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            () = served => {}
            () = grace_is_over => warn!("giving up calls that did not end within {GRACE:?}"),
        }
        // The socket is removed before the process ends, however the server ended.
        shutdown.cancel();
        let _ = accepting.await;
        before_end.await;
        debug!("stopped");
        Ok(())
    });
    serving.await
}

/// Serves each connection in its own task. After `shutdown`, it returns when the calls in flight have ended.
async fn serve_connections(
    mut connections: mpsc::Receiver<HostConnection>,
    services: Services,
    shutdown: CancellationToken,
) {
    let served = TaskTracker::new();
    let accepting = async {
        while let Some(connection) = connections.recv().await {
            let serving = connection.serve(services.clone(), shutdown.clone().cancelled_owned());
            served.spawn(async {
                if let Err(error) = serving.await {
                    debug!(%error, "a connection failed");
                }
            });
        }
    };
    shutdown.run_until_cancelled(accepting).await;
    served.close();
    served.wait().await;
}

/// Prints the address of the plugin. Nothing else is written to standard output.
fn print_address(
    host: &HostSettings,
    mode: Mode<'_>,
    listener: &Listener,
    certificates: Option<&Certificates>,
) -> Result<(), ServeError> {
    let address = &listener.address;
    debug!(
        network = "unix",
        address,
        encrypted = certificates.is_some(),
        "listening"
    );
    let text = match mode {
        Mode::Hosted => {
            if !host.accepts_our_protocol() {
                // The host refuses the plugin and reports that to the user.
                warn!(offered = ?host.protocol_versions, "the host does not support protocol {PROTOCOL_VERSION}");
            }
            let line = HandshakeLine {
                address,
                server_certificate: certificates.map(|certificates| &*certificates.server),
                supports_multiplexing: host.requests_multiplexing,
            };
            format!("{line}\n")
        }
        Mode::Debug { provider } => Reattach {
            provider,
            pid: std::process::id(),
            address,
        }
        .to_string(),
    };
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
        .map_err(ServeError::Output)
}
