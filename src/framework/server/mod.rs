//! The protocol's provider service: it decodes each call, runs it with the framework and the resource, and
//! encodes the response.
//!
//! There is a file for each family of calls. Failures are diagnostics; a gRPC status is used only for a call
//! that was cut off.

mod action;
mod apply;
mod calls;
mod catch;
mod configure;
mod data_source;
mod delivery;
mod encode;
mod ephemeral_resource;
mod function;
mod generate;
mod identity;
mod import;
mod instance;
mod lifecycle;
mod list_resource;
mod moves;
mod open_resources;
mod plan;
mod read;
mod rpc;
mod schema;
mod service;
mod state_store;
#[cfg(test)]
mod tests;
mod undelivered;
mod undo;
mod upgrade;
mod validate;

use std::sync::Arc;

use super::provider::Provider;
use super::registry::Untyped;
use super::value::ValueType;
use delivery::CallCount;
pub use delivery::Delivered;
use instance::{AnyProvider, Instance, Instances};
pub use lifecycle::Lifecycle;

/// Serves a [`Provider`] as the protocol's provider service: an instance of it for each peer.
#[derive(Clone)]
pub struct ProviderService {
    lifecycle: Lifecycle,
}

impl ProviderService {
    /// Serves the providers that `make` returns. Nothing is initialized before a call needs it, since most
    /// processes serve only a few calls.
    pub fn new<P: Provider<Model: ValueType>>(make: impl Fn() -> P + Send + Sync + 'static) -> Self {
        let make = move || Arc::new(Untyped(make())) as Arc<AnyProvider>;
        ProviderService {
            lifecycle: Lifecycle {
                instances: Arc::new(Instances::new(Box::new(make))),
                calls: CallCount::default(),
            },
        }
    }

    /// What the process needs of this service to end without loss.
    pub fn lifecycle(&self) -> Lifecycle {
        self.lifecycle.clone()
    }

    /// The gRPC service that was created from this one, following each of its responses until it is passed to
    /// the connection.
    pub fn followed<S>(&self, served: S) -> Delivered<S> {
        Delivered::new(served, self.lifecycle.calls.clone())
    }
}
