//! The provider: its configuration and its lists of resources, data sources and so on.

use async_trait::async_trait;

use super::action::AnyAction;
use super::data_source::AnyDataSource;
use super::diagnostics::Diagnostics;
use super::ephemeral_resource::AnyEphemeralResource;
use super::function::Function;
use super::list_resource::AnyListResource;
use super::resource::AnyResource;
use super::schema::Schema;
use super::value::Value;

/// A provider, as the protocol service uses it.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// The namespace and type in any registry, such as `hashicorp/random`.
    fn address(&self) -> &'static str;

    /// The attributes of the `provider` block.
    fn schema(&self) -> Schema;

    /// Configures the provider. A CLI calls this once for each of its connections; if it is called again, the
    /// last configuration counts.
    async fn configure(&self, request: Configure) -> Result<Configured, Diagnostics>;

    /// Completes what is left to do before the process ends, after everything that was opened is closed. The
    /// time for it is limited: where it is dropped before its end, it logs what is left. It is called before that too,
    /// and once more after it, where calls take too long.
    async fn finish(&self) {}

    /// The managed resources. This list and those below are requested once per connection; their members
    /// share the provider's configuration.
    fn resources(&self) -> Vec<Box<AnyResource>>;

    /// The data sources.
    fn data_sources(&self) -> Vec<Box<AnyDataSource>> {
        Vec::new()
    }

    /// The ephemeral resources.
    fn ephemeral_resources(&self) -> Vec<Box<AnyEphemeralResource>> {
        Vec::new()
    }

    /// The list resources, each for a managed resource of the same type name.
    fn list_resources(&self) -> Vec<Box<AnyListResource>> {
        Vec::new()
    }

    /// The actions.
    fn actions(&self) -> Vec<Box<AnyAction>> {
        Vec::new()
    }

    /// The functions. They also work in a provider that is never configured.
    fn functions(&self) -> Vec<Box<dyn Function>> {
        Vec::new()
    }
}

/// A request to configure the provider.
#[derive(Debug)]
pub struct Configure {
    /// The `provider` block. If it is absent, every attribute is null. Values may be unknown in a plan.
    pub config: Value,
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
