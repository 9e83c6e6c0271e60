//! The protocol's provider service: it decodes each call, runs it with the framework and the resource, and
//! encodes the response.
//!
//! There is a file for each family of calls. Failures are diagnostics; a gRPC status is only used for a call
//! that was cancelled.

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
mod grpc;
mod identity;
mod import;
mod instance;
mod lifecycle;
mod list_resource;
mod message;
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
mod weak_list;

use std::any::Any;
use std::sync::Arc;

use tonic::codegen::Bytes;
use tonic::{Request, Status};

use super::model::Model;
use super::provider::Provider;
use super::registry::{Registered, Untyped};
use crate::count::Count;
pub use delivery::TrackDelivery;
pub use grpc::Dispatch;
use instance::{AnyProvider, Instance, Instances};
pub use lifecycle::Lifecycle;
use message::{Rpc, Unary};

/// Serves a [`Provider`] as the protocol's provider service, with one instance for each peer.
#[derive(Clone)]
pub struct ProviderService {
    lifecycle: Lifecycle,
}

impl ProviderService {
    /// Creates a service for the providers that `create` returns. Everything is initialized by the first call
    /// that needs it, because most processes serve only a few calls.
    pub fn new<P: Provider<Model: Model>>(create: impl Fn() -> P + Send + Sync + 'static) -> Self {
        let create = move || {
            Registered::new(
                Arc::new(Untyped(create())) as Arc<AnyProvider>,
                P::Model::schema(),
            )
        };
        ProviderService {
            lifecycle: Lifecycle {
                instances: Arc::new(Instances::new(Box::new(create))),
                calls: Count::default(),
            },
        }
    }

    /// Returns the operations with which the process ends.
    pub fn lifecycle(&self) -> Lifecycle {
        self.lifecycle.clone()
    }

    /// Handles a call of an RPC with one response in this process, for benchmarks.
    #[doc(hidden)]
    pub async fn call<M: Any>(&self, rpc: &str, request: Bytes) -> Result<M, Status> {
        let Some(Rpc::Unary(Unary(handle))) = service::rpc(rpc) else {
            return Err(Status::unimplemented("there is no such RPC"));
        };
        let response: Box<dyn Any> = handle(self, Request::new(request))?.await?;
        let response = response.downcast().map(|response| *response);
        response.map_err(|_| Status::internal("the response has another type"))
    }

    /// Returns the gRPC service, which follows each response until it is written to the connection. It refuses
    /// messages of more bytes than `message_limit` in each direction.
    pub fn grpc(&self, message_limit: usize) -> TrackDelivery<Dispatch> {
        let dispatch = Dispatch::new(self.clone(), message_limit);
        TrackDelivery::new(dispatch, self.lifecycle.calls.clone())
    }
}
