//! The server side of go-plugin: how a host starts this process, trusts it, and ends it.
//!
//! Nothing here knows Terraform's data. [`serve()`] is handed ready gRPC services and adds what every
//! go-plugin process offers besides: controller, standard streams, broker and health.
//!
//! Two rules hold everywhere: standard output carries the handshake line and nothing else, and whoever
//! cannot prove to be the host is not served.

mod broker;
mod connection;
mod controller;
mod ending;
#[cfg(unix)]
mod group;
mod handshake;
mod listener;
mod logging;
mod memory;
mod orphan;
mod reattach;
mod serve;
mod signals;
mod stdio;
mod tls;
mod variable;

pub use handshake::{Host, started_by_host};
pub use listener::ListenError;
pub use logging::init as init_logging;
pub use memory::keep_memory_private;
pub use orphan::Parent;
pub use serve::{MESSAGE_LIMIT, Mode, ServeError, Served, serve};
pub use tls::TlsError;
pub use variable::UnreadableVariable;
