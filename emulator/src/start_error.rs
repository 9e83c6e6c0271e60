//! Why an emulator does not start.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::store::StateError;

/// Why an emulator did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Other machines could reach the address.
    #[error("{0} is not a loopback address: the emulator listens on 127.0.0.0/8 or [::1] only")]
    NotLoopback(SocketAddr),
    /// The address cannot be bound.
    #[error(
        "cannot listen on {address}: {source}; choose another port with --listen, or port 0 for a free one"
    )]
    Bind {
        /// The address that was requested.
        address: SocketAddr,
        /// The error of the system.
        source: io::Error,
    },
    /// The file for the request log cannot be written.
    #[error("cannot write the request log to {path}: {source}", path = .path.display())]
    RequestLog {
        /// The path of the file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The admin token has characters that no client can send.
    #[error("the admin token must be visible ASCII characters without blanks, at least one")]
    AdminToken,
    /// The state file cannot be used. It is unchanged.
    #[error("cannot use the state file {path}: {source}", path = .path.display())]
    State {
        /// The path of the file.
        path: PathBuf,
        /// The reason.
        source: StateError,
    },
    /// The certificate could not be created.
    #[error("cannot make a certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS could not be set up with the certificate.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// The thread for [`EmulatorBuilder::start_blocking`](crate::EmulatorBuilder::start_blocking) could not be created.
    #[error("cannot start the emulator's thread: {0}")]
    Thread(io::Error),
}
