//! The provider: its own configuration and what it offers.

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

/// A provider, as the protocol service drives it.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// Its namespace and type in any registry, such as `hashicorp/random`.
    fn address(&self) -> &'static str;

    /// The attributes of the `provider` block.
    fn schema(&self) -> Schema;

    /// Takes over a configuration. A CLI calls this once for each of its connections; if it is called again, the
    /// last configuration counts.
    async fn configure(&self, request: Configure) -> Result<Configured, Diagnostics>;

    /// Completes what is left to do before the process ends, after everything that was opened is closed. The
    /// time for it is limited.
    async fn finish(&self) {}

    /// The managed resources. Asked once per connection, as are all the lists below; what is in them shares the
    /// provider's configuration with it.
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

    /// The functions. They work in a provider that is never configured.
    fn functions(&self) -> Vec<Box<dyn Function>> {
        Vec::new()
    }
}

/// A provider configuration to take over.
#[derive(Debug)]
pub struct Configure {
    /// The `provider` block; an absent one has every attribute null. Values may be unknown in a plan.
    pub config: Value,
    /// The version the CLI gives for itself.
    pub terraform_version: String,
}

/// What a configuration is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Configured {
    /// The API can be called.
    Ready,
    /// Too much of it is unknown to call the API: what needs it is deferred where the CLI allows that.
    Waiting,
}
