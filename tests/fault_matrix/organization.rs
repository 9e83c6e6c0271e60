//! The emulator and the provider in one process, connected by memory, with a paused clock.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use motherduck_emulator::Emulator;
use motherduck_provider::framework::{Lifecycle, ProviderService};
use motherduck_provider::plugin::MESSAGE_LIMIT;
use motherduck_provider::proto::tfplugin6::provider_client::ProviderClient;
use motherduck_provider::provider::MotherDuck;
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;
use tonic::service::Routes;
use tonic::transport::{Channel, Endpoint, Server};

use crate::host::{ADMIN_TOKEN, Session};
use crate::support::plugin_client::provider_client;
use crate::transport::InMemory;

/// How long the provider's process waits at its end for requests in flight. The binary has the same limit.
const FINISH_LIMIT: Duration = Duration::from_secs(30);

/// An organization with a clock.
pub(crate) struct Organization {
    pub(crate) api: Arc<Emulator>,
    secrets: Arc<Mutex<BTreeSet<String>>>,
    /// Advances the emulator's clock with the paused one.
    _clock: JoinSet<()>,
}

/// A live token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LiveToken {
    pub(crate) username: String,
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) created: Timestamp,
}

impl Organization {
    pub(crate) async fn new(seed: &Json) -> Self {
        let secrets = Arc::new(Mutex::new(BTreeSet::from([ADMIN_TOKEN.to_owned()])));
        let found_secrets = Arc::clone(&secrets);
        let emulator = Emulator::builder().observe(move |exchange| {
            let Ok(body) = serde_json::from_slice::<Json>(&exchange.body) else {
                return;
            };
            let found = ["token", "session"].iter().filter_map(|name| body[name].as_str());
            found_secrets.lock().unwrap().extend(found.map(str::to_owned));
        });
        let api = Arc::new(emulator.start().await.expect("the emulator starts"));
        api.seed(seed).expect("a seed");
        let mut clock = JoinSet::new();
        let moved = Arc::clone(&api);
        clock.spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                moved.advance_clock(1).expect("a time");
            }
        });
        Organization {
            api,
            secrets,
            _clock: clock,
        }
    }

    /// Starts a provider, as each Terraform command does. Its schemas are already known.
    pub(crate) async fn provider(&self, schemas: &Session) -> Process {
        let service = self.service();
        let (client, server) = serve(&service).await;
        let session = schemas.with_schemas_of(client);
        let settings = json!({ "admin_token": ADMIN_TOKEN, "api_base_url": self.api.url() });
        session.configure(&settings).await.assert_empty();
        Process {
            session,
            lifecycle: service.lifecycle(),
            _server: server,
        }
    }

    /// Starts a provider without configuring it and requests its schemas.
    pub(crate) async fn first_provider(&self) -> Process {
        let service = self.service();
        let (client, server) = serve(&service).await;
        Process {
            session: Session::attached(client).await,
            lifecycle: service.lifecycle(),
            _server: server,
        }
    }

    fn service(&self) -> ProviderService {
        let api = Arc::clone(&self.api);
        ProviderService::new(move || {
            let api = Arc::clone(&api);
            let transports =
                move |settings: &_| Box::new(InMemory::new(Arc::clone(&api), settings)) as Box<_>;
            MotherDuck::with_transport_factory(Box::new(|_| None), Box::new(transports))
        })
    }

    /// Returns every secret that the emulator has created, and the admin token.
    pub(crate) fn secrets(&self) -> BTreeSet<String> {
        self.secrets.lock().unwrap().clone()
    }

    /// Returns the tokens of all accounts except the admin's.
    pub(crate) fn live_tokens(&self) -> Vec<LiveToken> {
        let state = self.api.state();
        let accounts = state["accounts"].as_array().expect("accounts").iter();
        let others = accounts.filter(|account| account["username"] != motherduck_emulator::ADMIN_USERNAME);
        let text = |value: &Json| value.as_str().expect("text").to_owned();
        let tokens = others.flat_map(|account| {
            let tokens = account["tokens"].as_array().expect("tokens").iter();
            let live = tokens.filter(|token| token["expired"] == false);
            live.map(|token| LiveToken {
                username: text(&account["username"]),
                id: text(&token["id"]),
                name: text(&token["name"]),
                created: text(&token["created_ts"]).parse().expect("a time"),
            })
        });
        tokens.collect()
    }

    pub(crate) fn has_account(&self, username: &str) -> bool {
        let state = self.api.state();
        let mut accounts = state["accounts"].as_array().expect("accounts").iter();
        accounts.any(|account| account["username"] == username)
    }
}

/// Revokes a token, as a message recommends.
pub(crate) async fn revoke(token: &LiveToken, session: &Session) {
    let config = json!({ "username": token.username, "name_prefix": token.name });
    let invoked = session.invoke("motherduck_revoke_tokens", &config).await;
    assert!(!invoked.diagnostics.has_errors(), "{:#?}", invoked.diagnostics);
}

/// A provider that runs as if it had its own process.
pub(crate) struct Process {
    pub(crate) session: Session,
    lifecycle: Lifecycle,
    _server: JoinSet<()>,
}

impl Process {
    /// Asks the provider to end, as a host does.
    pub(crate) async fn end(self) {
        self.lifecycle.finish(FINISH_LIMIT).await;
    }
}

/// Serves a provider over memory and connects to it.
async fn serve(service: &ProviderService) -> (ProviderClient<Channel>, JoinSet<()>) {
    let routes = Routes::new(service.grpc(MESSAGE_LIMIT));
    let (near, far) = tokio::io::duplex(1 << 20);
    let incoming = tokio_stream::once(Ok::<_, io::Error>(far));
    let mut servers = JoinSet::new();
    servers.spawn(async move {
        let serving = Server::builder().add_routes(routes).serve_with_incoming(incoming);
        serving.await.expect("the provider serves");
    });
    let mut near = Some(near);
    let connector = tower::service_fn(move |_| {
        let near = near.take().map(TokioIo::new);
        async move { near.ok_or_else(|| io::Error::other("the connection was lost")) }
    });
    let channel = Endpoint::from_static("http://localhost")
        .connect_with_connector(connector)
        .await
        .expect("a connection");
    (provider_client(channel), servers)
}
