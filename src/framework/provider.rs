//! The provider: its configuration, and the registration of resources, data sources and so on.

use async_trait::async_trait;

use super::block::Block;
use super::diagnostics::Diagnostics;
use super::registry::{Registry, Untyped, typed};
use super::value::Value;

/// A provider. Its block is the `provider` block: the type name is the local name that a configuration uses
/// by default.
#[async_trait]
pub trait Provider: Block {
    /// Returns the namespace and type in any registry, such as `hashicorp/random`.
    fn address(&self) -> &'static str;

    /// Configures the provider. A host calls this once for each instance of the provider; the configuration of
    /// a later call replaces the earlier one.
    async fn configure(
        &self,
        request: ConfigureRequest<Self::Model>,
    ) -> Result<ConfigureResponse, Diagnostics>;

    /// Completes outstanding work before the process ends, after everything that was opened is closed. Its
    /// time is limited: if the future is dropped before its end, it logs what is outstanding. If calls take
    /// too long, it is called while they run, and once more after them.
    async fn finish(&self) {}

    /// Registers the resources, data sources and so on, which share the provider's configuration. It is
    /// called once for each peer, also for a provider that is never configured.
    fn register(&self, registry: &mut Registry);
}

/// A request to configure the provider.
#[derive(Debug)]
pub struct ConfigureRequest<C> {
    /// The `provider` block. If it is absent, every attribute is null. Values may be unknown in a plan.
    pub config: C,
    /// The version of the CLI, as the CLI reports it.
    pub terraform_version: String,
}

/// The result of configuring the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigureResponse {
    /// The API can be called.
    Ready,
    /// Too many values are unknown to call the API. Calls that need it are deferred if the CLI allows that.
    Deferred,
}

#[async_trait]
impl<P: Provider> Provider for Untyped<P> {
    fn address(&self) -> &'static str {
        self.0.address()
    }

    async fn configure(&self, request: ConfigureRequest<Value>) -> Result<ConfigureResponse, Diagnostics> {
        let request = ConfigureRequest {
            config: typed(&request.config)?,
            terraform_version: request.terraform_version,
        };
        self.0.configure(request).await
    }

    async fn finish(&self) {
        self.0.finish().await;
    }

    fn register(&self, registry: &mut Registry) {
        self.0.register(registry);
    }
}
