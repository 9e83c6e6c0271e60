//! A second provider that is used together with the one under test. Its resource receives a secret and checks
//! that the API accepts it as a token.
//!
//! The test implements it with this project's framework and serves it itself, so that nothing has to be built
//! or installed and the test sees the received values.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use motherduck_provider::framework::{
    ApplyResult, Block, ConfigureRequest, ConfigureResponse, CreateRequest, DeleteRequest, Diagnostics,
    Private, Provider, ProviderService, ReadResponse, Registry, Resource, ResourceState, UpdateRequest,
    model,
};
use motherduck_provider::plugin::MESSAGE_LIMIT;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;

use super::Story;

/// The `terraform` block of a configuration with a strongbox.
pub(crate) const REQUIRED_PROVIDERS_WITH_STRONGBOX: &str = r#"
terraform {
  required_providers {
    motherduck = { source = "motherduck-rs/motherduck" }
    strongbox  = { source = "test/strongbox" }
  }
}
"#;

/// A running provider. Dropping it ends the server.
pub(crate) struct SecondProvider {
    received: Received,
    _runtime: Runtime,
}

/// The secrets that resources received, in order.
type Received = Arc<Mutex<Vec<ReceivedSecret>>>;

/// A secret that a resource received.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedSecret {
    /// The resource's name.
    pub(crate) name: String,
    secret: SecretString,
    /// Whether the API accepted the secret as a token at that moment.
    pub(crate) is_valid: bool,
}

impl ReceivedSecret {
    pub(crate) fn secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

impl SecondProvider {
    /// `strongbox_secret` takes a token of the account `emulator_admin` as a write-only argument.
    #[track_caller]
    pub(crate) fn strongbox(story: &mut Story) -> Self {
        Self::serve(
            story,
            Names {
                address: "test/strongbox",
                provider: "strongbox",
                resource: "strongbox_secret",
                username: "emulator_admin",
            },
        )
    }

    /// A stand-in for MotherDuck's own provider, with the part that a configuration with both providers uses: a token of
    /// this account in the `provider` block, and `motherduck_database`.
    #[track_caller]
    pub(crate) fn official(story: &mut Story, username: &'static str) -> Self {
        Self::serve(
            story,
            Names {
                address: "motherduckdb/motherduck",
                provider: "motherduck",
                resource: "motherduck_database",
                username,
            },
        )
    }

    /// Serves the provider for later commands.
    #[track_caller]
    fn serve(story: &mut Story, names: Names) -> Self {
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let reattach = json!({
            names.address: {
                "Protocol": "grpc",
                "ProtocolVersion": 6,
                "Pid": std::process::id(),
                "Test": true,
                "Addr": { "Network": "tcp", "String": listener.local_addr().unwrap().to_string() },
            }
        });
        story.set("TF_REATTACH_PROVIDERS", reattach.to_string());
        let received = Received::default();
        let (api, shared) = (story.emulator().url(), Arc::clone(&received));
        let service = ProviderService::new(move || {
            OtherProvider(SecretResource {
                names,
                api: api.clone(),
                token: Arc::default(),
                received: Arc::clone(&shared),
            })
        });
        let server = Server::builder().add_service(service.grpc(MESSAGE_LIMIT));
        runtime.spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        SecondProvider {
            received,
            _runtime: runtime,
        }
    }

    /// Returns the secrets that resources have received, in order.
    pub(crate) fn received(&self) -> Vec<ReceivedSecret> {
        lock(&self.received).clone()
    }

    /// Returns the received secrets in order. Each must have been a valid token at that moment.
    #[track_caller]
    pub(crate) fn tokens(&self) -> Vec<String> {
        let received = self.received();
        assert!(received.iter().all(|secret| secret.is_valid), "{received:?}");
        let secrets = received.iter().map(|secret| secret.secret().to_owned());
        secrets.collect()
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The name of the provider, and the account whose tokens it receives.
#[derive(Clone, Copy)]
struct Names {
    address: &'static str,
    provider: &'static str,
    resource: &'static str,
    username: &'static str,
}

model! {
    /// The `provider` block.
    struct Config {
        /// A token of MotherDuck.
        #[attribute(sensitive)]
        token: SecretString,
    }
}

struct OtherProvider(SecretResource);

impl Block for OtherProvider {
    type Model = Config;

    fn type_name(&self) -> &'static str {
        self.0.names.provider
    }
}

#[async_trait]
impl Provider for OtherProvider {
    fn address(&self) -> &'static str {
        self.0.names.address
    }

    async fn configure(&self, request: ConfigureRequest<Config>) -> Result<ConfigureResponse, Diagnostics> {
        *lock(&self.0.token) = request.config.token.known().cloned();
        Ok(ConfigureResponse::Ready)
    }

    fn register(&self, registry: &mut Registry) {
        registry.resource(self.0.clone());
    }
}

model! {
    /// The state of the resource.
    struct SecretState {
        /// The name.
        #[attribute(required, requires_replace)]
        name: String,
        /// A secret.
        #[attribute(sensitive, write_only)]
        secret_wo: SecretString,
        /// A change of this version passes the secret again.
        secret_wo_version: i64,
    }
}

/// The resource.
#[derive(Clone)]
struct SecretResource {
    names: Names,
    api: String,
    /// The token of the `provider` block.
    token: Arc<Mutex<Option<SecretString>>>,
    received: Received,
}

impl SecretResource {
    /// Receives the secret of the configuration, or else that of the `provider` block, and checks whether the
    /// API accepts it.
    async fn receive(&self, config: &SecretState, planned: SecretState) -> ApplyResult<SecretState> {
        let secret = config.secret_wo.known().cloned();
        let secret = secret.or_else(|| lock(&self.token).clone()).unwrap_or_default();
        let secret = ReceivedSecret {
            name: planned.name.text().unwrap_or_default().to_owned(),
            is_valid: self.is_token(secret.expose_secret()).await,
            secret,
        };
        lock(&self.received).push(secret);
        Ok(ResourceState::new(planned, Private::new()))
    }

    /// Whether the API accepts a token, which is used to list the tokens of the account.
    async fn is_token(&self, token: &str) -> bool {
        let Ok(client) = reqwest::Client::builder().no_proxy().build() else {
            return false;
        };
        let request = client
            .get(format!("{}/v1/users/{}/tokens", self.api, self.names.username))
            .bearer_auth(token);
        let response = request.send().await;
        response.is_ok_and(|response| response.status().is_success())
    }
}

impl Block for SecretResource {
    type Model = SecretState;

    fn type_name(&self) -> &'static str {
        self.names.resource
    }
}

#[async_trait]
impl Resource for SecretResource {
    async fn create(&self, request: CreateRequest<SecretState>) -> ApplyResult<SecretState> {
        self.receive(&request.config, request.planned).await
    }

    async fn read(
        &self,
        request: ResourceState<SecretState>,
    ) -> Result<ReadResponse<SecretState>, Diagnostics> {
        Ok(ReadResponse::Found(request))
    }

    async fn update(&self, request: UpdateRequest<SecretState>) -> ApplyResult<SecretState> {
        self.receive(&request.config, request.planned).await
    }

    async fn delete(&self, _: DeleteRequest<SecretState>) -> Result<Diagnostics, Diagnostics> {
        Ok(Diagnostics::new())
    }
}
