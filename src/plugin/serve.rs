//! The life of the process between the handshake and the host's farewell.

use std::io::{self, Write as _};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic_health::ServingStatus;
use tracing::{debug, warn};

use super::broker::Broker;
use super::connection::{self, OpenConnections};
use super::controller::{Controller, Farewell};
use super::handshake::{HandshakeLine, Host, PROTOCOL_VERSION};
use super::listener::{ListenError, Listener};
use super::orphan;
use super::reattach::Reattach;
use super::signals::{self, Interrupt};
use super::stdio::Stdio;
use super::tls::{Identity, TlsError};
use crate::proto::plugin::grpc_broker_server::GrpcBrokerServer;
use crate::proto::plugin::grpc_controller_server::GrpcControllerServer;
use crate::proto::plugin::grpc_stdio_server::GrpcStdioServer;

/// The largest message to take and to send, in bytes, as Go's provider SDK has it. Services must set it in
/// both directions themselves: 4 MiB, their default, is less than one large attribute.
pub const MESSAGE_LIMIT: usize = 256 << 20;

/// The name under which hosts ask for the plugin's health.
const HEALTH_SERVICE: &str = "plugin";
/// How long calls in flight may take after the stop. The host kills the process two seconds after `Shutdown`
/// was answered.
const GRACE: Duration = Duration::from_secs(1);

/// Who runs the plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode<'a> {
    /// A host, which started the process and ends it.
    Hosted,
    /// A developer, who starts and ends it by hand. Hosts attach to it without encryption.
    Debug {
        /// The provider's source address without its host name.
        provider: &'a str,
    },
}

/// Why the plugin could not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The operating system does not let us listen for signals.
    #[error("cannot listen for signals: {0}")]
    Signals(#[source] io::Error),
    /// No encrypted connection can be offered.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// There is nowhere to listen.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The host cannot be told where to connect.
    #[error("cannot write the handshake to standard output: {0}")]
    Announce(#[source] io::Error),
    /// The gRPC server failed.
    #[error("the gRPC server failed: {0}")]
    Server(#[from] tonic::transport::Error),
}

/// Serves `services`, and what go-plugin asks for besides, until the host or the system says to stop.
///
/// `farewell` is what remains to be done before the process ends. It is run once: before the host's `Shutdown`
/// is answered, which takes as long as it does, or after serving if that ended otherwise. It is dropped if
/// serving does not begin.
///
/// The socket is gone when this returns. Calls that do not end within a second of the stop are given up.
pub async fn serve(
    host: &Host,
    mode: Mode<'_>,
    services: Routes,
    farewell: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let farewell = farewell.boxed().shared();
    let shutdown = CancellationToken::new();
    let interrupt = if mode == Mode::Hosted {
        Interrupt::Ignored
    } else {
        Interrupt::Stops
    };
    signals::listen(interrupt, shutdown.clone()).map_err(ServeError::Signals)?;

    // Attaching hosts bring no certificate: there the socket's directory alone keeps others out.
    let client_certificate = host
        .client_certificate
        .as_deref()
        .filter(|_| mode == Mode::Hosted);
    let identity = client_certificate.map(Identity::generate).transpose()?;
    let listener = Listener::bind(host).await?;
    announce(host, mode, &listener, identity.as_ref())?;

    let open = OpenConnections::new();
    if mode == Mode::Hosted {
        orphan::watch(&open, shutdown.clone());
    }
    let tls = identity.map(|identity| TlsAcceptor::from(identity.config));
    let (incoming, acceptor) = connection::incoming(listener, tls, open, shutdown.clone());

    let server = Server::builder()
        .add_routes(with_plugin_services(services, &shutdown, &farewell).await)
        .serve_with_incoming_shutdown(incoming, shutdown.clone().cancelled_owned());
    let out_of_patience = async {
        shutdown.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    let outcome = tokio::select! {
        outcome = server => outcome,
        () = out_of_patience => {
            warn!("giving up calls that did not end within {GRACE:?}");
            Ok(())
        }
    };
    // The socket goes before the process does, however the server ended.
    shutdown.cancel();
    let _ = acceptor.await;
    farewell.await;
    debug!("stopped");
    Ok(outcome?)
}

/// Tells whoever started the process where to connect. The first and only words on standard output.
fn announce(
    host: &Host,
    mode: Mode<'_>,
    listener: &Listener,
    identity: Option<&Identity>,
) -> Result<(), ServeError> {
    let address = &listener.address;
    debug!(network = %address.network, address = address.text, encrypted = identity.is_some(), "listening");
    let text = match mode {
        Mode::Hosted => {
            if !host.accepts_our_protocol() {
                // The host refuses, and tells the user so.
                warn!(offered = ?host.protocol_versions, "the host does not speak protocol {PROTOCOL_VERSION}");
            }
            let line = HandshakeLine {
                address,
                server_certificate: identity.map(|identity| &*identity.certificate),
                answers_multiplexing: host.asks_for_multiplexing,
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
        .map_err(ServeError::Announce)
}

async fn with_plugin_services(services: Routes, shutdown: &CancellationToken, farewell: &Farewell) -> Routes {
    let (health, health_service) = tonic_health::server::health_reporter();
    health
        .set_service_status(HEALTH_SERVICE, ServingStatus::Serving)
        .await;
    services
        .add_service(health_service)
        .add_service(GrpcControllerServer::new(Controller {
            farewell: farewell.clone(),
            shutdown: shutdown.clone(),
        }))
        .add_service(GrpcStdioServer::new(Stdio {
            shutdown: shutdown.clone(),
        }))
        .add_service(GrpcBrokerServer::new(Broker {
            shutdown: shutdown.clone(),
        }))
}
