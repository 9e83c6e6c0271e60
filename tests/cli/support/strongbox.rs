//! Another provider, whose resource `strongbox_secret` receives a secret in a write-only argument.
//!
//! The test itself serves it with this project's framework and can read the secrets that it received.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use motherduck_provider::framework::{
    ApplyResult, Attribute, Block, Configure, Configured, CreateRequest, DeleteRequest, Diagnostics, Field,
    IdentityAttribute, Import, Private, Provider, Read, Registry, Resource, ResourceState,
    ResourceWithIdentity, ResourceWithImport, Schema, UpdateRequest, model,
};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::runtime::Runtime;

use super::Story;
use super::attached::{attach, is_token};

const ADDRESS: &str = "test/strongbox";

/// The `terraform` block of a configuration with both providers.
pub(crate) const VERSIONS_WITH_STRONGBOX: &str = r#"
terraform {
  required_providers {
    motherduck = { source = "motherduck-rs/motherduck" }
    strongbox  = { source = "test/strongbox" }
  }
}
"#;

/// A running provider. Dropping it ends the server.
pub(crate) struct Strongbox {
    taken: Taken,
    _runtime: Runtime,
}

/// The received secrets, each with whether the API accepted it as a token at that moment.
type Taken = Arc<Mutex<Vec<(SecretString, bool)>>>;

fn lock(taken: &Taken) -> MutexGuard<'_, Vec<(SecretString, bool)>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Strongbox {
    /// Starts the provider for the following commands.
    #[track_caller]
    pub(crate) fn beside(story: &mut Story) -> Self {
        let taken = Taken::default();
        let secrets = Secrets {
            api: story.emulator().url(),
            taken: Arc::clone(&taken),
        };
        let runtime = attach(story, ADDRESS, move || Cellar(secrets.clone()));
        Strongbox {
            taken,
            _runtime: runtime,
        }
    }

    /// Returns the received secrets in order. Each must have been a valid token at that moment.
    #[track_caller]
    pub(crate) fn tokens(&self) -> Vec<String> {
        let taken = lock(&self.taken);
        assert!(taken.iter().all(|(_, is_token)| *is_token), "{taken:?}");
        taken
            .iter()
            .map(|(secret, _)| secret.expose_secret().to_owned())
            .collect()
    }
}

model! {
    /// The provider block has no arguments.
    struct Empty {}
}

#[derive(Clone)]
struct Cellar(Secrets);

impl Block for Cellar {
    type Model = Empty;

    fn type_name(&self) -> &'static str {
        "strongbox"
    }

    fn schema(&self) -> Schema {
        Schema {
            version: 0,
            description: "",
            attributes: Vec::new(),
        }
    }
}

#[async_trait]
impl Provider for Cellar {
    fn address(&self) -> &'static str {
        ADDRESS
    }

    async fn configure(&self, _: Configure<Empty>) -> Result<Configured, Diagnostics> {
        Ok(Configured::Ready)
    }

    fn register(&self, registry: &mut Registry) {
        registry.resource(self.0.clone()).with_identity().with_import();
    }
}

model! {
    struct Entry {
        name: String,
        secret_wo: SecretString,
        secret_wo_version: i64,
    }
}

/// The resource `strongbox_secret`.
#[derive(Clone)]
struct Secrets {
    api: String,
    taken: Taken,
}

impl Secrets {
    /// Records the secret of the configuration, and calls the API with it.
    async fn take(&self, config: &Entry, planned: Entry) -> ApplyResult<Entry> {
        let secret = config.secret_wo.known().cloned().unwrap_or_default();
        let is_token = is_token(&self.api, "emulator_admin", secret.expose_secret()).await;
        lock(&self.taken).push((secret, is_token));
        Ok(ResourceState::new(planned, Private::new()))
    }
}

impl Block for Secrets {
    type Model = Entry;

    fn type_name(&self) -> &'static str {
        "strongbox_secret"
    }

    fn schema(&self) -> Schema {
        let attributes = vec![
            Attribute::of::<String>("name").required().requires_replace(),
            Attribute::of::<String>("secret_wo").sensitive().write_only(),
            Attribute::of::<i64>("secret_wo_version"),
        ];
        Schema {
            version: 0,
            description: "",
            attributes,
        }
    }
}

#[async_trait]
impl Resource for Secrets {
    async fn create(&self, request: CreateRequest<Entry>) -> ApplyResult<Entry> {
        self.take(&request.config, request.planned).await
    }

    async fn read(&self, request: ResourceState<Entry>) -> Result<Read<Entry>, Diagnostics> {
        Ok(Read::Found(request))
    }

    async fn update(&self, request: UpdateRequest<Entry>) -> ApplyResult<Entry> {
        self.take(&request.config, request.planned).await
    }

    async fn delete(&self, _: DeleteRequest<Entry>) -> Result<Diagnostics, Diagnostics> {
        Ok(Diagnostics::new())
    }
}

impl ResourceWithIdentity for Secrets {
    fn identity(&self) -> Vec<IdentityAttribute> {
        vec![IdentityAttribute {
            name: "name",
            description: "",
        }]
    }
}

#[async_trait]
impl ResourceWithImport for Secrets {
    async fn import(&self, what: Import<Entry>) -> Result<ResourceState<Entry>, Diagnostics> {
        let name = match what {
            Import::Id(id) => Field::Known(id),
            Import::Identity(identity) => identity.name,
        };
        let entry = Entry {
            name,
            ..Entry::default()
        };
        Ok(ResourceState::new(entry, Private::new()))
    }
}
