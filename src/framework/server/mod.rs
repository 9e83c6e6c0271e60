//! The protocol's provider service: each call decoded, decided by the framework and the resource, encoded.
//!
//! A file for each family of calls. What goes wrong is told in diagnostics; a gRPC status is only for a call
//! that broke off.

mod action;
mod apply;
mod calls;
mod catch;
mod configure;
mod data_source;
mod delivery;
mod ephemeral_resource;
mod function;
mod generate;
mod identity;
mod import;
mod instance;
mod leftovers;
mod lifecycle;
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
mod undo;
mod upgrade;
mod validate;

use std::sync::Arc;

use super::provider::Provider;
use delivery::CallCount;
pub use delivery::Delivered;
use instance::{Instance, Instances};
pub use lifecycle::Lifecycle;

/// Serves a [`Provider`] as the protocol's provider service: an instance of it for each peer.
#[derive(Clone)]
pub struct ProviderService {
    lifecycle: Lifecycle,
}

impl ProviderService {
    /// Serves the providers that `make` returns. Nothing is initialised before a call needs it, since most
    /// processes serve a call or two and end.
    pub fn new<P: Provider>(make: impl Fn() -> P + Send + Sync + 'static) -> Self {
        let make = move || Box::new(make()) as Box<dyn Provider>;
        ProviderService {
            lifecycle: Lifecycle {
                instances: Arc::new(Instances::new(Box::new(make))),
                calls: CallCount::default(),
            },
        }
    }

    /// What the process has to know of this service to end without loss.
    pub fn lifecycle(&self) -> Lifecycle {
        self.lifecycle.clone()
    }

    /// The gRPC service that was made of this one, following each of its responses until it is handed to the
    /// connection.
    pub fn followed<S>(&self, served: S) -> Delivered<S> {
        Delivered::new(served, self.lifecycle.calls.clone())
    }
}
