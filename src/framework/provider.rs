//! The provider: its configuration and its registration of resources, data sources and so on.

use async_trait::async_trait;

use super::block::Block;
use super::diagnostics::Diagnostics;
use super::registry::{Registry, Untyped, typed};
use super::value::{Value, ValueType};

/// A provider. As a block it is the `provider` block: its type name is the local name that a configuration
/// uses by default.
#[async_trait]
pub trait Provider: Block {
    /// The namespace and type in any registry, such as `hashicorp/random`.
    fn address(&self) -> &'static str;

    /// Configures the provider. A CLI calls this once for each of its connections; if it is called again, the
    /// last configuration counts.
    async fn configure(&self, request: Configure<Self::Model>) -> Result<Configured, Diagnostics>;

    /// Completes what is left to do before the process ends, after everything that was opened is closed. The
    /// time for it is limited: where it is dropped before its end, it logs what is left. It is called before that too,
    /// and once more after it, where calls take too long.
    async fn finish(&self) {}

    /// Registers the resources, data sources and so on, which share the provider's configuration. It is called
    /// once per connection, also for a provider that is never configured.
    fn register(&self, registry: &mut Registry);
}

/// A request to configure the provider.
#[derive(Debug)]
pub struct Configure<C> {
    /// The `provider` block. If it is absent, every attribute is null. Values may be unknown in a plan.
    pub config: C,
    /// The version of the CLI, as the CLI reports it.
    pub terraform_version: String,
}

/// The result of configuring the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Configured {
    /// The API can be called.
    Ready,
    /// Too many values are unknown to call the API. Calls that need it are deferred if the CLI allows that.
    Deferred,
}

#[async_trait]
impl<P: Provider<Model: ValueType>> Provider for Untyped<P> {
    fn address(&self) -> &'static str {
        self.0.address()
    }

    async fn configure(&self, request: Configure<Value>) -> Result<Configured, Diagnostics> {
        let request = Configure {
            config: typed(&request.config)?,
            terraform_version: request.terraform_version,
        };
        self.0.configure(request).await
    }

    async fn finish(&self) {
        self.0.finish().await;
    }

    fn register(&self, registry: &mut Registry) {
        registry.check_provider::<P::Model>(&self.schema());
        self.0.register(registry);
    }
}
