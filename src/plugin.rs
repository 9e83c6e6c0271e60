//! The server side of go-plugin: how a host starts, authenticates and ends this process.
//!
//! This module does not depend on Terraform's data. [`serve()`] adds the services of every go-plugin process
//! to the given gRPC services: controller, standard streams, broker and health.
//!
//! Two rules apply everywhere: only the handshake line is written to standard output, and only the host is
//! served.

mod accept;
mod controller;
mod ending;
mod group;
mod handshake;
mod key;
mod listener;
mod logging;
mod memory;
mod orphan;
mod reattach;
mod serve;
mod services;
mod signals;
mod streams;
mod tls;
mod variable;

pub use handshake::{HostSettings, started_by_host};
pub use listener::ListenError;
pub use logging::init as init_logging;
pub use memory::keep_memory_private;
pub use orphan::Parent;
pub use serve::{MESSAGE_LIMIT, Mode, PluginService, ServeError, serve};
pub use services::GrpcService;
pub use tls::TlsError;
pub use variable::UnreadableVariable;
