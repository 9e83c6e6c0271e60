//! The protocol's provider service: each call decoded, decided by the framework and the resource, encoded.
//!
//! A file for each family of calls. What goes wrong is told in diagnostics; a gRPC status is only for a call
//! that broke off.

mod action;
mod apply;
mod catch;
mod configure;
mod data_source;
mod ephemeral_resource;
mod function;
mod generate;
mod identity;
mod import;
mod leftovers;
mod list_resource;
mod lookup;
mod moves;
mod plan;
mod read;
mod schema;
mod service;
mod state_store;
#[cfg(test)]
mod tests;
mod upgrade;
mod validate;

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

use super::provider::Provider;
pub use leftovers::Leftovers;
use leftovers::StillOpen;
use lookup::Schemas;

/// Serves a [`Provider`] as the protocol's provider service.
pub struct ProviderService {
    shared: Arc<Shared>,
}

/// What the calls share. A call that writes goes on in a task of its own, whatever becomes of its caller, until
/// it is done or the process ends.
struct Shared {
    provider: Box<dyn Provider>,
    /// Set while the provider's configuration holds unknown values that the API would be needed for.
    waiting: AtomicBool,
    schemas: OnceLock<Schemas>,
    open: StillOpen,
}

impl ProviderService {
    /// Serves this provider. Nothing is initialised yet: most processes answer a call or two and end.
    pub fn new(provider: impl Provider) -> Self {
        let shared = Shared {
            provider: Box::new(provider),
            waiting: AtomicBool::new(false),
            schemas: OnceLock::new(),
            open: StillOpen::default(),
        };
        ProviderService {
            shared: Arc::new(shared),
        }
    }

    /// What the host may leave behind when it says farewell, to be ended before the process is.
    pub fn leftovers(&self) -> Leftovers {
        Leftovers(Arc::clone(&self.shared))
    }
}
