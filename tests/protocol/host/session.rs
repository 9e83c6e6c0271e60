//! A provider process, and calls that are not about one object.

use std::collections::BTreeMap;
use std::sync::Arc;

use motherduck_contract::CheckedEmulator;
use motherduck_emulator::EmulatorBuilder;
use motherduck_provider::framework::Type;
use motherduck_provider::proto::tfplugin6 as proto;
use proto::provider_client::ProviderClient;
use proto::{
    ClientCapabilities, RawState, configure_provider, get_provider_schema, stop_provider,
    upgrade_resource_state, validate_provider_config, validate_resource_config,
};
use serde_json::{Value as Json, json};
use tonic::transport::Channel;

use super::{
    ADMIN_TOKEN, Block, Diagnostics, Reply, Request, ScriptedApi, UnusedApi, edited, emulator, identity,
    merged, seed_users, with_loader,
};
use crate::support::plugin_client::{Ended, PluginProcess, in_time};

/// A connection to a provider, with its schemas.
pub(crate) struct Session {
    client: ProviderClient<Channel>,
    /// `None` for a process that other sessions use too.
    process: Option<PluginProcess>,
    provider: Arc<Block>,
    resources: Arc<BTreeMap<String, Block>>,
    data_sources: Arc<BTreeMap<String, Block>>,
    pub(crate) lists: Arc<BTreeMap<String, Block>>,
    pub(super) identities: Arc<BTreeMap<String, Type>>,
}

impl Session {
    /// Starts a provider without configuring it.
    pub(crate) async fn start() -> Self {
        Session::start_with(&[]).await
    }

    /// Starts a provider with these environment variables and no others, without configuring it.
    pub(crate) async fn start_with(environment: &[(&str, &str)]) -> Self {
        let launch = PluginProcess::launch();
        let launch = environment
            .iter()
            .fold(launch, |launch, (name, value)| launch.env(name, value));
        Session::of(launch.start().await).await
    }

    /// Creates the session of the host that started this process.
    pub(crate) async fn of(process: PluginProcess) -> Self {
        let attached = Session::attached(process.provider()).await;
        Session {
            process: Some(process),
            ..attached
        }
    }

    /// Creates a session with a process that the caller ends.
    pub(crate) async fn attached(mut client: ProviderClient<Channel>) -> Self {
        let request = get_provider_schema::Request {};
        let response = in_time("the schemas", client.get_provider_schema(request)).await;
        let schemas = response.expect("the schemas are served").into_inner();
        Diagnostics::read(&schemas.diagnostics).assert_empty();
        let blocks = |schemas: &BTreeMap<String, proto::Schema>| {
            let schemas = schemas.iter();
            let blocks = schemas.map(|(name, schema)| (name.clone(), Block::of_schema(schema)));
            Arc::new(blocks.collect())
        };
        let identities = identity::types_of(&mut client).await;
        assert!(
            identities.keys().eq(schemas.resource_schemas.keys()),
            "an identity for each managed type and for no other: {:?}",
            identities.keys()
        );
        Session {
            client,
            process: None,
            provider: Arc::new(Block::of_schema(
                schemas.provider.as_ref().expect("missing provider schema"),
            )),
            resources: blocks(&schemas.resource_schemas),
            data_sources: blocks(&schemas.data_source_schemas),
            lists: blocks(&schemas.list_resource_schemas),
            identities: Arc::new(identities),
        }
    }

    /// Creates a session with another process of the same program. The schemas are already known.
    #[allow(dead_code, reason = "only the fault matrix calls it")]
    pub(crate) fn with_schemas_of(&self, client: ProviderClient<Channel>) -> Self {
        Session {
            client,
            process: None,
            provider: Arc::clone(&self.provider),
            resources: Arc::clone(&self.resources),
            data_sources: Arc::clone(&self.data_sources),
            lists: Arc::clone(&self.lists),
            identities: Arc::clone(&self.identities),
        }
    }

    /// Starts a provider and configures it with this address, the admin token and no retries.
    pub(crate) async fn on(url: &str) -> Self {
        let session = Session::start().await;
        session.configure_for(url).await;
        session
    }

    /// The same with one other setting.
    pub(crate) async fn with(url: &str, name: &str, value: Json) -> Self {
        let session = Session::start().await;
        let settings = edited(&Session::settings(url), name, value);
        session.configure(&settings).await.assert_empty();
        session
    }

    /// Starts an API with these responses, and a provider for it.
    pub(crate) async fn on_script(
        response: impl Fn(&Request) -> Reply + Send + Sync + 'static,
    ) -> (Self, ScriptedApi) {
        let api = ScriptedApi::start(response).await;
        (Session::on(api.url()).await, api)
    }

    /// Starts an emulator without users, and a provider for it.
    pub(crate) async fn on_emulator() -> (Self, CheckedEmulator) {
        let api = emulator().await;
        (Session::on(&api.url()).await, api)
    }

    /// Starts an emulator with the service account `loader`, and a provider for it.
    pub(crate) async fn on_loader(emulator: EmulatorBuilder) -> (Self, CheckedEmulator) {
        let api = with_loader(emulator).await;
        (Session::on(&api.url()).await, api)
    }

    /// Starts an emulator with these users, and a provider for it.
    pub(crate) async fn on_users(users: &Json) -> (Self, CheckedEmulator) {
        let api = emulator().await;
        seed_users(&api, users);
        (Session::on(&api.url()).await, api)
    }

    /// Starts an API that must not be called, and a provider for it.
    pub(crate) async fn on_unused_api() -> (Self, UnusedApi) {
        let api = UnusedApi::new();
        (Session::on(&api.url()).await, api)
    }

    /// Configures the provider as [`Session::on`] does, with other settings.
    pub(crate) async fn configure_with(&self, url: &str, settings: &Json) {
        self.configure(&merged(&Session::settings(url), settings))
            .await
            .assert_empty();
    }

    /// Configures the provider as [`Session::on`] does.
    pub(crate) async fn configure_for(&self, url: &str) {
        self.configure(&Session::settings(url)).await.assert_empty();
    }

    /// Returns the configuration of [`Session::on`].
    pub(crate) fn settings(url: &str) -> Json {
        json!({ "admin_token": ADMIN_TOKEN, "api_base_url": url, "max_retries": 0 })
    }

    pub(crate) fn client(&self) -> ProviderClient<Channel> {
        self.client.clone()
    }

    /// Returns the process that this session started.
    pub(crate) fn process(&self) -> &PluginProcess {
        self.process.as_ref().expect("this session has started a process")
    }

    fn into_process(self) -> PluginProcess {
        self.process.expect("this session has started a process")
    }

    /// Returns the schema of the `provider` block.
    pub(crate) fn provider(&self) -> &Block {
        &self.provider
    }

    /// Returns the schema of a resource.
    pub(crate) fn resource(&self, type_name: &str) -> &Block {
        &self.resources[type_name]
    }

    pub(crate) fn resource_types(&self) -> Vec<&str> {
        self.resources.keys().map(String::as_str).collect()
    }

    /// Returns the schema of a data source.
    pub(crate) fn data_source(&self, type_name: &str) -> &Block {
        &self.data_sources[type_name]
    }

    pub(crate) async fn validate_provider(&self, config: &Json) -> Diagnostics {
        let request = validate_provider_config::Request {
            config: Some(self.provider.encode(config)),
        };
        let response = in_time("validation", self.client().validate_provider_config(request)).await;
        Diagnostics::read(&response.expect("a response").into_inner().diagnostics)
    }

    pub(crate) async fn configure(&self, config: &Json) -> Diagnostics {
        let request = configure_provider::Request {
            terraform_version: "1.13.0".into(),
            config: Some(self.provider.encode(config)),
            // Core sets this in every apply, although it rejects deferrals there.
            client_capabilities: Some(ClientCapabilities {
                deferral_allowed: true,
                ..Default::default()
            }),
        };
        let response = in_time("configuration", self.client().configure_provider(request)).await;
        Diagnostics::read(&response.expect("a response").into_inner().diagnostics)
    }

    pub(crate) async fn validate(&self, type_name: &str, config: &Json) -> Diagnostics {
        let request = validate_resource_config::Request {
            type_name: type_name.into(),
            config: Some(self.resource(type_name).encode(config)),
            client_capabilities: None,
        };
        let response = in_time("validation", self.client().validate_resource_config(request)).await;
        Diagnostics::read(&response.expect("a response").into_inner().diagnostics)
    }

    /// Upgrades a stored state. The result must not be null, because core would remove the object.
    pub(crate) async fn upgrade(
        &self,
        type_name: &str,
        version: i64,
        stored: &str,
    ) -> Result<Json, Diagnostics> {
        let raw_state = RawState {
            json: stored.into(),
            ..Default::default()
        };
        self.upgrade_raw(type_name, version, raw_state).await
    }

    pub(crate) async fn upgrade_raw(
        &self,
        type_name: &str,
        version: i64,
        raw_state: RawState,
    ) -> Result<Json, Diagnostics> {
        let request = upgrade_resource_state::Request {
            type_name: type_name.into(),
            version,
            raw_state: Some(raw_state),
        };
        let response = in_time("the upgrade", self.client().upgrade_resource_state(request)).await;
        let response = response.expect("a response").into_inner();
        let diagnostics = Diagnostics::read(&response.diagnostics);
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        diagnostics.assert_empty();
        let state = self.resource(type_name).decode(response.upgraded_state.as_ref());
        assert!(
            state.is_wholly_known() && !state.is_null(),
            "no state to upgrade to: {state:?}"
        );
        Ok(super::value::to_json(&state))
    }

    /// Sends `StopProvider`, as core does when its user interrupts it.
    pub(crate) async fn stop(&self) {
        let mut client = self.client();
        let response = client.stop_provider(stop_provider::Request {});
        let response = in_time("the response to a stop", response).await;
        assert_eq!(response.expect("a response").into_inner().error, "");
    }

    /// Asks the process to end, and waits for the response.
    pub(crate) async fn send_shutdown(&self) {
        self.process().send_shutdown().await;
    }

    /// Waits until the process ends by itself, and returns its output.
    pub(crate) async fn ended(self) -> Ended {
        self.into_process().ended().await
    }

    /// Closes the connection without `Shutdown`, and waits until the process ends by itself.
    pub(crate) async fn abandon(self) -> Ended {
        let Session { client, process, .. } = self;
        drop(client);
        let process = process.expect("this session has started a process");
        process.disconnect().ended().await
    }

    /// Ends the process and returns its output.
    pub(crate) async fn end(self) -> Ended {
        self.into_process().shutdown().await
    }
}
