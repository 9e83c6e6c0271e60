//! Another provider that receives secrets: `strongbox_secret` takes one as a write-only argument.
//!
//! It uses this project's framework and is served by the test itself. Terraform attaches to it, so that
//! nothing has to be built or installed, and the test sees what the provider received.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use motherduck_provider::framework::{
    AnyResource, Attribute, Configure, Configured, CreateRequest, DeleteRequest, Diagnostic, Diagnostics,
    Field, IdentityAttribute, Import, Outcome, Private, Provider, ProviderService, Read, Resource, Schema,
    Stored, UpdateRequest, erase, model,
};
use motherduck_provider::proto::tfplugin6::provider_server::ProviderServer;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;

use super::Story;

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

/// A running provider, which ends when this is dropped.
pub(crate) struct Strongbox {
    taken: Taken,
    _runtime: Runtime,
}

/// The secrets that resources received, each with whether the API accepted it as a token at that moment.
type Taken = Arc<Mutex<Vec<(SecretString, bool)>>>;

fn lock(taken: &Taken) -> MutexGuard<'_, Vec<(SecretString, bool)>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Strongbox {
    /// Starts the provider for the commands that follow.
    #[track_caller]
    pub(crate) fn beside(story: &mut Story) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let reattach = json!({
            ADDRESS: {
                "Protocol": "grpc",
                "ProtocolVersion": 6,
                "Pid": std::process::id(),
                "Test": true,
                "Addr": { "Network": "tcp", "String": address },
            }
        });
        story.set("TF_REATTACH_PROVIDERS", reattach.to_string());

        let taken = Taken::default();
        let secrets = Secrets {
            api: story.emulator().url(),
            taken: Arc::clone(&taken),
        };
        let service = ProviderServer::new(ProviderService::new(move || Cellar(secrets.clone())));
        let server = Server::builder().add_service(service);
        runtime.spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        Strongbox {
            taken,
            _runtime: runtime,
        }
    }

    /// The secrets that were received so far, in order. Each must have been a valid token at that time.
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

#[derive(Clone)]
struct Cellar(Secrets);

#[async_trait]
impl Provider for Cellar {
    fn address(&self) -> &'static str {
        ADDRESS
    }

    fn schema(&self) -> Schema {
        Schema {
            version: 0,
            description: "",
            attributes: Vec::new(),
        }
    }

    async fn configure(&self, _: Configure) -> Result<Configured, Diagnostics> {
        Ok(Configured::Ready)
    }

    fn resources(&self) -> Vec<Box<AnyResource>> {
        vec![erase(self.0.clone())]
    }
}

model! {
    struct Entry {
        name: String,
        secret_wo: SecretString,
        secret_wo_version: i64,
    }
}

/// `strongbox_secret`.
#[derive(Clone)]
struct Secrets {
    api: String,
    taken: Taken,
}

impl Secrets {
    /// Takes the secret of the configuration, and tries it.
    async fn take(&self, config: &Entry, planned: Entry) -> Outcome<Entry> {
        let secret = config.secret_wo.known().cloned().unwrap_or_default();
        let client = reqwest::Client::builder().no_proxy().build();
        let answer = client
            .map_err(|error| Diagnostic::error("No client", error.to_string()))?
            .get(format!("{}/v1/users/emulator_admin/tokens", self.api))
            .bearer_auth(secret.expose_secret())
            .send()
            .await;
        let is_token = answer.is_ok_and(|answer| answer.status().is_success());
        lock(&self.taken).push((secret, is_token));
        Ok(Stored::new(planned, Private::new()))
    }
}

#[async_trait]
impl Resource for Secrets {
    type State = Entry;

    fn type_name(&self) -> &'static str {
        "strongbox_secret"
    }

    fn schema(&self) -> Schema {
        let attributes = vec![
            Attribute::string("name").required().forces_replacement(),
            Attribute::string("secret_wo").sensitive().write_only(),
            Attribute::number("secret_wo_version"),
        ];
        Schema {
            version: 0,
            description: "",
            attributes,
        }
    }

    async fn create(&self, request: CreateRequest<Entry>) -> Outcome<Entry> {
        self.take(&request.config, request.planned).await
    }

    async fn read(&self, request: Stored<Entry>) -> Result<Read<Entry>, Diagnostics> {
        Ok(Read::Found(request))
    }

    async fn update(&self, request: UpdateRequest<Entry>) -> Outcome<Entry> {
        self.take(&request.config, request.planned).await
    }

    async fn delete(&self, _: DeleteRequest<Entry>) -> Result<Diagnostics, Diagnostics> {
        Ok(Diagnostics::new())
    }

    async fn import(&self, what: Import<Entry>) -> Result<Stored<Entry>, Diagnostics> {
        let name = match what {
            Import::Id(id) => Field::Known(id),
            Import::Identity(identity) => identity.name,
        };
        let entry = Entry {
            name,
            ..Entry::default()
        };
        Ok(Stored::new(entry, Private::new()))
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        vec![IdentityAttribute {
            name: "name",
            description: "",
        }]
    }
}
